//! Lists to learn from among those that decide what is best.

use std::collections::BTreeSet;

use crate::nbest::Utterance;
use crate::report::number::count;

/// A warning where lists of `dev` are in `train`, too: those with the same words, whatever their
/// ids, and those of the same utterance, whatever was heard of it.
pub(super) fn shared(train: &[Utterance], dev: &[Utterance]) -> Option<String> {
    let lists: BTreeSet<Vec<&str>> = train.iter().map(words).collect();
    let spoken: BTreeSet<[&str; 2]> = train.iter().map(said).collect();
    let shared = dev
        .iter()
        .filter(|utterance| spoken.contains(&said(utterance)) || lists.contains(&words(utterance)));
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

/// What a model learns of a list: its reference and its hypotheses.
fn words(utterance: &Utterance) -> Vec<&str> {
    let hypotheses = utterance.nbest.hypotheses().iter();
    let hypotheses = hypotheses.map(|hypothesis| hypothesis.transcript.as_str());
    std::iter::once(utterance.reference.as_str())
        .chain(hypotheses)
        .collect()
}

/// What tells an utterance from others; ids alone may be numbers that begin anew in every file.
fn said(utterance: &Utterance) -> [&str; 2] {
    [&utterance.id, utterance.reference.as_str()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nbest::read::{Corpus, ReadOptions};

    /// Utterances of these ids, which are what was said, too.
    fn lists(ids: &[&str]) -> Vec<Utterance> {
        let line = |id: &&str| list(id, id, "to");
        read(&ids.iter().map(line).collect::<String>())
    }

    fn list(id: &str, reference: &str, heard: &str) -> String {
        let texts = format!(r#"[{{"text": "{heard}"}}, {{"text": "{reference}"}}]"#);
        format!(r#"{{"id": "{id}", "ref": "{reference}", "hyps": {texts}}}"#) + "\n"
    }

    fn read(text: &str) -> Vec<Utterance> {
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

    #[test]
    fn lists_are_known_by_their_words_and_utterances_by_id_and_reference() {
        let train = lists(&["a", "b"]);
        for (id, reference, heard, is_shared) in [
            ("renamed", "a", "to", true),
            ("a", "a", "heard anew", true),
            ("a", "another text", "to", false),
            ("c", "a", "heard anew", false),
        ] {
            let dev = read(&list(id, reference, heard));
            let told = shared(&train, &dev);
            assert_eq!(told.is_some(), is_shared, "{id} {reference} {heard}");
        }
    }
}
