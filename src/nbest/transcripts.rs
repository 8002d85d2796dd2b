//! Files of one transcript per utterance: SCTK trn, STM, or text as Kaldi and ESPnet write it.
//!
//! What two systems heard, for significance tests; n-best lists are read by
//! [`read`](mod@crate::nbest::read).

use std::collections::BTreeMap;
use std::io::Read;

use crate::nbest::detect::is_trn;
use crate::nbest::error::{ReadError, ReadErrorKind};
use crate::nbest::foreign::Kind;
use crate::nbest::limits::{Limits, check_text};
use crate::nbest::place::{At, Place, Position};
use crate::nbest::readings::Spoken;
use crate::nbest::source::Text;
use crate::nbest::trn::Marks;
use crate::nbest::{kaldi, stm, trn};

/// One utterance's transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Transcribed {
    /// Who spoke: in trn what comes before the first `-` or `_` of the id, as in SCTK's `spu_id`.
    pub(crate) speaker: Option<String>,
    /// The words, perhaps with alternatives.
    pub(crate) spoken: Spoken,
}

/// Reads lines `words (speaker-utterance)` (trn) or `utterance words`, or STM, by id; `name` stands
/// in errors.
pub(crate) fn read(
    name: &str,
    bytes: impl Read,
) -> Result<BTreeMap<String, Transcribed>, ReadError> {
    let mut position = Position::File;
    let mut found: BTreeMap<String, (Transcribed, Position)> = BTreeMap::new();
    let read = Text::read(bytes, Limits::default(), &mut position, |text| {
        let start = text.begin()?;
        let (is_trn, marks) = (is_trn(name, start), Marks::of(name, start));
        let kind = Kind::of(name, start).filter(|_| !is_trn);
        let mut add = |id: &str, speaker: Option<&str>, spoken, position| {
            let transcribed = Transcribed {
                speaker: speaker.map(str::to_owned),
                spoken,
            };
            match found.insert(id.to_owned(), (transcribed, position)) {
                None => Ok(()),
                Some((_, first)) => Err(ReadErrorKind::DuplicateId {
                    id: id.to_owned(),
                    first: Place::new(name, first),
                }),
            }
        };
        if kind == Some(Kind::Stm) {
            stm::read(text, &mut |segment, position| {
                let speaker = Some(segment.speaker);
                add(segment.id, speaker, segment.spoken, position)
            })
        } else if let Some(kind) = kind {
            Err(kind.refused_as_references())
        } else if is_trn {
            trn::read_lines(text, marks, &mut |line, position| {
                let speaker = line.speaker().map(str::to_owned);
                add(line.id, speaker.as_deref(), line.spoken, position)
            })
        } else {
            kaldi::read_references(text, &mut |id, words, position| {
                check_text("the text", words)?;
                add(id, None, Spoken::words(words), position)
            })
        }
    });

    let place = Place::new(name, position);
    read.map_err(|kind| At { place, kind })?;
    let found = found.into_iter();
    Ok(found.map(|(id, (said, _))| (id, said)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transcripts(text: &str) -> Result<BTreeMap<String, Transcribed>, ReadError> {
        read("hyp", text.as_bytes())
    }

    #[test]
    fn trn_names_speakers_and_text_does_not() {
        let trn = transcripts("Meet me (anna-1)\n").unwrap();
        assert_eq!(trn["anna-1"].speaker.as_deref(), Some("anna"));
        assert_eq!(trn["anna-1"].spoken, Spoken::words("Meet me "));
        let text = transcripts("anna-1 meet me\nanna-2\n").unwrap();
        assert_eq!(text["anna-1"].speaker, None);
        assert_eq!(text["anna-2"].spoken, Spoken::words(""));
    }

    #[test]
    fn an_id_that_comes_twice_is_refused() {
        let error = transcripts("u1 a\nu1 b\n").unwrap_err();
        assert!(
            matches!(error.kind, ReadErrorKind::DuplicateId { .. }),
            "{error:?}"
        );
    }
}
