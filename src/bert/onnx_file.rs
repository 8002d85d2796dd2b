//! `model.onnx`, looked through before the library loads it.
//!
//! The library trusts the numbers of a file: one of more than ten bytes has it read on without end,
//! a length has it ask for as much memory, and it follows graphs into graphs as deep as they go.
//! Such files are refused here. What a graph computes is not looked at.
//!
//! Weights may be in files beside it, which are named here and read by
//! [`onnx`](mod@crate::bert::onnx): a name that leads elsewhere is refused.

use std::collections::BTreeSet;

/// How often graphs within the graph are called: the library descends into them, and has no end of
/// its own.
const MOST_BRANCHES: usize = 200;

/// How deep messages lie within others. A graph within a graph is three deeper.
const DEEPEST: usize = 64;

/// The bytes of a number: seven bits each, 64 in all.
const LONGEST_NUMBER: usize = 10;

/// The files beside a model; large ones are cut in pieces.
const MOST_FILES: usize = 256;

/// The longest name of a file, the longest key, and the longest number.
const LONGEST_TEXT: usize = 255;

/// Where weights are that are not in the file itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Outside {
    /// The files beside it.
    pub(super) files: BTreeSet<String>,
    /// How many bytes the weights in them have.
    pub(super) bytes: u64,
}

impl Outside {
    /// Takes in one of the entries that say where the weights of a tensor are.
    fn add(&mut self, mut entry: Reader<'_>) -> Result<(), String> {
        let at = entry.at;
        let [mut key, mut value] = [&b""[..]; 2];
        while !entry.bytes.is_empty() {
            let tag = entry.number()?;
            if tag & 7 != 2 {
                return Err(format!(
                    "it is damaged after byte {at}: texts should follow"
                ));
            }
            let length = entry.number()?;
            let text = entry.take(length)?.bytes;
            match tag >> 3 {
                1 => key = text,
                2 => value = text,
                _ => {}
            }
        }

        if value.len() > LONGEST_TEXT {
            return Err(format!(
                "at byte {at} a text of {} bytes says where weights are; at most {LONGEST_TEXT} \
                 are accepted",
                value.len()
            ));
        }
        let value = String::from_utf8_lossy(value);
        match key {
            b"location" => {
                check_name(&value)?;
                self.files.insert(value.into_owned());
            }
            // What is no number is told by the library.
            b"length" => self.bytes = self.bytes.saturating_add(value.parse().unwrap_or(0)),
            _ => {}
        }

        if self.files.len() > MOST_FILES {
            return Err(format!(
                "its weights are in more than {MOST_FILES} other files"
            ));
        }
        Ok(())
    }
}

/// Refuses the name of a file that is not beside the model, or that the library does not read.
fn check_name(name: &str) -> Result<(), String> {
    let is_beside = !name.contains(['/', '\\', ':', '\0']) && name != "..";
    if !is_beside {
        return Err(format!(
            "its weights are in `{name}`, and only files beside it are read: save it with its \
             weights in model.onnx_data"
        ));
    }

    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    if !["data", "onnx_data"]
        .iter()
        .any(|known| extension.starts_with(known))
    {
        return Err(format!(
            "its weights are in `{name}`, and only files that end in .data or .onnx_data are read: \
             save it with its weights in model.onnx_data"
        ));
    }
    Ok(())
}

/// The messages that the library reads, of those that ONNX has.
#[derive(Debug, Clone, Copy)]
enum Message {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    Value,
    Type,
    Sequence,
    TensorType,
    Shape,
    /// One of numbers and texts.
    Plain,
}

/// What the bytes of a field are.
enum Content {
    Message(Message),
    /// Numbers one after the other, as long each as they need.
    Numbers,
    /// The name of an operator.
    Operator,
    /// Where weights are that are elsewhere.
    Entry,
    /// Texts, weights, and whatever the library leaves out.
    Bytes,
}

