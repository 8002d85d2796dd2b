//! JSON that no format of lists fits: what it holds, what lists hold, and how to get there.

use crate::nbest::error::ReadErrorKind;
use crate::nbest::json::shorten;
use crate::nbest::records::{first_keys, holds_first};

/// Fields that records of several formats have besides their hypotheses.
const COMMON: [&str; 5] = ["id", "utt_id", "ref", "speaker", "output"];

/// So many fields are named.
const MOST_NAMED: usize = 8;

/// Keys with the beginnings of their values.
type Keys<'a> = [(&'a str, &'a str)];

/// Whether the first record of `text`, of which these are the keys and none holds hypotheses, is of
/// no format, rather than cut off or short of a field.
pub(super) fn is_unknown(text: &str, keys: &Keys<'_>) -> bool {
    let others = keys.iter().any(|(key, _)| !COMMON.contains(key));
    let is_mlm_scoring = text.starts_with('{')
        && keys.first().is_some_and(|(_, value)| {
            let mut inner = first_keys(value).into_iter();
            inner.any(|(key, _)| key == "ref" || key.starts_with("hyp_"))
        });
    others && !is_mlm_scoring && holds_first(text)
}

/// That no format fits a record of these keys.
pub(super) fn told(keys: &Keys<'_>) -> ReadErrorKind {
    ReadErrorKind::UnknownJson {
        fields: fields(keys),
        advice: advice(keys),
    }
}

/// The names of the fields, and what an object in the first of them holds.
fn fields(keys: &Keys<'_>) -> String {
    let named = |keys: &Keys<'_>| {
        let names = keys.iter().take(MOST_NAMED);
        let mut names: Vec<String> = names
            .map(|(key, _)| format!("`{}`", shorten(key, 30)))
            .collect();
        if keys.len() > MOST_NAMED {
            names.push("...".to_owned());
        }
        names.join(", ")
    };

    let inner = keys.first().map(|(_, value)| *value);
    let inner = inner.filter(|value| value.starts_with('{'));
    match inner.map(first_keys) {
        Some(inner) if !inner.is_empty() => {
            format!("{}; the first of them holds {}", named(keys), named(&inner))
        }
        _ => named(keys),
    }
}

/// What to do about files that are known, and about others.
fn advice(keys: &Keys<'_>) -> &'static str {
    let has = |wanted: &str| keys.iter().any(|(key, _)| *key == wanted);
    let mut values = keys.iter().map(|(_, value)| *value);

    if has("audio_filepath") {
        "a manifest of NeMo holds references: name it with --refs"
    } else if has("recording_id") || has("supervisions") || has("recording") {
        "manifests of lhotse hold references alone: write a line of {\"id\": .., \"ref\": .., \
         \"hyps\": [{\"text\": .., \"score\": ..}]} for each cut"
    } else if has("result") && has("text") {
        "this answer of Vosk has one text: ask the recognizer for several (SetMaxAlternatives)"
    } else if has("segments") && has("text") {
        "Whisper writes the best text alone: take the beams from `generate`, as the guide on lists \
         shows"
    } else if values.any(|value| value.trim_start_matches('[').trim_start().starts_with('{')) {
        "if the lists are in an array within it, take them out (jq -c '.data[]'); lines of \
         {\"id\": .., \"ref\": .., \"hyps\": [{\"text\": .., \"score\": ..}]} are read as they are"
    } else {
        "write a line of {\"id\": .., \"ref\": .., \"hyps\": [{\"text\": .., \"score\": ..}]} for \
         each utterance, best hypothesis first if there are no scores"
    }
}
