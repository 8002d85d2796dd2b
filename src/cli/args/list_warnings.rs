//! What is odd about lists that were read, told to whoever reads them.

use crate::check::engine::wrong_way::WrongWay;
use crate::cli::terminal::Terminal;
use crate::nbest::lists::Lists;
use crate::nbest::read::CorpusFacts;
use crate::nbest::spelling::SpelledApart;
use crate::nbest::survey::Survey;
use crate::report::cautions::spelled_apart;
use crate::report::number::{count, percent};

/// Says what is odd about `lists`, whose scores were read as costs or not.
pub(super) fn warn(lists: &Lists, are_costs: bool, terminal: &Terminal) {
    warn_of_order(&lists.facts, terminal);
    warn_of_costs(are_costs, &lists.survey, terminal);
    warn_of_spelling(&lists.survey, terminal);
}

/// Says that scores seem to have been read the wrong way round, where the lists leave no doubt
/// that their lowest ones are better.
fn warn_of_costs(are_costs: bool, survey: &Survey, terminal: &Terminal) {
    let Some(WrongWay { first, last }) = WrongWay::of(&survey.order) else {
        return;
    };

    let rate = |rate| percent(Some(rate));
    let advice = if are_costs {
        "with --costs the lowest are the best: is it wrong here?"
    } else {
        "if they are costs, where lower is better, --costs says so"
    };
    let read = if are_costs { "costs" } else { "scores" };
    terminal.warn(&format!(
        "the {read} of the lists seem to be the wrong way round: the texts that they put last \
            have a word error rate of {}, those that they put first {}; {advice}",
        rate(last),
        rate(first)
    ));
}

/// Says that the order of a recognizer was taken for more than its confidences.
fn warn_of_order(facts: &CorpusFacts, terminal: &Terminal) {
    if facts.contradicted_orders > 0 {
        terminal.warn(&format!(
            "in {} a later text has a higher confidence than an earlier one: the service's order, \
                in which the first is the most probable, was kept, and minus the rank stands in \
                for a score",
            count(facts.contradicted_orders, "answer")
        ));
    }
}

/// Says that references are spelled in another way than hypotheses, which counts as errors.
fn warn_of_spelling(survey: &Survey, terminal: &Terminal) {
    if let Some(found) = SpelledApart::of(&survey.spelling) {
        terminal.warn(&spelled_apart(&found));
    }
}
