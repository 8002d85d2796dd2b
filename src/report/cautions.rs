//! What is wrong with the rescorer itself: the first lines of every report.

use serde::{Deserialize, Serialize};

use crate::check::compare::Harmful;
use crate::check::engine::rounding::Rounding;
use crate::check::engine::wrong_way::WrongWay;
use crate::check::judge::remark::{Disagreement, Effect, Remark, Unsteadiness};
use crate::check::judge::remarks;
use crate::report::ending::Ending;
use crate::report::level_wording::is_usual;
use crate::report::list_cautions::{
    copies, empty_references, far_from_references, far_lists, single_hypotheses, spelled_apart,
};
use crate::report::number;
use crate::rescore::TokenCounts;
use crate::stats::gate::error_rates::error_rates;
use crate::stats::verdict::Verdict;

/// One thing that a reader must know before anything else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CautionRecord {
    /// `worse_than_first_pass`, `negative_weight`, `no_weight`, `constant_score`, `alike_in_lists`,
    /// `lost_in_rounding`, `drowned`, `never_overrules`, `nothing_to_choose`,
    /// `empty_references`, `far_from_references`, `far_lists`, `single_hypotheses`,
    /// `wrong_way_round`, `spelled_apart`, `no_reference_words`, `copies`, `tied_first_pass`,
    /// `shards_disagree`, `unsteady`, `unknown_tokens`, `cut_texts` or `rounded`.
    pub kind: String,
    /// What it means for verdicts.
    pub effect: Effect,
    /// It in a sentence or two.
    pub wording: String,
}

impl From<&Remark> for CautionRecord {
    fn from(remark: &Remark) -> CautionRecord {
        CautionRecord {
            kind: remark.name().to_owned(),
            effect: remark.effect(),
            wording: sentence(remark),
        }
    }
}

/// The remark in a sentence or two, without a final full stop.
pub(crate) fn sentence(remark: &Remark) -> String {
    match *remark {
        Remark::WorseThanFirstPass {
            extra_errors,
            p,
            tests,
        } => format!(
            "On the clean lists the rescorer makes {} than the first pass alone (one-sided p \
            {}{}): it does harm before anything is perturbed",
            more_errors(extra_errors),
            number::probability(p),
            match tests {
                1 => String::new(),
                tests => format!(", corrected for {} tests", number::whole(tests)),
            }
        ),
        Remark::NegativeWeight { weight } => format!(
            "The weight {weight} is negative: texts are preferred that the model likes least"
        ),
        Remark::NoWeight => {
            "The weight of the second pass is 0: the first pass decides alone".to_owned()
        }
        Remark::ConstantScore { score, texts } => format!(
            "The model gives each of {} the same score ({score}): it tells nothing apart",
            number::count(texts, "text")
        ),
        Remark::AlikeInLists { lists } => alike_in_lists(lists),
        Remark::LostInRounding => "The first-pass scale is so large, or the weight so small, that \
            the second pass is lost in rounding: the first pass decides alone"
            .to_owned(),
        Remark::Drowned { share } => format!(
            "The second pass is drowned: within lists its part of the totals differs by {} of what \
             the first pass's part does; tune --weight on a development set",
            small_percent(share)
        ),
        Remark::NeverOverrules { lists } => format!(
            "The rescorer never overrules the first pass: on all {}, clean and perturbed, \
            both pick the same hypothesis",
            number::count(lists, "list")
        ),
        Remark::NothingToChoose => {
            "No list has two hypotheses: there is nothing to choose, for any rescorer".to_owned()
        }
        Remark::EmptyReferences {
            empty,
            lists,
            errors,
        } => empty_references(empty, lists, errors),
        Remark::FarFromReferences { oracle } => far_from_references(oracle),
        Remark::FarLists { share } => far_lists(share),
        Remark::SingleHypotheses { single, lists } => single_hypotheses(single, lists),
        Remark::WrongWayRound(WrongWay { first, last }) => format!(
            "The first-pass scores seem to be the wrong way round: the texts that they put first \
            have a word error rate of {}, those that they put last {}; give --costs for costs, \
            where lower is better, and not for scores",
            number::percent(Some(first)),
            number::percent(Some(last))
        ),
        Remark::SpelledApart(ref found) => spelled_apart(found),
        Remark::NoReferenceWords => "No reference has a word: there are no errors to count; look \
            at --refs and --normalize"
            .to_owned(),
        Remark::Copies {
            lists,
            distinct,
            alike,
        } => copies(lists, distinct, alike),
        Remark::TiedFirstPass { tied, lists } => format!(
            "In {} of {} all first-pass scores are equal: the order of the file alone decides \
            what the first pass picks there; give its scores, or leave them out, and the order \
            counts as ranks",
            number::whole(tied),
            number::count(lists, "list"),
        ),
        Remark::Unsteady(found) => unsteady(&found),
        Remark::ShardsDisagree(found) => shards_disagree(&found),
        Remark::UnknownTokens { share, tokens } => format!(
            "{} of the {} tokens that the model read are unknown to it ([UNK]); perhaps it is \
            made for another language or spelling",
            number::percent(Some(share)),
            number::whole(tokens)
        ),
        Remark::CutTexts { cut, texts } => many_cut(cut, texts),
        Remark::Rounded(Rounding {
            difference,
            lists,
            changed,
        }) => format!(
            "Scores are rounded (--precision int8): of {} whose best hypotheses were scored in \
             full precision as well, {} {} another pick, and the largest difference of a total \
             score is {difference:.3}",
            number::count(lists, "clean list"),
            number::whole(changed),
            if changed == 1 { "has" } else { "have" }
        ),
    }
}

