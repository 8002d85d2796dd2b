//! Which format a file has, told from its name and its beginning.

use crate::nbest::error::ReadErrorKind;
use crate::nbest::foreign::Kind;
use crate::nbest::format::Format;
use crate::nbest::ids::extension;
use crate::nbest::json::shorten;
use crate::nbest::trn::Likeness;
use crate::nbest::{
    alternatives, espnet, fairseq, kaldi, nemo, records, sphinx, srilm, trn, unknown_json, wenet,
};

/// The format of a file, from its name and its beginning, which is UTF-8. `is_reference` knows
/// the ids of the references.
pub(super) fn detect(
    name: &str,
    start: &[u8],
    is_reference: &dyn Fn(&str) -> bool,
) -> Result<Format, ReadErrorKind> {
    let text = String::from_utf8_lossy(start);
    let text = text.trim_start();

    // From what is hard to mistake to what many texts look like.
    match (extension(name), text.chars().next()) {
        (_, None) => Err(ReadErrorKind::Empty {
            wanted: "n-best list",
        }),
        // Its first word may be one of several, in braces.
        _ if is_named_trn(name) => Ok(Format::Trn),
        (extension, Some('[' | '{')) => json_format(extension, text),
        ("jsonl" | "ndjson" | "json", _) => Ok(Format::Jsonl),
        _ if espnet::rank(name).is_some() => Ok(Format::Espnet),
        _ if srilm::starts(text) => Ok(Format::Srilm),
        _ if fairseq::starts(text) => Ok(Format::Fairseq),
        _ if wenet::starts(text) => Ok(Format::Wenet),
        _ if is_trn(name, start) => Ok(Format::Trn),
        _ => lines_format(name, start, is_reference),
    }
}

/// The format of lines that nothing but what stands in them tells apart.
fn lines_format(
    name: &str,
    start: &[u8],
    is_reference: &dyn Fn(&str) -> bool,
) -> Result<Format, ReadErrorKind> {
    if let Some(kind) = Kind::of(name, start) {
        return Err(kind.refused_as_lists());
    }

    let text = String::from_utf8_lossy(start);
    match text.as_ref() {
        text if nemo::starts(text) => Ok(Format::Nemo),
        text if kaldi::starts_like_text(text, is_reference) => Ok(Format::Espnet),
        text if srilm::starts_plain(text) => Ok(Format::Srilm),
        text if kaldi::starts_like_lists(text) => Ok(Format::Kaldi),
        text => Err(ReadErrorKind::UnknownFormat {
            start: shorten(text.trim_start(), 40),
        }),
    }
}

/// Whether a file of single hypotheses is trn, or may be, from its name and its beginning.
pub(super) fn is_trn(name: &str, start: &[u8]) -> bool {
    likeness(name, start) != Likeness::Text
}

/// What a file of references or of single hypotheses is, from its name and its beginning.
pub(super) fn likeness(name: &str, start: &[u8]) -> Likeness {
    if is_named_trn(name) {
        Likeness::Trn
    } else {
        trn::likeness(start)
    }
}

/// Whether a file's name says that it is trn.
pub(super) fn is_named_trn(name: &str) -> bool {
    extension(name) == "trn" || sphinx::is_named(name)
}

/// The format of JSON, from the keys of its first record.
fn json_format(extension: &str, text: &str) -> Result<Format, ReadErrorKind> {
    let outer = records::first_keys(text);
    let by_id = records::is_by_id(text);
    let keys = match outer.first() {
        Some((_, record)) if by_id => records::first_keys(record),
        _ => outer,
    };
    let value = |key: &str| {
        let found = keys.iter().find(|(known, _)| *known == key);
        found.map(|(_, value)| *value)
    };
    let hyps = value("hyps").map(|value| value.trim_start_matches('[').trim_start());
    let is_object = keys
        .first()
        .is_some_and(|(_, value)| value.starts_with('{'));

    Ok(match hyps {
        Some(first) if first.starts_with('"') && (by_id || value("utt_id").is_some()) => {
            Format::HypR
        }
        None if value("input").is_some() => Format::HyPoradise,
        None if text.starts_with('{')
            && value("utts").is_some_and(|utts| utts.starts_with('{')) =>
        {
            Format::EspnetJson
        }
        None if text.starts_with('{')
            && alternatives::KEYS.iter().any(|key| value(key).is_some()) =>
        {
            Format::Alternatives
        }
        None if unknown_json::is_unknown(text, &keys) => {
            return Err(unknown_json::told(&keys));
        }
        None if matches!(extension, "jsonl" | "ndjson") => Format::Jsonl,
        None if text.starts_with('[') => Format::HyPoradise,
        None if is_object => Format::MlmScoring,
        Some(_) | None => Format::Jsonl,
    })
}
