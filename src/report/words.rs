//! Which pairs of words the flip cost of a check comes from, in sentences.

use crate::check::judge::words::{PairFigure, WordFigures};
use crate::report::failures::arrow;
use crate::report::number;

/// Which pairs cost most, in a sentence; `None` where none costs anything.
pub(crate) fn sentence(words: &WordFigures) -> Option<String> {
    let named = named(words);
    if named.is_empty() {
        return None;
    }

    let pairs: Vec<String> = named
        .iter()
        .map(|pair| format!("{} {:.1}", arrow(&pair.from, &pair.to), pair.errors))
        .collect();
    Some(format!(
        "{}; in errors: {}.",
        carried(words, &named),
        pairs.join(", ")
    ))
}

/// What allowing for other words does to the interval, in a sentence; `None` where it is no wider.
pub(crate) fn caution(words: &WordFigures, cluster: &str) -> Option<String> {
    let flip = words.flip.as_ref().filter(|_| words.wider)?;
    Some(format!(
        "Caution: allowing for other words as well as for other {cluster}s, nprr.flip is {}, wider \
        than over {cluster}s alone.",
        number::change_with_interval(flip),
    ))
}

/// A pair with less is printed as one that costs nothing.
const LEAST_NAMED: f64 = 0.05;

fn named(words: &WordFigures) -> Vec<&PairFigure> {
    let costs = |pair: &&PairFigure| pair.errors >= LEAST_NAMED;
    words.top.iter().filter(costs).collect()
}

fn carried(words: &WordFigures, named: &[&PairFigure]) -> String {
    let most = match named.len() {
        1 => "The pair of words that costs most".to_owned(),
        count => format!("The {count} pairs of words that cost most"),
    };
    let one = named.len() == 1;
    let (carry, cost) = if one {
        ("carries", "costs")
    } else {
        ("carry", "cost")
    };
    let errors: f64 = named.iter().map(|pair| pair.errors).sum();
    let of = number::count(words.pairs, "pair");

    match words.top_share {
        // Others repair: a share of what is left would be more than all of it.
        Some(share) if share > 1.0 => format!(
            "{most}, of {of}, {cost} {errors:.0}, of which the others repair all but {}",
            number::count(usize::try_from(words.flip_errors).unwrap_or(0), "error"),
        ),
        Some(share) => format!(
            "{most}, of {of}, {carry} {:.0} % of the flip cost of {}",
            100.0 * share,
            number::count(usize::try_from(words.flip_errors).unwrap_or(0), "error"),
        ),
        None => format!(
            "{most}, of {of}, {cost} {errors:.1} errors, and the others repair {:.1}",
            errors - words.flip_errors as f64
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::judge::words::PairFigure;

    #[test]
    fn the_pairs_are_named_with_what_they_carry() {
        let pair = |from: &str, to: &str, errors| PairFigure {
            from: from.to_owned(),
            to: to.to_owned(),
            swaps: 3,
            errors,
        };
        let mut record = WordFigures {
            pairs: 12,
            top: vec![pair("two", "too", 3.0), pair("sea", "", 0.5)],
            top_share: Some(0.875),
            flip_errors: 4,
            flip: None,
            wider: false,
        };
        assert_eq!(
            sentence(&record).unwrap(),
            "The 2 pairs of words that cost most, of 12 pairs, carry 88 % of the flip cost of 4 \
             errors; in errors: two -> too 3.0, sea -> *** 0.5."
        );
        assert_eq!(caution(&record, "speaker"), None);

        record.top_share = Some(26.25);
        let said = sentence(&record).unwrap();
        let told = "cost 4, of which the others repair all but 4 errors; in errors:";
        assert!(said.contains(told), "{said}");

        record.top_share = None;
        record.flip_errors = -185;
        assert_eq!(
            sentence(&record).unwrap(),
            "The 2 pairs of words that cost most, of 12 pairs, cost 3.5 errors, and the others \
             repair 188.5; in errors: two -> too 3.0, sea -> *** 0.5."
        );

        // What is printed as nothing does not cost most.
        record.top[1].errors = 0.04;
        record.flip_errors = 0;
        assert_eq!(
            sentence(&record).unwrap(),
            "The pair of words that costs most, of 12 pairs, costs 3.0 errors, and the others \
             repair 3.0; in errors: two -> too 3.0."
        );
        record.top.remove(0);
        assert_eq!(sentence(&record), None);
    }
}
