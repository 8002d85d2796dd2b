//! That so few clusters changed that they tell too little, in words.

use crate::report::number;
use crate::stats::ENOUGH_CHANGED;
use crate::stats::gate::Gate;

/// Of so many clusters, as tested by `gate`, without a full stop.
pub(crate) fn sentence(gate: &Gate, cluster: &str) -> String {
    let Gate {
        clusters,
        changed,
        harmed,
        ..
    } = *gate;
    let of = number::count(clusters, cluster);
    let changing = match (changed, harmed) {
        // So many tell enough of repairs: it is about those harmed.
        (ENOUGH_CHANGED.., 0) => format!("None of {of} gets worse"),
        (ENOUGH_CHANGED.., 1) => format!("Only 1 of {of} gets worse"),
        (ENOUGH_CHANGED.., _) => format!("Only {harmed} of {of} get worse"),
        (0, _) => format!("None of {of} gets better or worse"),
        (1, 0) => format!("Only 1 of {of} changes, and not for the worse"),
        (1, _) => format!("Only 1 of {of} changes, for the worse"),
        (_, 0) => format!("Only {changed} of {of} change, none of them for the worse"),
        (_, _) if changed == harmed => format!("Only {changed} of {of} change, for the worse"),
        (_, _) => format!("Only {changed} of {of} change, {harmed} of them for the worse"),
    };

    format!("{changing}: so few tell too little of those that were not sampled")
}

#[cfg(test)]
mod tests {
    use crate::report::few_changed::sentence;
    use crate::stats::bootstrap::Resampling;
    use crate::stats::gate::Excess;

    #[test]
    fn it_is_said_how_many_change_and_how() {
        let resampling = Resampling {
            replicates: 20,
            seed: 1,
        };
        for (changes, expected) in [
            (&[][..], "None of 40 speakers gets better or worse: so few"),
            (&[2], "Only 1 of 40 speakers changes, for the worse: so few"),
            (&[-2], "Only 1 of 40 speakers changes, and not for the"),
            (&[1, 3], "Only 2 of 40 speakers change, for the worse:"),
            (
                &[-1, 3],
                "2 of 40 speakers change, 1 of them for the worse:",
            ),
            (&[-1, -3], "change, none of them for the worse: so few"),
        ] {
            let changes = changes.iter().copied().chain(std::iter::repeat(0));
            let pairs = changes.take(40).map(|change| [change, 30]).collect();
            let excess = Excess::new(pairs, 0.05, &resampling).with_harm(1.0);
            let said = sentence(&excess.test(), "speaker");
            assert!(said.contains(expected), "{said}, expected {expected}");
        }
    }
}
