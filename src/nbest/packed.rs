//! Utterances as bytes, for those that wait on the disk.
//!
//! The bytes are read by the run that wrote them and by no other, so that they have no version. An
//! id comes first: entries are put in order without being unpacked.

use std::io::{self, ErrorKind};

use crate::nbest::origins::{AsWritten, Heard};
use crate::nbest::place::Position;
use crate::nbest::placed::Placed;
use crate::nbest::{Hypothesis, NBest, Transcript, Utterance};

/// An utterance as it was read, before it stands among all others.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) utterance: Utterance,
    /// Where it stands.
    pub(super) placed: Placed,
    /// Its scores are minus its ranks, because it has none.
    pub(super) unscored: bool,
    /// Nothing says what its reference is.
    pub(super) unreferenced: bool,
    /// How it was written, if that is wanted.
    pub(super) as_written: Option<AsWritten>,
}

impl Entry {
    /// About the bytes of memory that it takes.
    pub(super) fn size(&self) -> usize {
        let Utterance {
            reference,
            nbest,
            attributes,
            ..
        } = &self.utterance;
        let heard = nbest.hypotheses().iter();
        let texts: usize = heard.map(|heard| heard.transcript.as_str().len()).sum();
        let fields = attributes.iter();
        let fields: usize = fields.map(|(name, value)| name.len() + value.len()).sum();
        let fixed = size_of::<Entry>() + nbest.len() * (size_of::<Hypothesis>() + 16);
        let written = self.as_written.as_ref().map_or(0, AsWritten::size);
        fixed + 64 * attributes.len() + reference.as_str().len() + texts + fields + written
    }
}

/// Appends `entry` to `bytes`.
pub(super) fn pack(entry: &Entry, bytes: &mut Vec<u8>) {
    let Entry {
        utterance,
        placed,
        unscored,
        unreferenced,
        as_written,
    } = entry;
    put_text(bytes, &utterance.id);

    put_count(bytes, placed.file);
    let (kind, numbers) = match placed.position {
        Position::File => (0, [0, 0]),
        Position::Line(line) => (1, [line, 0]),
        Position::Record { number, line } => (2, [number, line]),
    };
    bytes.push(kind);
    for number in numbers {
        put_count(bytes, number);
    }

    let flags = [
        *unscored,
        utterance.speaker.is_some(),
        *unreferenced,
        as_written.is_some(),
    ];
    let flags = (0..).zip(flags).map(|(bit, flag)| u8::from(flag) << bit);
    bytes.push(flags.sum());
    put_text(bytes, utterance.speaker.as_deref().unwrap_or_default());
    put_text(bytes, utterance.reference.as_str());
    put_count(bytes, utterance.nbest.len());
    for hypothesis in utterance.nbest.hypotheses() {
        put_text(bytes, hypothesis.transcript.as_str());
        put_number(bytes, hypothesis.score);
        let parts = [hypothesis.am_score, hypothesis.lm_score];
        bytes.push(u8::from(parts[0].is_some()) | (u8::from(parts[1].is_some()) << 1));
        for part in parts.into_iter().flatten() {
            put_number(bytes, part);
        }
    }

    put_count(bytes, utterance.attributes.len());
    for (name, value) in &utterance.attributes {
        put_text(bytes, name);
        put_text(bytes, value);
    }
    if let Some(AsWritten { reference, heard }) = as_written {
        put_text(bytes, reference);
        put_count(bytes, heard.len());
        for Heard { text, places } in heard {
            put_text(bytes, text);
            put_count(bytes, places.len());
            for place in places {
                put_count(bytes, *place);
            }
        }
    }
}

fn put_count(bytes: &mut Vec<u8>, count: usize) {
    bytes.extend_from_slice(&(count as u64).to_le_bytes());
}

fn put_number(bytes: &mut Vec<u8>, number: f64) {
    bytes.extend_from_slice(&number.to_le_bytes());
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put_count(bytes, text.len());
    bytes.extend_from_slice(text.as_bytes());
}

/// The id of a packed entry.
pub(super) fn id(bytes: &[u8]) -> io::Result<&[u8]> {
    Unpacking(bytes).bytes()
}

/// What [`pack`] packed.
pub(super) fn unpack(bytes: &[u8]) -> io::Result<Entry> {
    let mut from = Unpacking(bytes);
    let id = from.text()?;

    let file = from.count()?;
    let kind = from.byte()?;
    let (number, line) = (from.count()?, from.count()?);
    let position = match kind {
        0 => Position::File,
        1 => Position::Line(number),
        _ => Position::Record { number, line },
    };

    let flags = from.byte()?;
    let speaker = from.text()?;
    let reference = from.transcript()?;
    let hypotheses = (0..from.count()?).map(|_| from.hypothesis());
    let hypotheses = hypotheses.collect::<io::Result<Vec<Hypothesis>>>()?;
    let attributes = (0..from.count()?).map(|_| Ok((from.text()?, from.text()?)));
    let attributes = attributes.collect::<io::Result<_>>()?;
    let as_written = (flags & 8 != 0).then(|| from.as_written()).transpose()?;

    Ok(Entry {
        utterance: Utterance {
            id,
            speaker: (flags & 2 != 0).then_some(speaker),
            reference,
            nbest: NBest { hypotheses },
            attributes,
        },
        placed: Placed { file, position },
        unscored: flags & 1 != 0,
        unreferenced: flags & 4 != 0,
        as_written,
    })
}