/// That a model gives other scores again, how large that is beside what decides picks, and how many
/// it would change.
fn unsteady(found: &Unsteadiness) -> String {
    let Unsteadiness {
        steadiness,
        gap,
        by_chance,
        by_swaps,
    } = *found;
    let swaps = by_swaps.map_or_else(String::new, |share| {
        format!("; the swaps change {}", number::percent(Some(share)))
    });

    format!(
        "The model gives a text another score when it is asked again: of {} scored twice {} {} \
        another pick the second time, and totals differ by up to {}, where half of the picks are \
        ahead by no more than {}. By chance alone about {} of the picks change{swaps}",
        number::count(steadiness.lists, "clean list"),
        number::whole(steadiness.changed),
        if steadiness.changed == 1 {
            "has"
        } else {
            "have"
        },
        number::short(steadiness.largest),
        number::short(gap),
        number::percent(Some(by_chance)),
    )
}

/// That shards gave texts different scores.
fn shards_disagree(found: &Disagreement) -> String {
    let Disagreement {
        agreement,
        gap,
        by_chance,
    } = *found;
    format!(
        "Shards gave the same text different scores: of {} that came from several of them, or from \
        one and this merge, {} {} another the second time, up to {} apart, where half of the picks \
        are ahead by no more than {} in totals. Differences of this size would change about {} of \
        the picks; the first score counts, and a run that is not sharded may find something else",
        number::count(agreement.compared, "score"),
        number::whole(agreement.apart),
        if agreement.apart == 1 { "was" } else { "were" },
        number::short(agreement.largest),
        number::short(gap),
        number::percent(Some(by_chance)),
    )
}

/// That the scores of a list's texts are all the same, in every list.
pub(crate) fn alike_in_lists(lists: usize) -> String {
    format!(
        "The model's scores are all the same within each of {}: it tells no text from another, \
         whatever its weight",
        number::count(lists, "list")
    )
}

/// That some texts were cut, of all if their number is known.
pub(crate) fn cut_texts(cut: usize, texts: Option<usize>) -> String {
    let counted = match texts {
        Some(texts) => format!("{} of {}", number::whole(cut), number::count(texts, "text")),
        None => number::count(cut, "text"),
    };
    let (is, was) = match cut {
        1 => ("is", "was"),
        _ => ("are", "were"),
    };
    format!("{counted} {is} longer than the model reads and {was} cut")
}

/// The same of so many texts that the share counts, and what that means.
fn many_cut(cut: usize, texts: usize) -> String {
    format!(
        "{} ({}): a swap in what was cut off changes no score, and no pick",
        cut_texts(cut, Some(texts)),
        number::percent(Some(cut as f64 / texts as f64))
    )
}

/// What a model could not read of the texts that it scored, of which `cut` were too long for it, a
/// sentence each without a full stop, for those who do not check it.
pub(crate) fn unread(tokens: Option<TokenCounts>, cut: usize) -> Vec<String> {
    let remarks = remarks::unread(tokens, cut);
    let is_told = remarks
        .iter()
        .any(|remark| matches!(remark, Remark::CutTexts { .. }));
    let told = remarks.iter().map(|remark| match remark.effect() {
        Effect::Warns => sentence(remark),
        _ => format!(
            "{}. No check of it on such texts can pass",
            sentence(remark)
        ),
    });
    let few = (cut > 0 && !is_told).then(|| cut_texts(cut, tokens.map(|counts| counts.texts)));
    told.chain(few).collect()
}

/// That a contender of a comparison does harm, in a sentence without a final full stop.
pub(crate) fn harm_of(harmful: &Harmful) -> String {
    format!(
        "{}: On the clean lists it makes {} than the first pass alone (two-sided p {}, corrected \
        over the labels, as in the table): it does harm before anything is perturbed",
        harmful.label,
        more_errors(harmful.extra_errors),
        number::probability(harmful.p)
    )
}

/// So many errors beyond those of another, which are some.
fn more_errors(extra_errors: i64) -> String {
    number::count(usize::try_from(extra_errors).unwrap_or(0), "more error")
}

/// A share that may be far below a hundredth of a percent.
fn small_percent(share: f64) -> String {
    format!("{:.1e} %", 100.0 * share)
}

/// The rates of wrong verdicts that are worth a word: those above the level that gates have by
/// default, in percent.
const NOMINAL: f64 = 5.0;

