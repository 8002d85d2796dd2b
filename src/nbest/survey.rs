//! What is known of lists once all of them were read: how many there are, who speaks, what they
//! hash to.

use std::collections::BTreeSet;

use crate::nbest::json::shorten;
use crate::nbest::score_order::ScoreOrder;
use crate::nbest::spaceless::Spaceless;
use crate::nbest::speakers::{IdPattern, Unnamed};
use crate::nbest::spelling::Spelling;
use crate::nbest::{Utterance, assemble};

/// What finds the speakers in ids like those of LibriSpeech.
const LIBRISPEECH: &str = r"^(\d+)-\d+-\d+$";

/// What finds them in ids that begin with a speaker, as many do.
const BEGINNING: &str = r"^([^-_/]+)[-_/]";

/// So many names of fields are kept.
const MOST_FIELDS: usize = 20;

/// What is known of some utterances, which are added in order of their ids.
#[derive(Debug)]
pub(crate) struct Survey {
    /// How many there are.
    pub(crate) utterances: usize,
    /// The bytes of all texts of all lists.
    pub(crate) text_bytes: u64,
    /// Utterances with further fields.
    pub(crate) with_fields: usize,
    /// The names of these fields: the first twenty.
    pub(crate) fields: BTreeSet<String>,
    /// Utterances without a speaker.
    pub(crate) unnamed: Unnamed,
    /// The names of all speakers.
    pub(crate) speakers: BTreeSet<String>,
    /// Which end of the lists is the better one.
    pub(crate) order: ScoreOrder,
    /// How references and hypotheses are spelled.
    pub(crate) spelling: Spelling,
    /// Whether references are of a script without spaces.
    pub(crate) spaceless: Spaceless,
    /// The values of the field `voice`, as long as every utterance has one.
    voices: Option<BTreeSet<String>>,
    /// What the ids say about speakers by each pattern, as long as all of them say something.
    in_ids: [Option<(IdPattern, BTreeSet<String>)>; 2],
    hasher: blake3::Hasher,
}

impl Survey {
    /// Of no utterance.
    pub(super) fn new() -> Survey {
        Survey {
            utterances: 0,
            text_bytes: 0,
            with_fields: 0,
            fields: BTreeSet::new(),
            unnamed: Unnamed::default(),
            speakers: BTreeSet::new(),
            order: ScoreOrder::default(),
            spelling: Spelling::default(),
            spaceless: Spaceless::default(),
            voices: Some(BTreeSet::new()),
            in_ids: [LIBRISPEECH, BEGINNING]
                .map(|pattern| pattern.parse().ok().map(|ids| (ids, BTreeSet::new()))),
            hasher: blake3::Hasher::new(),
        }
    }

    /// Takes the next utterance in.
    pub(super) fn add(&mut self, utterance: &Utterance) {
        self.utterances += 1;
        let heard = utterance.nbest.hypotheses().iter();
        let bytes = heard.map(|heard| heard.transcript.as_str().len() as u64);
        self.text_bytes += bytes.sum::<u64>();
        self.with_fields += usize::from(!utterance.attributes.is_empty());
        for name in utterance.attributes.keys() {
            note(&mut self.fields, name);
        }
        while self.fields.len() > MOST_FIELDS {
            self.fields.pop_last();
        }
        assemble::hash(&mut self.hasher, utterance);
        self.order.add(utterance);
        self.spelling.add(utterance);
        self.spaceless.add(&utterance.reference);

        let speaker = utterance.speaker.as_deref();
        self.unnamed.add(&utterance.id, speaker.is_some());
        if let Some(speaker) = speaker {
            note(&mut self.speakers, speaker);
        }

        let voice = utterance.attributes.get("voice");
        match (&mut self.voices, voice) {
            (Some(voices), Some(voice)) => note(voices, voice),
            (voices, _) => *voices = None,
        }
        for in_ids in &mut self.in_ids {
            match in_ids {
                Some((pattern, found)) if speaker.is_none() => {
                    match pattern.speaker(&utterance.id) {
                        Some(speaker) => note(found, speaker),
                        None => *in_ids = None,
                    }
                }
                _ => *in_ids = None,
            }
        }
    }

    /// BLAKE3 of the utterances, in hexadecimal.
    pub(super) fn content_hash(&self) -> String {
        self.hasher.finalize().to_hex().to_string()
    }

