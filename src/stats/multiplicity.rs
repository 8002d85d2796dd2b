//! Corrections for testing several hypotheses at once.
//!
//! Adjusted p-values come in the order of the input, and compare with the level itself. Which
//! family takes which correction is decided by the caller: labels of single checks take [`holm`],
//! exploratory slices [`benjamini_hochberg`]; "robust to all" needs none, since a claim that holds
//! only if every part does is as unsure as its weakest part.

/// Holm's step-down correction: as safe as Bonferroni's, never weaker.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let count = p_values.len();
    step(p_values, Direction::Down, |rank| (count - rank) as f64)
}

/// The largest p-value that [`holm`] rejects at `alpha` beside `others`, the other p-values of the family.
pub fn holm_level(others: &[f64], alpha: f64) -> f64 {
    let count = others.len() + 1;
    let rejected = ascending(others)
        .into_iter()
        .enumerate()
        .take_while(|&(rank, index)| others[index] * (count - rank) as f64 <= alpha)
        .count();
    alpha / (count - rejected) as f64
}

/// Benjamini and Hochberg's control of the false discovery rate.
pub fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    let count = p_values.len() as f64;
    step(p_values, Direction::Up, |rank| count / (rank as f64 + 1.0))
}

/// Where the running extreme starts.
#[derive(Clone, Copy)]
enum Direction {
    /// From the smallest p-value, taking maxima.
    Down,
    /// From the largest p-value, taking minima.
    Up,
}

/// The p-values times a factor by rank (0 = smallest), made monotone.
fn step(p_values: &[f64], direction: Direction, factor: impl Fn(usize) -> f64) -> Vec<f64> {
    let order = ascending(p_values);

    let mut adjusted: Vec<f64> = order
        .iter()
        .enumerate()
        .map(|(rank, &index)| (p_values[index] * factor(rank)).min(1.0))
        .collect();
    match direction {
        Direction::Down => {
            for rank in 1..adjusted.len() {
                adjusted[rank] = adjusted[rank].max(adjusted[rank - 1]);
            }
        }
        Direction::Up => {
            for rank in (1..adjusted.len()).rev() {
                adjusted[rank - 1] = adjusted[rank - 1].min(adjusted[rank]);
            }
        }
    }

    restore(&order, &adjusted)
}

/// The indices of the values, smallest value first, ties in input order.
fn ascending(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    order
}

/// Sorted values put back in input order.
fn restore(order: &[usize], sorted: &[f64]) -> Vec<f64> {
    let mut values = vec![1.0; sorted.len()];
    for (&index, &value) in order.iter().zip(sorted) {
        values[index] = value;
    }
    values
}

#[cfg(test)]
mod tests {
    use crate::stats::multiplicity::{holm, holm_level};

    #[test]
    fn an_empty_family_is_empty() {
        assert!(holm(&[]).is_empty());
    }

    #[test]
    fn the_level_beside_others_is_where_holm_turns() {
        for others in [&[][..], &[0.2, 0.9], &[0.01, 0.2], &[0.001, 0.01], &[0.04]] {
            let level = holm_level(others, 0.05);
            let with = |p: f64| holm(&[&[p], others].concat())[0];
            assert!(with(level) <= 0.05 + 1e-15, "{others:?} {level}");
            assert!(with(level * 1.001) > 0.05, "{others:?} {level}");
        }
    }
}
