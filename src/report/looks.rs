//! The looks at a check that could end early, in a sentence.

use crate::check::judge::looks::{Ended, Looks, StopRule};
use crate::report::number;

/// When the check ended, why, and what was corrected for.
pub(crate) fn sentence(looks: &Looks) -> String {
    let made = match looks.ended {
        Ended::Complete => match looks.draws {
            1 => "Made the one draw".to_owned(),
            draws => format!("Made all {draws} draws"),
        },
        Ended::Verdict => format!(
            "Ended by its verdict after {} of {}",
            looks.draws,
            number::count(looks.most_draws, "draw")
        ),
        Ended::Budget => format!(
            "Ended by the budget after {} of {}",
            looks.draws,
            number::count(looks.most_draws, "draw")
        ),
    };

    let count = looks.looks.len();
    match (looks.rule, looks.looks.last()) {
        (StopRule::Planned { looks: planned }, Some(look)) => format!(
            "{made}: look {count} of {planned}, boundary p {} (O'Brien-Fleming); p-values are \
            corrected for the looks.",
            number::probability(look.boundary)
        ),
        (StopRule::Anytime, Some(look)) => format!(
            "{made}: {}, boundary p {} (confidence sequence); p-values are corrected for the \
            looks.",
            number::count(count, "look"),
            number::probability(look.boundary)
        ),
        (StopRule::Never | StopRule::Planned { .. } | StopRule::Anytime, _) => format!("{made}."),
    }
}
