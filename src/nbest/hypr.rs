//! The JSON of `HypR`: records with `utt_id`, `ref`, `hyps` (an array of texts) and arrays of
//! scores.
//!
//! | field | what |
//! |---|---|
//! | `utt_id` or `id` | the id; what comes before its first `-` is the speaker |
//! | `hyps` | the hypotheses |
//! | `score` | the first pass's scores; without it `att_score`, the decoder's |
//! | `am_score` | the acoustic model's part, which counts where there is neither |
//! | `lm_score` | the language model's part |
//!
//! Other keys, such as `ctc_score`, are parts of `score` and left alone.

use std::borrow::Cow;

use crate::nbest::error::{GIVE_HEARD, ReadErrorKind};
use crate::nbest::hypothesis::{Scores, same_count, scores};
use crate::nbest::json::{self, Json};
use crate::nbest::other_fields::are_numbers;
use crate::nbest::raw::{RawHypothesis, RawUtterance};
use crate::nbest::records::Record;

/// Reads one record.
pub(super) fn utterance(record: Record<'_>) -> Result<RawUtterance<'_>, ReadErrorKind> {
    let wanted = "an object with `utt_id`, `ref` and `hyps`";
    let members = Json::parse(record.text)?.object("the record", wanted)?;

    let (mut id, mut speaker, mut reference, mut hyps) = (None, None, None, None);
    let (mut score, mut decoder) = (None, None);
    let (mut am_score, mut lm_score) = (None, None);
    let mut others = Vec::new();
    for (key, value) in members {
        match key.as_ref() {
            "utt_id" | "id" => id = value.name(&key)?,
            "speaker" => speaker = value.name("speaker")?,
            "ref" => reference = value.text("ref")?,
            "hyps" => hyps = value.array("hyps")?,
            "score" => score = scores(value, "score")?,
            "att_score" => decoder = scores(value, "att_score")?,
            "am_score" => am_score = scores(value, "am_score")?,
            "lm_score" => lm_score = scores(value, "lm_score")?,
            _ => others.push((key, are_numbers(&value))),
        }
    }

    let id = json::required(
        id.or(record.key),
        "utt_id",
        "give every utterance a name of its own",
    )?;
    let hyps = json::required(hyps, "hyps", "give the hypotheses as an array of strings")?;
    let hyps = json::filled(hyps, "hyps")?;
    let given = [
        ("score", &score),
        ("att_score", &decoder),
        ("am_score", &am_score),
        ("lm_score", &lm_score),
    ];
    same_count(&given, hyps.len())?;

    let score = score.or(decoder);
    let of = |scores: &Scores, index: usize| scores.as_ref().and_then(|all| all[index]);
    let hypotheses = hyps.into_iter().enumerate().map(|(index, value)| {
        let text = value.text(format_args!("hyps[{index}]"))?;
        Ok(RawHypothesis {
            text: json::required(text, "hyps", GIVE_HEARD)?,
            score: of(&score, index),
            am_score: of(&am_score, index),
            lm_score: of(&lm_score, index),
            ..RawHypothesis::default()
        })
    });
    let hypotheses = hypotheses.collect::<Result<_, ReadErrorKind>>()?;

    let head = |id: &str| id.split_once('-').map(|(head, _)| head.to_owned());
    Ok(RawUtterance {
        speaker_in_id: speaker.is_none(),
        speaker: speaker.or_else(|| head(&id).map(Cow::Owned)),
        reference,
        others,
        ..RawUtterance::of_list(id, hypotheses)
    })
}

#[cfg(test)]
mod tests {
    use crate::nbest::read::{Corpus, ReadOptions};

    #[test]
    fn acoustic_scores_and_those_of_the_language_model_are_added_up() {
        let record = |score: &str| {
            format!(
                r#"[{{"utt_id": "a-1", "ref": "two", "hyps": ["too", "two"], {score}
                "am_score": [-1, -2], "lm_score": [-3, -1]}}]"#
            )
        };
        let scores = |text: String| {
            let corpus = Corpus::read("hypr.json", text.as_bytes(), &ReadOptions::default());
            let corpus = corpus.unwrap();
            let all = corpus.utterances[0].nbest.hypotheses().iter();
            all.map(|heard| heard.score).collect::<Vec<f64>>()
        };
        assert_eq!(scores(record("")), [-3.0, -4.0]);
        assert_eq!(scores(record(r#""att_score": [-5, -6],"#)), [-5.0, -6.0]);
    }
}
