//! Who spoke each utterance: what the lists say, or a file of its own, or the ids.
//!
//! Speakers are the independent observations of every interval. Where some utterances have one and others have none,
//! neither speakers nor utterances would be right, so that is an error of whoever needs them ([`complete`]).

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, Read};

use regex::Regex;

use crate::nbest::error::{ReadError, ReadErrorKind};
use crate::nbest::limits::Limits;
use crate::nbest::place::{Place, Position};
use crate::nbest::read::Corpus;
use crate::nbest::source::Text;
use crate::nbest::{Utterance, assemble};

/// How many ids an error names.
const SHOWN: usize = 3;

/// What finds the speakers in ids like those of LibriSpeech.
const LIBRISPEECH: &str = r"^(\d+)-\d+-\d+$";

/// Where the speakers of a corpus come from.
#[derive(Debug, Clone)]
pub enum SpeakerSource {
    /// From the lists, where they name one.
    Lists,
    /// From a Kaldi `utt2spk` file.
    Map(SpeakerMap),
    /// The first group of a pattern, in each id.
    Pattern(IdPattern),
    /// From nowhere: every utterance is taken as independent.
    Nowhere,
}

/// Speakers by utterance, as a Kaldi `utt2spk` file names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpeakerMap {
    name: String,
    speakers: BTreeMap<String, String>,
}

/// A pattern that finds the speaker in an id, with at least one group.
#[derive(Debug, Clone)]
pub struct IdPattern(Regex);

/// A pattern of speakers that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PatternError {
    /// Not a regular expression.
    #[error("{0}")]
    Syntax(#[from] regex::Error),
    /// Nothing says which part of the id is the speaker.
    #[error(
        "it has no group: put the speaker's part of the id in parentheses, such as '^([^-]+)-'"
    )]
    NoGroup,
}

impl std::str::FromStr for IdPattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<IdPattern, PatternError> {
        let pattern = Regex::new(text)?;
        if pattern.captures_len() < 2 {
            return Err(PatternError::NoGroup);
        }
        Ok(IdPattern(pattern))
    }
}

impl IdPattern {
    /// The speaker in `id`; `None` if the pattern does not match, or finds nothing.
    pub fn speaker<'a>(&self, id: &'a str) -> Option<&'a str> {
        let found = self.0.captures(id)?.get(1)?.as_str();
        (!found.is_empty()).then_some(found)
    }
}

impl SpeakerMap {
    /// Reads lines `utterance speaker`; `name` stands in errors.
    pub fn read(name: &str, bytes: impl Read) -> Result<SpeakerMap, ReadError> {
        let at = |position, kind| ReadError {
            place: Place {
                file: name.to_owned(),
                position,
            },
            kind,
        };

        let text = Text::new(bytes, Limits::default())
            .map_err(|error| at(Position::File, error.into()))?;
        let mut speakers = BTreeMap::new();
        for (number, line) in (1..).zip(text.lines()) {
            let position = Position::Line(number);
            let refuse = |problem, advice| at(position, ReadErrorKind::Line { problem, advice });
            let line = line.map_err(|error| at(position, error.into()))?;
            let mut words = line.split_whitespace();
            match (words.next(), words.next(), words.next()) {
                (None, _, _) => {}
                (Some(utterance), Some(speaker), None) => {
                    let before = speakers.insert(utterance.to_owned(), speaker.to_owned());
                    if before.is_some_and(|before| before != speaker) {
                        let problem = format!("`{utterance}` had another speaker before");
                        return Err(refuse(problem, "give each utterance one speaker"));
                    }
                }
                _ => {
                    let problem = format!("expected an utterance and a speaker, found \"{line}\"");
                    return Err(refuse(
                        problem,
                        "write lines such as \"utterance-1 speaker-1\"",
                    ));
                }
            }
        }

        Ok(SpeakerMap {
            name: name.to_owned(),
            speakers,
        })
    }

    /// The speaker of an utterance, if the file names one.
    pub fn speaker(&self, id: &str) -> Option<&str> {
        self.speakers.get(id).map(String::as_str)
    }

