//! The two picks of a failure, word under word, for people to compare.
//!
//! What each word did to the scores is in `explanation`.

use serde::{Deserialize, Serialize};

use crate::check::failures::counterexample_list::CounterexampleList;
use crate::nbest::Transcript;
use crate::nbest::interlinear::Interlinear;

/// What a row shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowKind {
    /// What was said.
    Reference,
    /// The original text of the pick from the unperturbed list.
    Better,
    /// Its perturbed text.
    BetterPerturbed,
    /// The original text of the pick from the perturbed list, which has more word errors there.
    Worse,
    /// Its perturbed text.
    WorsePerturbed,
}

/// What there is to say about a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Nothing: it is as the reference has it.
    Same,
    /// A word that the recogniser took for another.
    Substituted,
    /// A word that nobody said.
    Inserted,
    /// A word is missing.
    Deleted,
    /// The perturbation put it there, or took away what was there.
    Perturbed,
}

impl Mark {
    const ALL: [Mark; 5] = [
        Mark::Same,
        Mark::Substituted,
        Mark::Inserted,
        Mark::Deleted,
        Mark::Perturbed,
    ];

    /// Its letter in files.
    fn letter(self) -> char {
        match self {
            Mark::Same => '.',
            Mark::Substituted => 'S',
            Mark::Inserted => 'I',
            Mark::Deleted => 'D',
            Mark::Perturbed => 'P',
        }
    }
}

/// What stands for a missing word, as in sclite's alignments.
pub const GAP: &str = "***";

/// A row in a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RowLine {
    kind: RowKind,
    /// Words, separated by spaces; [`GAP`] where the text has none.
    words: String,
    /// The letter of each word's mark.
    marks: String,
}

impl From<Row> for RowLine {
    fn from(row: Row) -> RowLine {
        let words = row.cells.iter().map(|cell| cell.as_deref().unwrap_or(GAP));
        RowLine {
            kind: row.kind,
            words: words.collect::<Vec<_>>().join(" "),
            marks: row.marks.into_iter().map(Mark::letter).collect(),
        }
    }
}

impl TryFrom<RowLine> for Row {
    type Error = String;

    fn try_from(line: RowLine) -> Result<Row, String> {
        let mark = |letter: char| {
            let mut marks = Mark::ALL.into_iter();
            let mark = marks.find(|mark| mark.letter() == letter);
            mark.ok_or_else(|| format!("{letter} is no mark of a word"))
        };
        let cells = line.words.split(' ');

        Ok(Row {
            kind: line.kind,
            cells: cells
                .map(|word| (word != GAP).then(|| word.to_owned()))
                .collect(),
            marks: line.marks.chars().map(mark).collect::<Result<_, _>>()?,
        })
    }
}

/// One text of the table: in files its words in a line, and a letter for each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "RowLine", try_from = "RowLine")]
pub struct Row {
    /// What it is.
    pub kind: RowKind,
    /// Its words; `None` where it has none.
    pub cells: Vec<Option<String>>,
    /// One for each cell.
    pub marks: Vec<Mark>,
}

/// The reference, and the original and perturbed texts of the picks before and after: all rows
/// with the same number of cells. A pick that is not perturbed has one row.
pub fn picks(list: &CounterexampleList) -> Vec<Row> {
    let reference = Transcript::new(&list.reference);
    let mut wanted = vec![(list.clean_pick, RowKind::Better, RowKind::BetterPerturbed)];
    if list.pick != list.clean_pick {
        wanted.push((list.pick, RowKind::Worse, RowKind::WorsePerturbed));
    }

    let mut texts: Vec<(RowKind, Transcript)> = Vec::new();
    for (index, original, perturbed) in wanted {
        let hypothesis = &list.hyps[index];
        texts.push((original, Transcript::new(&hypothesis.original)));
        if hypothesis.text != hypothesis.original {
            texts.push((perturbed, Transcript::new(&hypothesis.text)));
        }
    }

    let mut table = Interlinear::new(&reference);
    for (row, (kind, text)) in texts.iter().enumerate() {
        let anchor = if is_perturbed(*kind) { row } else { 0 };
        table.add(text, anchor);
    }

    let kinds = texts.iter().map(|(kind, _)| *kind);
    let kinds: Vec<RowKind> = std::iter::once(RowKind::Reference).chain(kinds).collect();
    let rows = table.rows();
    let row = |(index, kind): (usize, RowKind)| Row {
        kind,
        cells: rows[index]
            .iter()
            .map(|cell| cell.map(str::to_owned))
            .collect(),
        marks: (0..rows[0].len())
            .map(|column| {
                let (cell, said) = (rows[index][column], rows[0][column]);
                // The row before a perturbed one is its original.
                if is_perturbed(kind) && cell != rows[index - 1][column] {
                    Mark::Perturbed
                } else {
                    mark(said, cell)
                }
            })
            .collect(),
    };

    kinds.into_iter().enumerate().map(row).collect()
}