impl Message {
    /// The content of the field of this number.
    fn content(self, field: u64) -> Content {
        let message = match (self, field) {
            (Message::Model, 7) | (Message::Attribute, 6) => Message::Graph,
            (Message::Graph, 1) => Message::Node,
            (Message::Graph | Message::Attribute, 5) => Message::Tensor,
            (Message::Graph, 11..=13) => Message::Value,
            (Message::Node, 5) => Message::Attribute,
            (Message::Value, 2) | (Message::Sequence, 1) => Message::Type,
            (Message::Type, 1) => Message::TensorType,
            (Message::Type, 4) => Message::Sequence,
            (Message::TensorType, 2) => Message::Shape,
            (Message::Model, 8 | 14) | (Message::Shape, 1) => Message::Plain,
            (Message::Tensor, 13) => return Content::Entry,
            (Message::Attribute, 8) | (Message::Tensor, 1 | 5 | 7) => return Content::Numbers,
            (Message::Node, 4) => return Content::Operator,
            _ => return Content::Bytes,
        };

        Content::Message(message)
    }
}

/// Bytes that are being read, and where in the file they are.
#[derive(Clone, Copy)]
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// The next `length` bytes.
    fn take(&mut self, length: u64) -> Result<Reader<'a>, String> {
        let taken = usize::try_from(length)
            .ok()
            .and_then(|length| self.bytes.split_at_checked(length));
        let (bytes, rest) = taken.ok_or_else(|| {
            format!(
                "it is damaged at byte {}: {length} bytes should follow, and {} do",
                self.at,
                self.bytes.len()
            )
        })?;

        let at = self.at;
        self.bytes = rest;
        self.at += bytes.len();
        Ok(Reader { bytes, at })
    }

    /// The next number, of as many bytes as it needs.
    fn number(&mut self) -> Result<u64, String> {
        let begun = self.at;
        let mut number: u128 = 0;
        for place in 0..LONGEST_NUMBER {
            let byte = self.take(1)?.bytes[0];
            number |= u128::from(byte & 0x7f) << (7 * place);
            if byte < 0x80 {
                return u64::try_from(number).map_err(|_| endless(begun));
            }
        }
        Err(endless(begun))
    }
}

fn endless(at: usize) -> String {
    format!("it is damaged at byte {at}: a number there has more than 64 bits")
}