    /// What errors call the file.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Utterances whose speaker is not known and should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpeakersMissing {
    /// The file lacks utterances.
    #[error(
        "{name} names no speaker for {ids}: add them, or take utterances as independent with --no-speakers"
    )]
    NotInMap {
        /// The file.
        name: String,
        /// Which, in words.
        ids: String,
    },
    /// The pattern does not match.
    #[error(
        "--speaker-from finds no speaker in the ids of {ids}: change the pattern, or name speakers with --utt2spk"
    )]
    NoMatch {
        /// Which, in words.
        ids: String,
    },
    /// Some utterances have a speaker and others have none.
    #[error(
        "{count} of {of} utterances name no speaker ({ids}): name all speakers with --utt2spk FILE (or --speaker-from REGEX), or \
         take every utterance as independent with --no-speakers"
    )]
    Some {
        /// How many.
        count: usize,
        /// Of how many.
        of: usize,
        /// Which, in words.
        ids: String,
    },
}

/// The first ids, and how many more there are.
fn named(ids: &[&str]) -> String {
    let shown: Vec<String> = ids.iter().take(SHOWN).map(|id| format!("`{id}`")).collect();
    let shown = shown.join(", ");
    match ids.len().saturating_sub(SHOWN) {
        0 => shown,
        rest => format!("{shown} and {rest} more"),
    }
}

impl Corpus {
    /// Names the speakers as `source` does; the content's hash follows.
    pub fn assign_speakers(&mut self, source: &SpeakerSource) -> Result<(), SpeakersMissing> {
        let find: &dyn Fn(&str) -> Option<String> = match source {
            SpeakerSource::Lists => return Ok(()),
            SpeakerSource::Map(map) => &|id| map.speaker(id).map(str::to_owned),
            SpeakerSource::Pattern(pattern) => &|id| pattern.speaker(id).map(str::to_owned),
            SpeakerSource::Nowhere => &|_| None,
        };

        for utterance in &mut self.utterances {
            utterance.speaker = find(&utterance.id);
        }

        let missing = without_speaker(&self.utterances);
        self.facts.without_speaker = missing.len();
        match source {
            SpeakerSource::Map(map) if !missing.is_empty() => {
                return Err(SpeakersMissing::NotInMap {
                    name: map.name.clone(),
                    ids: named(&missing),
                });
            }
            SpeakerSource::Pattern(_) if !missing.is_empty() => {
                return Err(SpeakersMissing::NoMatch {
                    ids: named(&missing),
                });
            }
            _ => {}
        }

        self.facts.content_hash = assemble::content_hash(&self.utterances);
        Ok(())
    }
}

/// The ids of the utterances without a speaker.
fn without_speaker(utterances: &[Utterance]) -> Vec<&str> {
    utterances
        .iter()
        .filter(|utterance| utterance.speaker.is_none())
        .map(|utterance| utterance.id.as_str())
        .collect()
}

/// Refuses utterances of which some have a speaker and others have none; each is an id, and whether it has one.
pub fn complete<'a>(
    utterances: impl ExactSizeIterator<Item = (&'a str, bool)>,
) -> Result<(), SpeakersMissing> {
    let of = utterances.len();
    let missing = utterances.filter(|(_, has_speaker)| !has_speaker);
    let missing: Vec<&str> = missing.map(|(id, _)| id).collect();
    if missing.is_empty() || missing.len() == of {
        return Ok(());
    }

    Err(SpeakersMissing::Some {
        count: missing.len(),
        of,
        ids: named(&missing),
    })
}

/// What to try where no utterance has a speaker but the ids hold one, as those of LibriSpeech do.
pub fn hint(utterances: &[Utterance]) -> Option<String> {
    if utterances
        .iter()
        .any(|utterance| utterance.speaker.is_some())
    {
        return None;
    }

    let pattern: IdPattern = LIBRISPEECH.parse().ok()?;
    let speakers: BTreeSet<&str> = utterances
        .iter()
        .map(|utterance| pattern.speaker(&utterance.id))
        .collect::<Option<_>>()?;

    (speakers.len() > 1).then(|| {
        format!(
            "no speakers are named, but the ids look like those of LibriSpeech: --speaker-from '{LIBRISPEECH}' finds {} of them",
            speakers.len()
        )
    })
}

