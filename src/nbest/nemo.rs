//! `NeMo`'s beams, `preds_out_*.tsv`: lines `words<tab>score`, higher is better.
//!
//! Beams have no ids: there are equally many lines for each utterance of the manifest, in its
//! order, best first. Manifests are in [`manifest`](mod@crate::nbest::manifest).

use crate::nbest::error::ReadErrorKind;
use crate::nbest::json::shorten;
use crate::nbest::numbers;
use crate::nbest::place::Position;
use crate::nbest::raw::{Add, RawHypothesis, RawUtterance};
use crate::nbest::source::Text;
use crate::nbest::text_lines::Lines;

/// Whether `text` begins with words, a tab and a score, and nothing else.
pub(super) fn starts(text: &str) -> bool {
    let line = text.lines().find(|line| !line.trim().is_empty());
    line.and_then(|line| line.split_once('\t'))
        .is_some_and(|(_, score)| score.trim().parse::<f64>().is_ok())
}

/// Reads the beams of the utterances `order`, which stand in the manifests `manifests`.
pub(super) fn read(
    text: &mut Text<'_>,
    order: &[String],
    manifests: &str,
    add: &mut Add<'_>,
) -> Result<(), ReadErrorKind> {
    let mut beams: Vec<(RawHypothesis<'static>, Position)> = Vec::new();
    let mut lines = Lines::new(text);
    while let Some((line, position)) = lines.next()? {
        // A hypothesis without words is a score alone.
        let (words, score) = line.rsplit_once('\t').unwrap_or(("", line));
        let score = numbers::score(&shorten(words, 60), score, score)?.ok_or_else(|| {
            let problem = format!("`{}` is no line of NeMo's beams", shorten(line, 60));
            ReadErrorKind::line(problem, "write the words, a tab and the score")
        })?;
        let hypothesis = RawHypothesis::scored(words.to_owned(), Some(score));
        beams.push((hypothesis, position));
    }

    text.position = Position::File;
    let (count, of) = (beams.len(), order.len());
    if order.is_empty() {
        let advice = "name the manifest that was decoded with --refs: lines of \
                      {\"audio_filepath\": .., \"text\": ..}";
        return Err(ReadErrorKind::line("NeMo's beams have no ids", advice));
    }
    if beams.is_empty() || !count.is_multiple_of(of) {
        let problem = format!(
            "{count} beams cannot be dealt out evenly to the {of} utterances of {manifests}"
        );
        let advice = "name with --refs the manifest that was decoded, whole, and no other";
        return Err(ReadErrorKind::line(problem, advice));
    }

    if let Some(at) = uneven_at(&beams, of) {
        text.position = beams[at].1;
        let problem = format!(
            "the score rises here within the {} beams that would be those of the utterance `{}`, \
             where NeMo writes the best beam first: there seem to be more of some utterances than \
             of others",
            count / of,
            order[at / (count / of)]
        );
        let advice = "write as many beams for each utterance, or a line of {\"id\": .., \"ref\": \
                      .., \"hyps\": [{\"text\": .., \"score\": ..}]} for each";
        return Err(ReadErrorKind::line(problem, advice));
    }

    let mut beams = beams.into_iter();
    for id in order {
        let (hypotheses, places): (Vec<_>, Vec<Position>) = beams.by_ref().take(count / of).unzip();
        text.position = places[0];
        add(RawUtterance::of_list(id, hypotheses), places[0])?;
    }
    Ok(())
}

/// The first beam at which an utterance seems to begin, though by even dealing none does.
///
/// Where the best beam comes first, scores rise only where the next utterance begins, so that there
/// are no more stretches without a rise than utterances. Of lists that are in another order there
/// are more, and they say nothing about where they begin.
fn uneven_at(beams: &[(RawHypothesis<'_>, Position)], utterances: usize) -> Option<usize> {
    let each = beams.len() / utterances;
    let pairs = beams.windows(2).enumerate();
    let rises = pairs.filter(|(_, pair)| pair[0].0.score < pair[1].0.score);
    let rises: Vec<usize> = rises.map(|(before, _)| before + 1).collect();

    let within = rises.iter().copied().find(|at| !at.is_multiple_of(each));
    within.filter(|_| rises.len() < utterances)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_tell_that_beams_are_dealt_unevenly() {
        let check = |scores: &[f64], utterances, expected| {
            let beams: Vec<(RawHypothesis<'_>, Position)> = scores
                .iter()
                .map(|score| (RawHypothesis::scored("a", Some(*score)), Position::File))
                .collect();
            assert_eq!(uneven_at(&beams, utterances), expected, "{scores:?}");
        };
        check(&[-1.0, -2.0, -3.0, -1.0], 2, Some(3));
        check(&[-1.0, -2.0, -1.0, -2.0], 2, None);
        check(&[-1.0, -2.0, -3.0, -4.0], 2, None);
        // The second list is in no order of scores.
        check(&[-1.5, -2.5, -1.0, -0.5], 2, None);
        check(&[-1.0, -2.0, -3.0, -9.0, -1.0, -8.0, -2.0, -3.0], 4, None);
        check(&[-2.0, -1.0], 2, None);
        check(&[-2.0, -1.0], 1, None);
    }
}
