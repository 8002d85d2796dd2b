//! Fields of files that lists have no place for: what is left out where lists are written again, and
//! what may be a score under another name.

use std::collections::BTreeMap;

use crate::nbest::json::{Json, shorten};
use crate::nbest::raw::RawUtterance;

/// So many names are kept: the first in alphabetical order.
const MOST: usize = 20;

/// Such fields by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct OtherFields {
    fields: BTreeMap<String, Lists>,
}

/// The lists that have a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Lists {
    all: usize,
    /// Those of them without a score in which it is a number for each hypothesis.
    as_score: usize,
}

impl OtherFields {
    /// Takes in the fields of another list.
    pub(super) fn add(&mut self, raw: &RawUtterance<'_>, is_scored: bool) {
        let mut found: BTreeMap<&str, usize> = BTreeMap::new();
        for (name, is_number) in raw.hypotheses.iter().flat_map(|heard| &heard.others) {
            *found.entry(name).or_default() += usize::from(*is_number);
        }
        for (name, are_numbers) in &raw.others {
            let numbers = if *are_numbers {
                raw.hypotheses.len()
            } else {
                0
            };
            *found.entry(name).or_default() += numbers;
        }

        for (name, numbers) in found {
            let lists = self.fields.entry(name.to_owned()).or_default();
            lists.all += 1;
            lists.as_score += usize::from(!is_scored && numbers == raw.hypotheses.len());
        }
        // What goes is behind all that stays, now and later: so no count of a name that stays lacks
        // a list, whatever the order of the files.
        while self.fields.len() > MOST {
            self.fields.pop_last();
        }
    }

    /// The names, each with how many lists have it; empty if there are none.
    pub(crate) fn named(&self) -> String {
        named(self.fields.iter().map(|(name, lists)| (name, lists.all)))
    }

    /// Those that are numbers where lists have no score.
    pub(crate) fn like_scores(&self) -> String {
        let numbers = self.fields.iter();
        named(numbers.map(|(name, lists)| (name, lists.as_score)))
    }
}

/// `tokens` (3 lists), `wav` (1 list)
fn named<'a>(fields: impl Iterator<Item = (&'a String, usize)>) -> String {
    let fields = fields.filter(|(_, lists)| *lists > 0);
    let fields = fields.map(|(name, lists)| {
        let plural = if lists == 1 { "" } else { "s" };
        format!("`{}` ({lists} list{plural})", shorten(name, 40))
    });
    fields.collect::<Vec<String>>().join(", ")
}

/// Whether a field is an array of numbers alone.
pub(super) fn are_numbers(value: &Json<'_>) -> bool {
    let is_number = |value: &Json<'_>| matches!(value, Json::Number(_));
    matches!(value, Json::Array(values) if !values.is_empty() && values.iter().all(is_number))
}

#[cfg(test)]
mod tests {
    use crate::nbest::read::{Corpus, ReadOptions};

    #[track_caller]
    fn check(name: &str, lists: &str, named: &str, like_scores: &str) {
        let corpus = Corpus::read(name, lists.as_bytes(), &ReadOptions::default()).unwrap();
        let fields = corpus.facts.other_fields;
        assert_eq!(fields.named(), named);
        assert_eq!(fields.like_scores(), like_scores);
    }

    #[test]
    fn numbers_of_all_hypotheses_may_be_scores() {
        check(
            "l.jsonl",
            r#"{"id": "a", "ref": "x", "hyps": [{"text": "x", "scor": -1}, {"text": "y", "scor": -2}]}
{"id": "b", "ref": "x", "hyps": [{"text": "x", "scor": -1, "tokens": 2}, {"text": "y"}]}
{"id": "c", "ref": "x", "words": ["x"], "snr": 3, "hyps": [{"text": "x", "score": -1, "scor": 1}]}"#,
            "`scor` (3 lists), `tokens` (1 list), `words` (1 list)",
            "`scor` (1 list)",
        );
        check(
            "l.json",
            r#"[{"input": ["x", "y"], "output": "x", "scores": [-1, -2], "note": "?"}]"#,
            "`note` (1 list), `scores` (1 list)",
            "`scores` (1 list)",
        );
    }

    #[test]
    fn the_names_that_are_kept_do_not_depend_on_the_order() {
        let line = |index: usize| {
            format!(
                "{{\"id\": \"{index}\", \"ref\": \"x\", \"hyps\": [{{\"text\": \"x\", \
                 \"f{:02}\": 1}}]}}\n",
                index % 30
            )
        };
        let read = |order: &mut dyn Iterator<Item = usize>| {
            let lists: String = order.map(line).collect();
            let corpus = Corpus::read("l.jsonl", lists.as_bytes(), &ReadOptions::default());
            corpus.unwrap().facts.other_fields.named()
        };
        let named = read(&mut (0..90));
        assert!(named.ends_with("`f19` (3 lists)"), "{named}");
        assert_eq!(read(&mut (0..90).rev()), named);
    }
}