/// How many voices are behind the speakers, where every utterance names one in the field `voice` (the speakers of synthetic
/// speech are settings of a few voices); `None` where some do not.
pub fn voices(utterances: &[Utterance]) -> Option<usize> {
    let voices: BTreeSet<&str> = utterances
        .iter()
        .map(|utterance| utterance.attributes.get("voice").map(String::as_str))
        .collect::<Option<_>>()?;

    (!voices.is_empty()).then_some(voices.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    use crate::nbest::error::told;
    use crate::nbest::normalize::Normalization;
    use crate::nbest::read::{ReadOptions, ScoreKind};

    fn corpus(ids: &[(&str, Option<&str>)]) -> Corpus {
        let mut lines = String::new();
        for (id, speaker) in ids {
            let line = serde_json::json!({
                "id": id, "speaker": speaker, "ref": "a", "hyps": [{"text": "a"}]
            });
            writeln!(lines, "{line}").unwrap();
        }

        let options = ReadOptions {
            normalization: Normalization::default(),
            format: None,
            scores: ScoreKind::LogProbability,
            acoustic_weight: 1.0,
        };

        Corpus::read("lists.jsonl", lines.as_bytes(), &options).unwrap()
    }

    fn speakers(corpus: &Corpus) -> Vec<Option<&str>> {
        let speakers = corpus.utterances.iter();
        speakers.map(|u| u.speaker.as_deref()).collect()
    }

    fn map(text: &str) -> SpeakerMap {
        SpeakerMap::read("utt2spk", text.as_bytes()).unwrap()
    }

    #[test]
    fn a_source_names_every_speaker_or_says_whom_it_lacks() {
        let ids = [
            ("84-1-1", Some("x")),
            ("84-1-2", None),
            ("90-2-1", None),
            ("90-2-2", None),
        ];
        let mut lists = corpus(&ids);
        let before = lists.facts.content_hash.clone();
        let pattern = "^([0-9]+)-".parse().unwrap();
        lists
            .assign_speakers(&SpeakerSource::Pattern(pattern))
            .unwrap();
        assert_eq!(
            speakers(&lists),
            [Some("84"), Some("84"), Some("90"), Some("90")]
        );
        assert!(lists.facts.without_speaker == 0 && lists.facts.content_hash != before);

        let same = map("84-1-1 84\n84-1-2 84\n\n90-2-1 90\n90-2-2 90\nother z\n");
        let mut mapped = corpus(&ids);
        mapped.assign_speakers(&SpeakerSource::Map(same)).unwrap();
        assert_eq!(mapped.facts.content_hash, lists.facts.content_hash);

        let missing = mapped
            .assign_speakers(&SpeakerSource::Map(map("84-1-1 84\n")))
            .unwrap_err();
        assert_eq!(
            missing.to_string(),
            "utt2spk names no speaker for `84-1-2`, `90-2-1`, `90-2-2`: add them, or take utterances as independent with --no-speakers"
        );

        lists.assign_speakers(&SpeakerSource::Nowhere).unwrap();
        assert_eq!(speakers(&lists), [None; 4]);
    }

    #[test]
    fn some_without_a_speaker_are_an_error_and_all_without_are_not() {
        for same in [false, true] {
            assert!(complete([("a", same), ("b", same)].into_iter()).is_ok());
        }

        let ids = ["u0", "u1", "u2", "u3", "u4", "u5"];
        let error = complete(ids.iter().map(|id| (*id, *id == "u3"))).unwrap_err();
        let error = error.to_string();
        let start = "5 of 6 utterances name no speaker (`u0`, `u1`, `u2` and 2 more): ";
        assert!(error.starts_with(start), "{error}");
        for option in ["--utt2spk", "--no-speakers"] {
            assert!(error.contains(option), "{error}");
        }
    }

    #[test]
    fn ids_of_librispeech_are_known() {
        let of = |ids: [&str; 2], speaker| {
            let lines = ids.map(|id| (id, speaker));
            hint(&corpus(&lines).utterances)
        };
        let found = of(["84-1-0001", "90-2-0001"], None).unwrap();
        assert!(found.contains("finds 2 of them"), "{found}");
        assert_eq!(of(["84-1-0001", "90-2-0001"], Some("84")), None);
        assert_eq!(of(["test-0001", "test-0002"], None), None);
    }

    #[test]
    fn a_pattern_needs_a_group_and_a_map_two_words() {
        let error = "^[0-9]+".parse::<IdPattern>().unwrap_err().to_string();
        assert!(error.contains("parentheses"), "{error}");
        assert!("(".parse::<IdPattern>().is_err());
        for (text, line) in [("a b c\n", 1), ("a b\na c\n", 2), ("\na\n", 2)] {
            let error = SpeakerMap::read("utt2spk", text.as_bytes()).unwrap_err();
            let error = told(&error);
            assert!(error.contains(&format!("utt2spk, line {line}")), "{error}");
        }
    }
}
