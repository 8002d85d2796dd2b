//! What gates beware of, told apart from what they decide.

use crate::report::record::CheckRecord;

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
}
