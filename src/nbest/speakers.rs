//! Who spoke each utterance: what the lists say, or a file of its own, or the ids.
//!
//! Speakers are the independent observations of every interval. Where some utterances have one and
//! others have none, neither speakers nor utterances would be right, so that is an error of whoever
//! needs them ([`Unnamed::complete`]).

use std::collections::BTreeMap;
use std::io::Read;

use regex::Regex;

use crate::nbest::corpus::Corpus;
use crate::nbest::error::{ReadError, ReadErrorKind};
use crate::nbest::json::shorten;
use crate::nbest::limits::Limits;
use crate::nbest::place::{At, Place, Position};
use crate::nbest::source::Text;
use crate::nbest::text_lines::Lines;
use crate::nbest::{Utterance, assemble};

/// How many ids an error names.
const SHOWN: usize = 3;

/// Where the speakers of a corpus come from.
#[derive(Debug, Clone)]
pub(crate) enum SpeakerSource {
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
pub(crate) struct SpeakerMap {
    name: String,
    speakers: BTreeMap<String, String>,
}

/// A pattern that finds the speaker in an id, with at least one group.
#[derive(Debug, Clone)]
pub(crate) struct IdPattern(Regex);

/// A pattern of speakers that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PatternError {
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
    pub(crate) fn speaker<'a>(&self, id: &'a str) -> Option<&'a str> {
        let found = self.0.captures(id)?.get(1)?.as_str();
        (!found.is_empty()).then_some(found)
    }
}

impl SpeakerMap {
    /// Reads lines `utterance speaker`; `name` stands in errors.
    pub(crate) fn read(name: &str, bytes: impl Read) -> Result<SpeakerMap, ReadError> {
        let mut position = Position::File;
        match Text::read(bytes, Limits::default(), &mut position, by_utterance) {
            Ok(speakers) => Ok(SpeakerMap {
                name: name.to_owned(),
                speakers,
            }),
            Err(kind) => Err(At {
                place: Place::new(name, position),
                kind,
            }),
        }
    }

    /// The speaker of an utterance, if the file names one.
    pub(crate) fn speaker(&self, id: &str) -> Option<&str> {
        self.speakers.get(id).map(String::as_str)
    }

    /// What errors call the file.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

/// Speakers by utterance, of lines `utterance speaker`.
fn by_utterance(text: &mut Text<'_>) -> Result<BTreeMap<String, String>, ReadErrorKind> {
    let mut speakers = BTreeMap::new();
    let mut lines = Lines::new(text);
    while let Some((line, _)) = lines.next()? {
        let mut words = line.split_whitespace();
        let (Some(utterance), Some(speaker), None) = (words.next(), words.next(), words.next())
        else {
            let line = shorten(line, 60);
            let problem = format!("expected an utterance and a speaker, found \"{line}\"");
            return Err(ReadErrorKind::line(
                problem,
                "write lines such as \"utterance-1 speaker-1\"",
            ));
        };

        let before = speakers.insert(utterance.to_owned(), speaker.to_owned());
        if before.is_some_and(|before| before != speaker) {
            let problem = format!("`{utterance}` had another speaker before");
            return Err(ReadErrorKind::line(
                problem,
                "give each utterance one speaker",
            ));
        }
    }
    Ok(speakers)
}

/// Utterances whose speaker is not known and should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SpeakersMissing {
    /// The file lacks utterances.
    #[error(
        "{name} names no speaker for {ids}: add them, or take utterances as independent with \
         --no-speakers"
    )]
    NotInMap {
        /// The file.
        name: String,
        /// Which, in words.
        ids: String,
    },
    /// The pattern does not match.
    #[error(
        "--speaker-from finds no speaker in the ids of {ids}: change the pattern, or name speakers \
         with --utt2spk"
    )]
    NoMatch {
        /// Which, in words.
        ids: String,
    },
    /// Some utterances have a speaker and others have none.
    #[error(
        "{count} of {of} utterances name no speaker ({ids}): name all speakers with --utt2spk FILE \
         (or --speaker-from REGEX), or take every utterance as independent with --no-speakers"
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

/// The utterances without a speaker, among some that are in order of their ids: how many, and the
/// first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unnamed {
    count: usize,
    of: usize,
    first: Vec<String>,
}

