//! One order made of several.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::{io, iter};

/// Items in order of some key.
pub(crate) type Ordered<'a, T> = Box<dyn Iterator<Item = io::Result<T>> + Send + 'a>;

/// The items of several runs, all in order of `key`; of equal ones, those of the earlier run first.
/// One item of each run is held.
pub(crate) fn merged<'a, T: Send + 'a, K: Ord + Send + 'a>(
    mut runs: Vec<Ordered<'a, T>>,
    key: impl Fn(&T) -> K + Send + 'a,
) -> io::Result<Ordered<'a, T>> {
    let firsts = runs.iter_mut().map(|run| run.next().transpose());
    let mut firsts: Vec<Option<T>> = firsts.collect::<io::Result<_>>()?;
    let keys = firsts.iter().enumerate();
    let keys = keys.filter_map(|(run, first)| Some(Reverse((key(first.as_ref()?), run))));
    let mut keys: BinaryHeap<Reverse<(K, usize)>> = keys.collect();

    Ok(Box::new(iter::from_fn(move || {
        let Reverse((_, run)) = keys.pop()?;
        let next = match runs[run].next().transpose() {
            Ok(next) => next,
            Err(error) => return Some(Err(error)),
        };
        keys.extend(next.iter().map(|next| Reverse((key(next), run))));
        std::mem::replace(&mut firsts[run], next).map(Ok)
    })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earlier_of_equal_ones_comes_first() {
        let run = |items: &'static [(u8, char)]| -> Ordered<'static, (u8, char)> {
            Box::new(items.iter().copied().map(Ok))
        };
        let runs = vec![
            run(&[(1, 'a'), (3, 'b'), (3, 'c')]),
            run(&[]),
            run(&[(0, 'd'), (3, 'e'), (4, 'f')]),
        ];
        let merged = merged(runs, |item| item.0).unwrap();
        let order: String = merged.map(|item| item.unwrap().1).collect();
        assert_eq!(order, "dabcef");
    }

    #[test]
    fn an_error_of_a_run_is_told() {
        let failing = || -> Ordered<'static, u8> {
            let items = [Ok(1), Err(io::ErrorKind::UnexpectedEof.into())];
            Box::new(items.into_iter())
        };
        let mut late = merged(vec![failing()], |item| *item).unwrap();
        assert!(late.next().unwrap().is_err());

        let mut broken = failing();
        broken.next();
        assert!(merged(vec![broken], |item| *item).is_err());
    }
}