impl RowKind {
    /// Its word in files and for people.
    pub fn name(self) -> &'static str {
        match self {
            RowKind::Reference => "reference",
            RowKind::Better => "better",
            RowKind::BetterPerturbed => "better-perturbed",
            RowKind::Worse => "worse",
            RowKind::WorsePerturbed => "worse-perturbed",
        }
    }
}

/// Whether a row shows a perturbed text.
pub(crate) fn is_perturbed(kind: RowKind) -> bool {
    match kind {
        RowKind::BetterPerturbed | RowKind::WorsePerturbed => true,
        RowKind::Reference | RowKind::Better | RowKind::Worse => false,
    }
}

fn mark(said: Option<&str>, heard: Option<&str>) -> Mark {
    match (said, heard) {
        (said, heard) if said == heard => Mark::Same,
        (None, _) => Mark::Inserted,
        (_, None) => Mark::Deleted,
        (Some(_), Some(_)) => Mark::Substituted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::examples::counterexamples;
    use crate::check::failures::counterexample_list::CounterexampleHypothesis;

    fn list(reference: &str, hyps: &[(&str, &str)]) -> CounterexampleList {
        let template = counterexamples(3).remove(0).minimal;
        let hypothesis = |(original, text): &(&str, &str)| CounterexampleHypothesis {
            text: (*text).to_owned(),
            original: (*original).to_owned(),
            ..template.hyps[0].clone()
        };

        CounterexampleList {
            reference: reference.to_owned(),
            hyps: hyps.iter().map(hypothesis).collect(),
            clean_pick: 0,
            pick: hyps.len() - 1,
            ..template
        }
    }

    #[track_caller]
    fn check_picks(list: &CounterexampleList, expected: &[&str]) {
        let shown: Vec<String> = picks(list)
            .iter()
            .map(|row| {
                let cells = row.cells.iter().zip(&row.marks).map(|(cell, mark)| {
                    let letter = match mark {
                        Mark::Same => "",
                        Mark::Substituted => "/S",
                        Mark::Inserted => "/I",
                        Mark::Deleted => "/D",
                        Mark::Perturbed => "/P",
                    };
                    format!("{}{letter}", cell.as_deref().unwrap_or("-"))
                });
                format!("{:?}: {}", row.kind, cells.collect::<Vec<_>>().join(" "))
            })
            .collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn words_are_marked_as_errors_or_as_perturbed() {
        let hyps = [
            ("two cups for their tea", "too cups for their tea"),
            ("unpicked", "unpicked"),
            ("oh two cups for there", "oh two cup for there"),
        ];
        check_picks(
            &list("two cups for their tea", &hyps),
            &[
                "Reference: - two cups for their tea",
                "Better: - two cups for their tea",
                "BetterPerturbed: - too/P cups for their tea",
                "Worse: oh/I two cups for there/S -/D",
                "WorsePerturbed: oh/I two cup/P for there/S -/D",
            ],
        );
    }

    #[test]
    fn a_pick_that_is_as_it_was_has_one_row() {
        check_picks(
            &list("a b", &[("a b", "a d"), ("a c", "a c")]),
            &[
                "Reference: a b",
                "Better: a b",
                "BetterPerturbed: a d/P",
                "Worse: a c/S",
            ],
        );
        check_picks(&list("a", &[("a", "a")]), &["Reference: a", "Better: a"]);
    }
}
