//! Lists to learn from among those that decide what is best.

use std::collections::BTreeSet;

use crate::nbest::Utterance;
use crate::report::number::count;

/// A warning where lists of `dev` are in `train`, too: same id, same words.
pub(super) fn shared(train: &[Utterance], dev: &[Utterance]) -> Option<String> {
    let known: BTreeSet<Vec<&str>> = train.iter().map(words).collect();
    let shared = dev
        .iter()
        .filter(|utterance| known.contains(&words(utterance)));
    let shared = shared.count();

    (shared > 0).then(|| {
        let which = if shared == dev.len() {
            "the development lists are all training lists".to_owned()
        } else {
            format!(
                "{shared} of {} are training lists",
                count(dev.len(), "development list")
            )
        };
        format!(
            "{which}, too: what does best on lists that it learned from need not do so on others; \
             give --dev lists that are not in --nbest"
        )
    })
}

/// What tells an utterance from others: its id, its reference and its hypotheses.
fn words(utterance: &Utterance) -> Vec<&str> {
    let known = [utterance.id.as_str(), utterance.reference.as_str()];
    let hypotheses = utterance.nbest.hypotheses().iter();
    let hypotheses = hypotheses.map(|hypothesis| hypothesis.transcript.as_str());
    known.into_iter().chain(hypotheses).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nbest::read::{Corpus, ReadOptions};

    fn lists(ids: &[&str]) -> Vec<Utterance> {
        let line = |id: &&str| {
            format!(
                r#"{{"id": "{id}", "ref": "two", "hyps": [{{"text": "to"}}, {{"text": "two"}}]}}"#
            ) + "\n"
        };
        let text: String = ids.iter().map(line).collect();
        let corpus = Corpus::read("lists.jsonl", text.as_bytes(), &ReadOptions::default());
        corpus.unwrap().utterances
    }

    #[test]
    fn lists_in_both_places_are_counted() {
        let train = lists(&["a", "b", "c"]);
        let told = |ids: &[&str]| shared(&train, &lists(ids));
        assert_eq!(told(&["d", "e"]), None);
        let some = told(&["c", "d"]).unwrap();
        let begin = "1 of 2 development lists are training lists, too: ";
        assert!(some.starts_with(begin), "{some}");
        let all = told(&["a", "c"]).unwrap();
        let begin = "the development lists are all training lists, too: ";
        assert!(all.starts_with(begin), "{all}");
    }
}
