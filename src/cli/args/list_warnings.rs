//! What is odd about lists that were read, told to whoever reads them.

use std::collections::HashMap;

use crate::check::engine::wrong_way::WrongWay;
use crate::cli::terminal::Terminal;
use crate::nbest::json::shorten;
use crate::nbest::lists::Lists;
use crate::nbest::oddities::Oddities;
use crate::nbest::read::CorpusFacts;
use crate::nbest::spelling::SpelledApart;
use crate::nbest::survey::Survey;
use crate::report::list_cautions::spelled_apart;
use crate::report::number::{count, percent};
use crate::report::shown::shown;

/// The most characters of an id in a warning.
const LONGEST_ID: usize = 60;

/// Says what is odd about `lists`, whose scores were read as costs or not.
pub(super) fn warn(lists: &Lists, are_costs: bool, terminal: &Terminal) {
    warn_of_order(&lists.facts, terminal);
    warn_of_costs(are_costs, &lists.survey, terminal);
    warn_of_spelling(&lists.survey, terminal);
    let spaceless = lists.survey.spaceless.warning(&lists.facts.normalization);
    let found = [
        unnamed_scores(&lists.facts),
        unused_scores(&lists.facts),
        missing_ranks(&lists.facts),
        read_otherwise(&lists.facts),
        spaceless,
    ];
    for warning in found.into_iter().flatten() {
        terminal.warn(&warning);
    }
}

/// What there is to say of the speakers of lists.
#[derive(Debug, Clone)]
pub(crate) struct SpeakerNotes {
    /// How speakers may be found.
    hint: Option<String>,
    /// What changes the meaning of intervals and verdicts.
    warnings: Vec<String>,
}

impl SpeakerNotes {
    /// Of `lists`, whose speakers are those that were `given`, or found in the lists; of utterances
    /// that are `independent` there is nothing to say.
    pub(super) fn of(lists: &Lists, is_given: bool, are_independent: bool) -> SpeakerNotes {
        let survey = &lists.survey;
        let hint = survey.hint().filter(|_| !are_independent);
        let in_ids = speaker_in_ids(lists).filter(|_| !is_given);
        let hint = hint.or(in_ids);
        let own = own_speakers(lists).filter(|_| hint.is_none());
        let warnings = own.into_iter().chain(alike_speakers(&survey.speakers));

        SpeakerNotes {
            hint,
            warnings: warnings.filter(|_| !are_independent).collect(),
        }
    }

    /// Says it.
    pub(crate) fn tell(&self, terminal: &Terminal) {
        match &self.hint {
            // Of a quiet run nothing else says that speakers are not known.
            Some(hint) if terminal.is_quiet() => terminal.warn(hint),
            Some(hint) => terminal.hint(hint),
            None => {}
        }
        for warning in &self.warnings {
            terminal.warn(warning);
        }
    }

    /// The same for a report.
    pub(crate) fn notes(&self) -> impl Iterator<Item = String> {
        self.hint.iter().chain(&self.warnings).cloned()
    }
}

/// That two names are of one speaker but for case or blanks.
pub(crate) fn alike_speakers<'a>(speakers: impl IntoIterator<Item = &'a String>) -> Option<String> {
    let mut known: HashMap<String, &str> = HashMap::new();
    speakers.into_iter().find_map(|speaker| {
        let folded = speaker.trim().to_lowercase();
        let other = *known.entry(folded).or_insert(speaker);
        (other != speaker).then(|| {
            format!(
                "names of speakers differ in case or blanks alone, such as `{}` and `{}`, and \
                    count as several: if they are of one speaker, spell them alike, or say who \
                    spoke with --utt2spk FILE",
                shown(&shorten(other, LONGEST_ID)),
                shown(&shorten(speaker, LONGEST_ID))
            )
        })
    })
}

/// That the only speaker was made of the ids, which may all begin alike for another reason.
fn speaker_in_ids(lists: &Lists) -> Option<String> {
    let (facts, survey) = (&lists.facts, &lists.survey);
    let speaker = survey.speakers.first().filter(|_| {
        survey.speakers.len() == 1
            && survey.utterances > 1
            && facts.speakers_in_ids == survey.utterances
    })?;
    Some(format!(
        "the only speaker, `{}`, is what all ids begin with: if that names nobody, say who spoke \
            with --utt2spk FILE, or take every utterance as independent with --no-speakers",
        shown(speaker)
    ))
}

/// That no two utterances share a speaker, whose errors would hang together.
fn own_speakers(lists: &Lists) -> Option<String> {
    let survey = &lists.survey;
    (survey.utterances > 1 && survey.speakers.len() == survey.utterances).then(|| {
        "every utterance has a speaker of its own: if one person spoke several of them, intervals \
            are too narrow; say who spoke with --utt2spk FILE, or with --no-speakers that nobody \
            spoke twice"
            .to_owned()
    })
}

/// That files of scores have some of hypotheses that no list has.
fn unused_scores(facts: &CorpusFacts) -> Option<String> {
    let Oddities { count: all, first } = &facts.scores_without_hypothesis;
    (*all > 0).then(|| {
        format!(
            "the files of scores have {} of hypotheses that no list has, such as `{}`: are lists \
                and scores of the same run?",
            count(*all, "score"),
            shown(&shorten(first, LONGEST_ID))
        )
    })
}

/// That lists have ranks, and not all of them.
fn missing_ranks(facts: &CorpusFacts) -> Option<String> {
    let Oddities { count: all, first } = &facts.missing_ranks;
    (*all > 0).then(|| {
        format!(
            "ranks are missing in {}, first `{}`: hypotheses may have been lost",
            count(*all, "list"),
            shown(&shorten(first, LONGEST_ID))
        )
    })
}

/// That lists without scores have numbers under names that are none of scores.
fn unnamed_scores(facts: &CorpusFacts) -> Option<String> {
    let fields = facts.other_fields.like_scores();
    (!fields.is_empty()).then(|| {
        format!(
            "no score was found in {}, and minus the rank stands in for it, but there are numbers \
                under other names: {fields}; if that is the score, call it `score`",
            count(facts.rank_stands_in, "list")
        )
    })
}

/// That some lists have first-pass scores and others have none, where one scale is to suit all.
pub(crate) fn mixed_scores(facts: &CorpusFacts, utterances: usize) -> Option<String> {
    let ranked = facts.rank_stands_in;
    (ranked > 0 && ranked < utterances).then(|| {
        format!(
            "{ranked} of {utterances} lists have no first-pass scores, and minus the rank stands \
                in (0, -1, -2, ...): one first-pass scale for such ranks and for the scores of the \
                others suits neither; take lists of one kind"
        )
    })
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

/// That hypotheses are compared with a reading of the reference that is not theirs.
fn read_otherwise(facts: &CorpusFacts) -> Option<String> {
    let found = &facts.read_otherwise;
    (found.count > 0).then(|| {
        format!(
            "in {}, `{}` for one, a text follows another of the reference's alternatives than the \
                first text, whose reading is that of the whole list: it is charged with errors \
                that are none; spell references and lists alike, without alternatives",
            count(found.count, "list"),
            shown(&shorten(&found.first, LONGEST_ID))
        )
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_case_or_blanks_are_told_in_pairs() {
        let told = |names: [&str; 3]| alike_speakers(&names.map(str::to_owned));
        assert_eq!(told(["s1", "s2", "s 1"]), None);
        for names in [["S1", "s2", "s1"], ["s2", "s1", "s1 "]] {
            let told = told(names).expect("two are alike");
            assert!(told.contains(&format!("`{}`", names[2])), "{told}");
        }
    }
}
