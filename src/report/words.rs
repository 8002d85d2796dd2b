//! Which pairs of words the flip cost of a check comes from, in sentences.

use crate::check::judge::words::WordFigures;
use crate::report::failures::arrow;
use crate::report::number;

/// Which pairs cost most, in a sentence; `None` where none costs anything.
pub(crate) fn sentence(words: &WordFigures) -> Option<String> {
    if words.top.is_empty() {
        return None;
    }

    let pairs: Vec<String> = words
        .top
        .iter()
        .map(|pair| format!("{} {:.1}", arrow(&pair.from, &pair.to), pair.errors))
        .collect();
    Some(format!(
        "{}; in errors: {}.",
        carried(words),
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

fn carried(words: &WordFigures) -> String {
    let most = match words.top.len() {
        1 => "The pair of words that costs most".to_owned(),
        count => format!("The {count} pairs of words that cost most"),
    };
    let verb = if words.top.len() == 1 {
        "carries"
    } else {
        "carry"
    };
    let of = number::count(words.pairs, "pair");

    match words.top_share {
        // Others repair: a share of what is left would be more than all of it.
        Some(share) if share > 1.0 => format!(
            "{most}, of {of}, cost {:.0}, of which the others repair all but {}",
            words.top.iter().map(|pair| pair.errors).sum::<f64>(),
            number::count(usize::try_from(words.flip_errors).unwrap_or(0), "error"),
        ),
        Some(share) => format!(
            "{most}, of {of}, {verb} {:.0} % of the flip cost of {}",
            100.0 * share,
            number::count(usize::try_from(words.flip_errors).unwrap_or(0), "error"),
        ),
        None => format!("{most}, of {of}, {verb} what the others repair"),
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

        record.top.pop();
        record.top_share = None;
        assert_eq!(
            sentence(&record).unwrap(),
            "The pair of words that costs most, of 12 pairs, carries what the others repair; in \
            errors: two -> too 3.0."
        );
    }
}