/// That so few clusters may mislead, and how often they do: what simulation gives for the side that
/// a verdict is on. The rates are those of the usual level, and are told as such beside another
/// `alpha`.
pub(crate) fn few_clusters(verdict: Verdict, clusters: usize, cluster: &str, alpha: f64) -> String {
    let simulated = error_rates(clusters);
    let (rates, rare, damage, decide) = match verdict {
        Verdict::Fail => (simulated.false_fail, "good", "help", "fail"),
        Verdict::Pass | Verdict::Identical | Verdict::Inconclusive => {
            (simulated.false_pass, "bad", "harm", "pass")
        }
    };

    let above: Vec<f64> = rates.into_iter().filter(|rate| *rate > NOMINAL).collect();
    let (low, high) = above
        .iter()
        .fold((f64::INFINITY, 0.0_f64), |(low, high), rate| {
            (low.min(rate.ceil()), high.max(rate.ceil()))
        });
    let share = if low < high {
        format!("{low:.0} to {high:.0} %")
    } else {
        format!("{high:.0} %")
    };

    let counted = number::count(clusters, cluster);
    let simulated = if is_usual(alpha) {
        format!("{share} of simulated runs {decide} at the margin instead of 5 %")
    } else {
        format!(
            "more runs {decide} at the margin than the level says (in simulation at a level of \
             5 %, {share})"
        )
    };
    format!(
        "Caution: with only {counted} a rare {rare} one may not have been sampled: where {damage} \
         differs much by {cluster}, {simulated}."
    )
}

/// That a few clusters have most of the harm, and how often that misleads, a sentence each.
pub(crate) fn concentrated(clusters: usize, cluster: &str, alpha: f64) -> (String, String) {
    let [.., log_normal, _] = error_rates(clusters).false_pass;
    let known = format!(
        "Caution: a tenth of the {cluster}s has half of the harm or more, and others as bad may \
         not have been sampled."
    );
    let level = if is_usual(alpha) {
        ""
    } else {
        " at a level of 5 %"
    };
    let simulated = format!(
        "In simulation{level}, where harm is shared so (lognormal), {:.0} % of runs pass at the \
        margin with so many.",
        log_normal.ceil(),
    );

    (known, simulated)
}

/// Whether one of them says that the rescorer makes more errors than the first pass.
pub(crate) fn tell_of_harm(cautions: &[CautionRecord]) -> bool {
    let harm = |caution: &CautionRecord| caution.kind == "worse_than_first_pass";
    cautions.iter().any(harm)
}

/// The lines above everything else; empty without remarks.
pub(crate) fn lines(cautions: &[CautionRecord]) -> Vec<String> {
    let line = |caution: &CautionRecord| {
        let effect = effect(caution).map_or_else(String::new, |effect| format!(" {effect}"));
        format!("CAUTION  {}.{effect}", caution.wording)
    };
    cautions.iter().map(line).collect()
}

/// How the run ends by it at best.
pub(crate) fn ending(caution: &CautionRecord) -> Ending {
    match caution.effect {
        Effect::Fails => Ending::Fail,
        Effect::BarsPass | Effect::BarsVerdict => Ending::Inconclusive,
        Effect::Warns => Ending::Pass,
    }
}

/// What it does to the run, in a sentence.
pub(crate) fn effect(caution: &CautionRecord) -> Option<&'static str> {
    match caution.effect {
        Effect::Fails => Some("The run fails."),
        Effect::BarsPass => Some("Nothing can pass."),
        Effect::BarsVerdict => Some("No verdict can be given."),
        Effect::Warns => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_clusters_come_with_the_rates_of_simulation() {
        let passing = few_clusters(Verdict::Pass, 22, "speaker", 0.05);
        let expected = "only 22 speakers a rare bad one may not have been sampled: where harm \
            differs much by speaker, 7 to 17 % of simulated runs pass at the margin instead of 5 %.";
        assert!(passing.contains(expected), "{passing}");

        let (known, simulated) = concentrated(130, "speaker", 0.05);
        assert!(
            known.contains("a tenth of the speakers has half of the harm"),
            "{known}"
        );
        let expected = "(lognormal), 11 % of runs pass";
        assert!(simulated.contains(expected), "{simulated}");

        // The rates of another level were not simulated.
        let strict = few_clusters(Verdict::Pass, 22, "speaker", 0.01);
        let expected = "more runs pass at the margin than the level says (in simulation at a level \
            of 5 %, 7 to 17 %).";
        assert!(strict.contains(expected), "{strict}");
        let (_, strict) = concentrated(130, "speaker", 0.01);
        assert!(
            strict.contains("In simulation at a level of 5 %, where"),
            "{strict}"
        );

        let failing = few_clusters(Verdict::Fail, 12, "utterance", 0.05);
        let expected = "where help differs much by utterance, 8 to 29 % of simulated runs fail";
        assert!(failing.contains(expected), "{failing}");
    }
}
