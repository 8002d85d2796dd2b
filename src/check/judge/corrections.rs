//! Corrections: what a generator writes for clean and for perturbed lists, counted and judged.
//!
//! A generator picks no hypothesis, so that whatever is about picks is undefined for it: what the
//! swaps alone injected, what changes of mind add, repairs, regret. Its word error rates, their
//! change, and its gain over the first pass are defined, and so is the gate of the gain.

use rayon::prelude::*;

use crate::check::engine::draw::{DrawnList, Draws};
use crate::check::engine::outcome::CheckOutcome;
use crate::check::engine::plan::Plan;
use crate::check::engine::trial::{Rescored, Trial};
use crate::check::judge::clustering::Clustering;
use crate::check::judge::figures::{CleanFigures, Figures};
use crate::check::judge::gates::{CheckFigures, judge};
use crate::check::judge::harm::Harm;
use crate::check::judge::remark::Remark;
use crate::check::judge::remarks::bar;
use crate::check::judge::verdict::Judgment;
use crate::nbest::Transcript;
use crate::nbest::wer::{WordErrors, word_errors};
use crate::suite::{Check, Suite};

/// What a generator wrote for an utterance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Correction {
    /// For its clean list.
    pub(crate) clean: Transcript,
    /// For its list in each draw.
    pub(crate) perturbed: Vec<Transcript>,
}

/// What is defined of a generator under a check.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CorrectionFindings {
    /// The independent observations.
    pub(crate) clustering: Clustering,
    /// The clean lists; the oracle is that of the lists with the corrections.
    pub(crate) clean: CleanFigures,
    /// The check's; nothing in it that is about picks means anything, but that `flips.all` are the
    /// lists whose correction is another than that of the clean list.
    pub(crate) figures: Figures,
    /// The decision, by the gate of the gain.
    pub(crate) judgment: Judgment,
    /// What is wrong with the generator or its references, gravest first.
    pub(crate) remarks: Vec<Remark>,
}

/// Counts and judges `corrections`, one per utterance of `plan`, with as many draws as the plan has
/// of `check`.
///
/// # Panics
/// If there are fewer corrections than lists.
pub(crate) fn measure(
    plan: &Plan<'_>,
    suite: &Suite,
    check: &Check,
    corrections: &[Correction],
) -> CorrectionFindings {
    let draws = plan.draws_of(check);
    let clean: Vec<Rescored> = plan
        .utterances
        .iter()
        .zip(corrections)
        .map(|(utterance, correction)| {
            let texts = utterance.nbest.hypotheses().iter();
            let texts = texts.map(|hypothesis| &hypothesis.transcript);
            let errors: Vec<WordErrors> = texts
                .chain([&correction.clean])
                .map(|text| word_errors(&utterance.reference, text))
                .collect();
            Rescored {
                pick: errors.len() - 1,
                second_pass: Vec::new(),
                totals: Vec::new(),
                errors,
            }
        })
        .collect();

    let trial = |drawn: DrawnList| {
        let (utterance, correction) = (&plan.utterances[drawn.list], &corrections[drawn.list]);
        let count = |text: &Transcript| word_errors(&utterance.reference, text);
        let output = &correction.perturbed[drawn.draw];
        let (text, first_pass_text) = (count(output), count(&drawn.texts[0]));
        let changed = usize::from(*output != correction.clean);

        Trial {
            utterance: drawn.list,
            draw: drawn.draw,
            substitutions: drawn.case.substitutions(),
            case: None,
            // No hypothesis: another output stands as another pick.
            pick: clean[drawn.list].pick + changed,
            margin: 0.0,
            text,
            kept: text,
            first_pass_text,
            oracle_text: text,
            kendall_tau: None,
        }
    };
    // As for other systems: without a rescorer there is no pick to perturb.
    let lists = Draws::of_check(plan, suite, check, |_| 0);
    let trials = lists.drawn(0..draws).map(trial).collect();

    let outcome = CheckOutcome {
        suite,
        check,
        draws,
        trials,
    };
    let clustering = Clustering::new(plan.utterances);
    let checks = [CheckFigures::new(&clustering, &clean, &outcome)];
    let clean = CleanFigures::new(&clustering, &clean);
    let harm = Harm::test(&clean, plan.seed);
    let mut judgments = judge(&checks, &clustering, plan.seed, harm.as_ref());
    // What does harm before anything is perturbed fails, as for rescorers.
    let harm = harm.and_then(|harm| harm.remark(plan.alpha(), &judgments));
    let is_wordless = clean.oracle.rate.value.is_none();
    let remarks: Vec<Remark> = (harm.into_iter())
        .chain(is_wordless.then_some(Remark::NoReferenceWords))
        .collect();
    bar(&remarks, &mut judgments);
    let judgment = Judgment {
        clean_gain_shown: clean.gain_shown,
        ..judgments.remove(0)
    };
    let [CheckFigures { figures, .. }] = checks;

    CorrectionFindings {
        clustering,
        clean,
        figures,
        judgment,
        remarks,
    }
}