/// Refuses a file that would have the library read, ask or descend without end, and says where the
/// rest of its weights are.
pub(super) fn check(bytes: &[u8]) -> Result<Outside, String> {
    let mut branches = 0;
    let mut outside = Outside::default();
    let mut open = vec![(Message::Model, Reader { bytes, at: 0 })];
    while let Some((message, reader)) = open.last_mut() {
        if reader.bytes.is_empty() {
            open.pop();
            continue;
        }

        let tag = reader.number()?;
        let mut content = match tag & 7 {
            0 => {
                reader.number()?;
                continue;
            }
            1 => reader.take(8)?,
            5 => reader.take(4)?,
            2 => {
                let length = reader.number()?;
                reader.take(length)?
            }
            kind => {
                let at = reader.at;
                return Err(format!(
                    "it is damaged before byte {at}: fields of kind {kind} are in no such file"
                ));
            }
        };
        if tag & 7 != 2 {
            continue;
        }

        match message.content(tag >> 3) {
            Content::Entry => outside.add(content)?,
            Content::Message(inner) => open.push((inner, content)),
            Content::Numbers => {
                while !content.bytes.is_empty() {
                    content.number()?;
                }
            }
            Content::Operator => {
                branches += usize::from(matches!(content.bytes, b"If" | b"Loop" | b"Scan"));
            }
            Content::Bytes => {}
        }
        if branches > MOST_BRANCHES {
            return Err(format!(
                "it has more than {MOST_BRANCHES} branches and loops, and no classifier has"
            ));
        }
        if open.len() > DEEPEST {
            return Err("it has graphs within graphs, and no classifier has so many".to_owned());
        }
    }

    Ok(outside)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn number(mut number: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        while number > 0x7f {
            bytes.push(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        bytes.push(number.to_le_bytes()[0]);
        bytes
    }

    /// A field of the bytes `content`.
    fn field(place: u64, content: &[u8]) -> Vec<u8> {
        [
            number(place << 3 | 2),
            number(content.len() as u64),
            content.to_vec(),
        ]
        .concat()
    }

    #[track_caller]
    fn check_refused(bytes: &[u8], expected: &str) {
        let reason = check(bytes).unwrap_err();
        assert!(reason.contains(expected), "{reason}");
    }

    #[test]
    fn models_that_others_exported_are_whole_and_their_parts_are_not() {
        for name in ["electra", "roberta"] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reference/encoders");
            let bytes = std::fs::read(folder.join(name).join("model.onnx")).unwrap();
            assert_eq!(check(&bytes), Ok(Outside::default()), "{name}");
            check_refused(&bytes[..bytes.len() / 2], "damaged at byte");
        }
    }

    #[test]
    fn numbers_lengths_and_kinds_that_are_none_are_refused() {
        let longest = [vec![8], number(u64::MAX)].concat();
        assert_eq!(check(&longest), Ok(Outside::default()));
        check_refused(&[&[8], &[0xff; 9][..], &[2]].concat(), "byte 1: a number");
        check_refused(&[0xcd; 20], "byte 0: a number");
        check_refused(&[8, 0x80], "byte 2: 1 bytes should follow, and 0 do");
        let endless = [vec![7 << 3 | 2], number(u64::MAX)].concat();
        check_refused(&endless, "18446744073709551615 bytes should follow");
        check_refused(&[0x0b], "kind 3");

        // Numbers of an attribute of a node of the graph.
        let numbers = |bytes: &[u8]| field(7, &field(1, &field(5, &field(8, bytes))));
        assert_eq!(check(&numbers(&[1, 0xff, 1])), Ok(Outside::default()));
        check_refused(&numbers(&[0xff; 11]), "a number there");
    }

    #[test]
    fn weights_in_other_files_must_be_beside_the_model() {
        let entry =
            |key: &[u8], value: &[u8]| field(13, &[field(1, key), field(2, value)].concat());
        let tensor = |name: &str, length: &str| {
            let place = [
                entry(b"location", name.as_bytes()),
                entry(b"offset", b"0"),
                entry(b"length", length.as_bytes()),
            ];
            field(5, &place.concat())
        };
        let model = |tensors: &[Vec<u8>]| field(7, &tensors.concat());

        let two = [
            tensor("model.onnx_data", "12"),
            tensor("model.onnx.data", "30"),
            tensor("model.onnx_data", "8"),
        ];
        let outside = check(&model(&two)).unwrap();
        let files: Vec<_> = outside.files.iter().map(String::as_str).collect();
        assert_eq!(files, ["model.onnx.data", "model.onnx_data"]);
        assert_eq!(outside.bytes, 50);

        for elsewhere in ["/tmp/x.data", "../x.data", "a/x.data", "a\\x.data", ".."] {
            let bytes = model(&[tensor(elsewhere, "1")]);
            check_refused(&bytes, "only files beside it are read");
        }
        check_refused(
            &model(&[tensor("id_rsa", "1")]),
            "end in .data or .onnx_data",
        );
        let long = "a".repeat(300) + ".data";
        check_refused(&model(&[tensor(&long, "1")]), "a text of 305 bytes");
        let many: Vec<_> = (0..300)
            .map(|n| tensor(&format!("{n}.data"), "1"))
            .collect();
        check_refused(&model(&many), "more than 256 other files");
        check_refused(
            &model(&[field(5, &field(13, &[8, 1]))]),
            "texts should follow",
        );
    }

    #[test]
    fn graphs_beyond_reason_are_refused() {
        let node = |name: &[u8]| field(1, &field(4, name));
        let graph = |count| field(7, &node(b"If").repeat(count));
        assert_eq!(check(&graph(MOST_BRANCHES)), Ok(Outside::default()));
        check_refused(&graph(MOST_BRANCHES + 1), "200 branches and loops");

        let mut inner = Vec::new();
        for _ in 0..DEEPEST {
            inner = field(1, &field(5, &field(6, &inner)));
        }
        check_refused(&field(7, &inner), "graphs within graphs");
    }
}