impl Unnamed {
    /// Those among `utterances`, each an id, and whether it has a speaker.
    pub(crate) fn among<'a>(utterances: impl IntoIterator<Item = (&'a str, bool)>) -> Unnamed {
        let mut unnamed = Unnamed::default();
        for (id, has_speaker) in utterances {
            unnamed.add(id, has_speaker);
        }
        unnamed
    }

    /// Takes another utterance in.
    pub(crate) fn add(&mut self, id: &str, has_speaker: bool) {
        self.of += 1;
        if has_speaker {
            return;
        }

        self.count += 1;
        if self.first.len() < SHOWN {
            self.first.push(id.to_owned());
        }
    }

    /// How many have none.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Refuses utterances of which some have a speaker and others have none.
    pub(crate) fn complete(&self) -> Result<(), SpeakersMissing> {
        if self.count == 0 || self.count == self.of {
            return Ok(());
        }

        Err(SpeakersMissing::Some {
            count: self.count,
            of: self.of,
            ids: self.ids(),
        })
    }

    /// The first ids, and how many more there are.
    fn ids(&self) -> String {
        let shown: Vec<String> = self.first.iter().map(|id| format!("`{id}`")).collect();
        let shown = shown.join(", ");
        match self.count - self.first.len() {
            0 => shown,
            rest => format!("{shown} and {rest} more"),
        }
    }
}

impl SpeakerSource {
    /// Whether speakers are those of the lists.
    pub(super) fn is_lists(&self) -> bool {
        matches!(self, SpeakerSource::Lists)
    }

    /// Names the speaker of an utterance.
    pub(super) fn rename(&self, utterance: &mut Utterance) {
        let found = match self {
            SpeakerSource::Lists => return,
            SpeakerSource::Map(map) => map.speaker(&utterance.id),
            SpeakerSource::Pattern(pattern) => pattern.speaker(&utterance.id),
            SpeakerSource::Nowhere => None,
        };
        utterance.speaker = found.map(str::to_owned);
    }

    /// Refuses utterances whose speakers should have been found here.
    pub(super) fn check(&self, unnamed: &Unnamed) -> Result<(), SpeakersMissing> {
        match self {
            _ if unnamed.count == 0 => Ok(()),
            SpeakerSource::Map(map) => Err(SpeakersMissing::NotInMap {
                name: map.name.clone(),
                ids: unnamed.ids(),
            }),
            SpeakerSource::Pattern(_) => Err(SpeakersMissing::NoMatch { ids: unnamed.ids() }),
            SpeakerSource::Lists | SpeakerSource::Nowhere => Ok(()),
        }
    }
}

impl Corpus {
    /// Names the speakers as `source` does; the content's hash follows.
    pub(crate) fn assign_speakers(
        &mut self,
        source: &SpeakerSource,
    ) -> Result<(), SpeakersMissing> {
        if source.is_lists() {
            return Ok(());
        }

        for utterance in &mut self.utterances {
            source.rename(utterance);
        }
        let utterances = self.utterances.iter();
        let unnamed = Unnamed::among(utterances.map(|u| (u.id.as_str(), u.speaker.is_some())));
        self.facts.without_speaker = unnamed.count();
        source.check(&unnamed)?;

        self.facts.content_hash = assemble::content_hash(&self.utterances);
        Ok(())
    }
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
            "utt2spk names no speaker for `84-1-2`, `90-2-1`, `90-2-2`: add them, or take \
             utterances as independent with --no-speakers"
        );

        lists.assign_speakers(&SpeakerSource::Nowhere).unwrap();
        assert_eq!(speakers(&lists), [None; 4]);
    }

    #[test]
    fn some_without_a_speaker_are_an_error_and_all_without_are_not() {
        for same in [false, true] {
            assert!(
                Unnamed::among([("a", same), ("b", same)])
                    .complete()
                    .is_ok()
            );
        }

        let ids = ["u0", "u1", "u2", "u3", "u4", "u5"];
        let unnamed = Unnamed::among(ids.map(|id| (id, id == "u3")));
        let error = unnamed.complete().unwrap_err().to_string();
        let start = "5 of 6 utterances name no speaker (`u0`, `u1`, `u2` and 2 more): ";
        assert!(error.starts_with(start), "{error}");
        for option in ["--utt2spk", "--no-speakers"] {
            assert!(error.contains(option), "{error}");
        }
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