    /// What to try where no utterance has a speaker but the ids hold one, as those of LibriSpeech
    /// do, or begin with what others begin with, too.
    pub(crate) fn hint(&self) -> Option<String> {
        let [of_librispeech, beginnings] = self.in_ids.each_ref().map(|in_ids| {
            let found = in_ids.as_ref().map_or(0, |(_, found)| found.len());
            Some(found).filter(|found| *found > 1)
        });
        if let Some(found) = of_librispeech {
            return Some(format!(
                "no speakers are named, but the ids look like those of LibriSpeech: --speaker-from \
                 '{LIBRISPEECH}' finds {found} of them"
            ));
        }

        let found = beginnings.filter(|found| 2 * found <= self.utterances)?;
        Some(format!(
            "no speakers are named, but the ids have {found} beginnings in common: if these are \
             the speakers, give --speaker-from '{BEGINNING}'"
        ))
    }

    /// That utterances have further fields, by name; `None` if they have none.
    pub(crate) fn further_fields(&self) -> Option<String> {
        let names = self
            .fields
            .iter()
            .map(|name| format!("`{}`", shorten(name, 40)));
        let names = names.collect::<Vec<String>>().join(", ");
        (self.with_fields > 0).then(|| {
            format!(
                "{} of {} lists have further fields ({names})",
                self.with_fields, self.utterances
            )
        })
    }

    /// How many voices are behind the speakers, where every utterance names one in the field
    /// `voice` (the speakers of synthetic speech are settings of a few voices); `None` where some
    /// do not.
    pub(crate) fn voices(&self) -> Option<usize> {
        let voices = self.voices.as_ref()?.len();
        (voices > 0).then_some(voices)
    }
}

/// Adds a name that is mostly there.
fn note(names: &mut BTreeSet<String>, name: &str) {
    if !names.contains(name) {
        names.insert(name.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nbest::read::{Corpus, ReadOptions};

    fn corpus(ids: [&str; 2], speaker: Option<&str>, voices: [Option<&str>; 2]) -> Corpus {
        let lines = ids.iter().zip(voices).map(|(id, voice)| {
            serde_json::json!({
                "id": id, "speaker": speaker, "voice": voice, "ref": "a", "hyps": [{"text": "a"}]
            })
            .to_string()
        });
        let lines = lines.collect::<Vec<String>>().join("\n");
        let options = ReadOptions::default();
        Corpus::read("lists.jsonl", lines.as_bytes(), &options).unwrap()
    }

    fn survey(ids: [&str; 2], speaker: Option<&str>, voices: [Option<&str>; 2]) -> Survey {
        let corpus = corpus(ids, speaker, voices);
        let mut survey = Survey::new();
        for utterance in &corpus.utterances {
            survey.add(utterance);
        }
        assert_eq!(survey.content_hash(), corpus.facts.content_hash);
        survey
    }

    #[test]
    fn ids_of_librispeech_are_known() {
        let of = |ids, speaker| survey(ids, speaker, [None; 2]).hint();
        let found = of(["84-1-0001", "90-2-0001"], None).unwrap();
        assert!(found.contains("finds 2 of them"), "{found}");
        assert_eq!(of(["84-1-0001", "90-2-0001"], Some("84")), None);
        assert_eq!(of(["test-0001", "test-0002"], None), None);
        assert_eq!(of(["84-1-0001", "test-0002"], None), None);
    }

    #[test]
    fn ids_that_begin_with_a_speaker_are_known() {
        for [one, other] in [
            ["anna-0001", "bob-0001"],
            ["anna_0001", "bob_0001"],
            ["p225/0001", "p226/0001"],
        ] {
            let mut survey = survey([one, other], None, [None; 2]);
            assert_eq!(survey.hint(), None);
            for id in [one, other] {
                let corpus = corpus([&id.replace('1', "2"), "z"], None, [None; 2]);
                survey.add(&corpus.utterances[0]);
            }
            let hint = survey.hint().unwrap();
            assert!(hint.contains("2 beginnings in common"), "{hint}");
            assert!(hint.ends_with("--speaker-from '^([^-_/]+)[-_/]'"), "{hint}");
        }
    }

    #[test]
    fn voices_are_counted_where_every_utterance_has_one() {
        let of = |voices| survey(["a", "b"], None, voices).voices();
        assert_eq!(of([Some("x"), Some("y")]), Some(2));
        assert_eq!(of([Some("x"), Some("x")]), Some(1));
        assert_eq!(of([Some("x"), None]), None);
        assert_eq!(of([None, None]), None);
    }
}