/// What is left of the bytes of an entry.
struct Unpacking<'a>(&'a [u8]);

impl<'a> Unpacking<'a> {
    fn take(&mut self, count: usize) -> io::Result<&'a [u8]> {
        let (taken, rest) = self
            .0
            .split_at_checked(count)
            .ok_or(ErrorKind::UnexpectedEof)?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> io::Result<u8> {
        Ok(self.take(1)?[0])
    }

    fn eight(&mut self) -> io::Result<[u8; 8]> {
        let mut eight = [0; 8];
        eight.copy_from_slice(self.take(8)?);
        Ok(eight)
    }

    fn count(&mut self) -> io::Result<usize> {
        let count = u64::from_le_bytes(self.eight()?);
        usize::try_from(count).map_err(|_| ErrorKind::InvalidData.into())
    }

    fn number(&mut self) -> io::Result<f64> {
        Ok(f64::from_le_bytes(self.eight()?))
    }

    fn bytes(&mut self) -> io::Result<&'a [u8]> {
        let count = self.count()?;
        self.take(count)
    }

    fn text(&mut self) -> io::Result<String> {
        let text = std::str::from_utf8(self.bytes()?);
        let text = text.map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
        Ok(text.to_owned())
    }

    fn transcript(&mut self) -> io::Result<Transcript> {
        let text = self.text()?.into_boxed_str();
        Ok(Transcript { text })
    }

    fn as_written(&mut self) -> io::Result<AsWritten> {
        let reference = self.text()?.into_boxed_str();
        let heard = (0..self.count()?).map(|_| self.heard());
        Ok(AsWritten {
            reference,
            heard: heard.collect::<io::Result<_>>()?,
        })
    }

    fn heard(&mut self) -> io::Result<Heard> {
        let text = self.text()?.into_boxed_str();
        let places = (0..self.count()?).map(|_| self.count());
        let places = places.collect::<io::Result<_>>()?;
        Ok(Heard { text, places })
    }

    fn hypothesis(&mut self) -> io::Result<Hypothesis> {
        let (transcript, score) = (self.transcript()?, self.number()?);
        let parts = self.byte()?;
        let mut part = |bit: u8| (parts & bit != 0).then(|| self.number()).transpose();
        let (am_score, lm_score) = (part(1)?, part(2)?);

        Ok(Hypothesis {
            transcript,
            score,
            am_score,
            lm_score,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[track_caller]
    fn check_packed(entry: &Entry) {
        let mut bytes = b"before".to_vec();
        pack(entry, &mut bytes);
        let bytes = &bytes[6..];
        let again = unpack(bytes).unwrap();

        assert_eq!(id(bytes).unwrap(), entry.utterance.id.as_bytes());
        assert_eq!(again.utterance, entry.utterance);
        assert_eq!(again.unscored, entry.unscored);
        assert_eq!(again.unreferenced, entry.unreferenced);
        assert_eq!(again.as_written, entry.as_written);
        assert_eq!(again.placed.file, entry.placed.file);
        assert_eq!(again.placed.position, entry.placed.position);
        for short in 0..bytes.len() {
            assert!(unpack(&bytes[..short]).is_err(), "{short} bytes");
        }
    }

    #[test]
    fn what_was_packed_is_unpacked_and_nothing_less() {
        let hypothesis = |text: &str, score, am_score, lm_score| Hypothesis {
            transcript: Transcript::new(text),
            score,
            am_score,
            lm_score,
        };
        let list = vec![
            hypothesis("two cups", 0.1, Some(-1e-300), None),
            hypothesis("", -3.5, None, Some(2.0)),
        ];
        let mut entry = Entry {
            utterance: Utterance {
                id: "u\u{e9}".to_owned(),
                speaker: Some(String::new()),
                reference: Transcript::new("two cups of tea"),
                nbest: NBest::new(list).unwrap(),
                attributes: BTreeMap::from([("snr".to_owned(), "1.5".to_owned())]),
            },
            placed: Placed {
                file: 3,
                position: Position::Record { number: 7, line: 9 },
            },
            unscored: true,
            unreferenced: false,
            as_written: Some(AsWritten {
                reference: "Two cups of tea!".into(),
                heard: vec![Heard {
                    text: "Two cups".into(),
                    places: vec![2, 0],
                }],
            }),
        };
        check_packed(&entry);

        entry.utterance.speaker = None;
        entry.utterance.attributes.clear();
        entry.placed.position = Position::Line(12);
        entry.unscored = false;
        entry.unreferenced = true;
        entry.as_written = None;
        check_packed(&entry);
    }
}
