//! What gates beware of, told apart from what they decide.

use crate::report::record::CheckRecord;
use crate::report::wording::{HOWEVER_MANY, ODDS, WIDER};

/// What the gates beware of: what several say is said once.
pub(crate) fn cautions_of_gates(checks: &[CheckRecord]) -> Vec<&str> {
    let mut of_all: Vec<&str> = Vec::new();
    let gates = checks.iter().flat_map(|check| &check.verdict.gates);
    for caution in gates.flat_map(|gate| parted(&gate.wording).1) {
        if !of_all.contains(&caution) {
            of_all.push(caution);
        }
    }

    of_all
}

/// A gate's sentence, and the cautions behind it.
pub(crate) fn parted(wording: &str) -> (&str, Vec<&str>) {
    let starts = ["No speakers are known: ", "Caution: "];
    let is_start = |(at, _): &(usize, &str)| {
        let rest = &wording[at + 1..];
        starts.iter().any(|start| rest.starts_with(start))
    };
    let mut ends: Vec<usize> = wording
        .match_indices(' ')
        .filter(is_start)
        .map(|(at, _)| at)
        .collect();
    let first = ends.first().copied().unwrap_or(wording.len());
    ends.push(wording.len());
    let cautions = ends
        .windows(2)
        .map(|ends| wording[ends[0]..ends[1]].trim_start());

    (&wording[..first], cautions.collect())
}

/// The first sentence of a caution.
pub(crate) fn beginning(caution: &str) -> &str {
    match caution.find(". ") {
        Some(end) => &caution[..=end],
        None => caution,
    }
}

/// What a gate says in short: without how its bound is made, and how probable it is that more data
/// would decide, if at all.
pub(crate) fn in_short(sentence: &str) -> String {
    let sentences = sentence.split_inclusive(". ");
    let kept = sentences.filter(|one| !one.starts_with(WIDER) && !one.starts_with(HOWEVER_MANY));
    let short: String = kept.collect();

    match short.split_once(ODDS) {
        Some((before, _)) => format!("{before}."),
        None => short.trim_end().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cautions_are_parted_from_the_sentence() {
        let wording = "It is so. No speakers are known: beware. Caution: few. Caution: more.";
        let (sentence, cautions) = parted(wording);
        assert_eq!(sentence, "It is so.");
        assert_eq!(
            cautions,
            [
                "No speakers are known: beware.",
                "Caution: few.",
                "Caution: more."
            ]
        );
        assert_eq!(parted("It is so."), ("It is so.", Vec::new()));
    }

    #[test]
    fn a_short_sentence_has_no_odds_and_no_reasons() {
        let long = format!("It is so. {WIDER}it is. Test about 9 speakers instead of 3{ODDS}PASS.");
        assert_eq!(
            in_short(&long),
            "It is so. Test about 9 speakers instead of 3."
        );
        assert_eq!(
            in_short(&format!("It is so. {HOWEVER_MANY}there are.")),
            "It is so."
        );
        assert_eq!(in_short("It is so."), "It is so.");
        assert_eq!(beginning("It is so. And so on."), "It is so.");
    }
}
