//! Kaldi-style text: hypotheses as `utterance-rank words`, and in files of their
//! own scores as `utterance-rank number` and references as `utterance words`.
//!
//! Scores of one hypothesis in several files, such as acoustic and language model costs, add up.
//! Ranks order the hypotheses where there are no scores. Lattices, archives and
//! speaker maps are not read.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::nbest::error::ReadErrorKind;
use crate::nbest::json::shorten;
use crate::nbest::numbers::score;
use crate::nbest::place::Position;
use crate::nbest::raw::{Add, RawHypothesis, RawUtterance, missing_rank};
use crate::nbest::source::Text;
use crate::nbest::text_lines::Lines;

/// The files of a folder in which Kaldi's recipes rescore n-best lists: the words, and the costs
/// that add up, each with whether it is acoustic.
///
/// | file | what |
/// |---|---|
/// | `words_text` or `text` | the hypotheses |
/// | `acwt` or `ac_cost` | acoustic costs |
/// | `lmwt.withlm`, `lm_cost` or `lmwt.nolm` | the graph's costs, the first of them |
/// | `cost` | the sums of both, where there are none of the others; `nbest convert` writes it |
pub(super) struct Archive {
    pub(super) words: PathBuf,
    pub(super) costs: Vec<(PathBuf, bool)>,
}

impl Archive {
    /// The archive in `folder`; `None` if there are no words, or a `text` without costs, which may
    /// be anything.
    pub(super) fn find(folder: &Path) -> Option<Archive> {
        let first = |names: &[&str]| {
            let mut paths = names.iter().map(|name| folder.join(name));
            paths.find(|path| path.is_file())
        };
        let acoustic = first(&["acwt", "ac_cost"]).map(|path| (path, true));
        let graph = first(&["lmwt.withlm", "lm_cost", "lmwt.nolm"]).map(|path| (path, false));
        let mut costs: Vec<(PathBuf, bool)> = acoustic.into_iter().chain(graph).collect();
        if costs.is_empty() {
            costs.extend(first(&["cost"]).map(|path| (path, false)));
        }
        let words = first(&["words_text", "text"])?;

        (!costs.is_empty() || words.ends_with("words_text")).then_some(Archive { words, costs })
    }
}

/// Whether a file of scores is named as one of costs, where lower is better: `ac_cost`, `lm_cost`,
/// `cost.txt`, and what folders call them besides.
pub(crate) fn is_named_as_costs(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.to_ascii_lowercase();
    name.contains("cost") || name.starts_with("acwt") || name.starts_with("lmwt")
}

/// The hypotheses of one utterance so far, by rank.
struct Gathered {
    first: Position,
    by_rank: BTreeMap<u64, (String, Position)>,
}

/// Reads all lists. Lines of one utterance may stand anywhere in the file, so
/// lists come at its end, in the order of their ids.
///
/// `score` looks up a hypothesis by its whole id: `None` if there are no score
/// files; an error if they lack it.
pub(super) fn read(
    text: &mut Text<'_>,
    score: &dyn Fn(&str) -> Result<Option<f64>, ReadErrorKind>,
    add: &mut Add<'_>,
) -> Result<(), ReadErrorKind> {
    let mut utterances: BTreeMap<String, Gathered> = BTreeMap::new();
    let mut lines = Lines::new(text);
    while let Some((line, position)) = lines.next()? {
        if is_comment(line) {
            continue;
        }
        let (id, words) = said(line)?;
        let (utterance, rank) = split_rank(id).ok_or_else(|| {
            ReadErrorKind::line(
                format!("the id `{}` does not end with a rank", shorten(id, 40)),
                "write utterance-1, utterance-2 and so on, or name another format with \
                 --nbest-format",
            )
        })?;
        let gathered = utterances.entry(utterance.to_owned());
        let gathered = gathered.or_insert_with(|| Gathered {
            first: position,
            by_rank: BTreeMap::new(),
        });

        let before = gathered.by_rank.insert(rank, (words.to_owned(), position));
        if let Some((_, Position::Line(first))) = before {
            let problem = format!("the id `{id}` came before, on line {first}");
            return Err(ReadErrorKind::line(
                problem,
                "give every hypothesis a rank of its own",
            ));
        }
    }

    for (utterance, gathered) in utterances {
        let missing_rank = missing_rank(gathered.by_rank.keys().copied());
        let mut hypotheses = Vec::with_capacity(gathered.by_rank.len());
        for (rank, (words, position)) in gathered.by_rank {
            text.position = position;
            let score = score(&format!("{utterance}-{rank}"))?;
            hypotheses.push(RawHypothesis::scored(words, score));
        }

        text.position = gathered.first;
        let list = RawUtterance {
            missing_rank,
            ..RawUtterance::of_list(utterance, hypotheses)
        };
        add(list, gathered.first)?;
    }
    Ok(())
}

/// The score files `files` lack a hypothesis.
pub(super) fn no_score(id: &str, files: &str) -> ReadErrorKind {
    ReadErrorKind::line(
        format!("no score for the hypothesis `{id}` in {files}"),
        "add it to every file named with --scores, or leave that option out",
    )
}

/// Reads lines `utterance-rank number`.
pub(super) fn read_scores(
    text: &mut Text<'_>,
    mut add: impl FnMut(&str, f64, Position) -> Result<(), ReadErrorKind>,
) -> Result<(), ReadErrorKind> {
    each_line(text, "score", |line, position| {
        let (id, number) = split_id(line);
        let score = score(id, number, number)?.ok_or_else(|| {
            ReadErrorKind::line(
                format!("`{}` is no score", shorten(line, 60)),
                "write an id and a number on each line, such as utterance-1 -12.3",
            )
        })?;
        add(canonical(id).as_ref(), score, position)
    })
}

/// Reads lines `utterance words`; a line with an id alone is an empty reference.
pub(super) fn read_references(
    text: &mut Text<'_>,
    add: &mut dyn FnMut(&str, &str, Position) -> Result<(), ReadErrorKind>,
) -> Result<(), ReadErrorKind> {
    each_line(text, "reference", |line, position| {
        let (id, words) = said(line)?;
        add(id, words, position)
    })
}

/// Reads the lines of a file, of which there must be some.
fn each_line(
    text: &mut Text<'_>,
    wanted: &'static str,
    mut read: impl FnMut(&str, Position) -> Result<(), ReadErrorKind>,
) -> Result<(), ReadErrorKind> {
    let mut lines = Lines::new(text);
    let mut empty = true;
    while let Some((line, position)) = lines.next()? {
        if !is_comment(line) {
            read(line, position)?;
            empty = false;
        }
    }

    if empty {
        return Err(ReadErrorKind::Empty { wanted });
    }
    Ok(())
}

/// Whether the first line begins with `utterance-rank`.
pub(super) fn starts_like_lists(text: &str) -> bool {
    first_id(text).is_some_and(|id| split_rank(id).is_some())
}

/// Whether the first line begins with an id that `is_reference` knows as a whole, and not without
/// what looks like a rank: `lee-0007` is no seventh hypothesis of `lee`.
pub(super) fn starts_like_text(text: &str, is_reference: &dyn Fn(&str) -> bool) -> bool {
    first_id(text).is_some_and(|id| {
        let listed = split_rank(id).is_some_and(|(utterance, _)| is_reference(utterance));
        is_reference(id) && !listed
    })
}

fn first_id(text: &str) -> Option<&str> {
    let mut lines = text.lines().map(str::trim);
    let line = lines.find(|line| !line.is_empty() && !is_comment(line));
    line.map(|line| split_id(line).0)
}

/// Whether a line is a comment as NIST's tools know them. Kaldi has none, and no id begins so.
pub(super) fn is_comment(line: &str) -> bool {
    line.starts_with(";;")
}

/// The id and the words of a line: no table, of which other columns would count as words.
pub(super) fn said(line: &str) -> Result<(&str, &str), ReadErrorKind> {
    let (id, words) = split_id(line);
    if id.bytes().all(|byte| byte == b'#') {
        let problem = format!("the id of the line `{}` is `{id}`", shorten(line, 60));
        let advice = "leave the line out if it is a comment, which Kaldi text does not have, or \
                      begin it with ;;";
        return Err(ReadErrorKind::line(problem, advice));
    }

    // A tab or several may stand between the id and the words.
    if words.contains('\t') && line[id.len()..].starts_with('\t') {
        let columns = line.split('\t').count();
        let problem = format!(
            "`{}` has {columns} columns with tabs between",
            shorten(line, 60)
        );
        let advice = "keep two, the id and the words, and write no line of column names: what \
                      follows the id would all count as words";
        return Err(ReadErrorKind::line(problem, advice));
    }
    Ok((id, words))
}

/// The first word of a line, and what follows it.
pub(super) fn split_id(line: &str) -> (&str, &str) {
    line.split_once(char::is_whitespace)
        .map_or((line, ""), |(id, rest)| (id, rest.trim()))
}

/// `utt-3` into `utt` and 3.
fn split_rank(id: &str) -> Option<(&str, u64)> {
    let (utterance, rank) = id.rsplit_once('-')?;
    let digits = !rank.is_empty() && rank.bytes().all(|byte| byte.is_ascii_digit());
    if utterance.is_empty() || !digits {
        return None;
    }
    Some((utterance, rank.parse().ok()?))
}

/// The id as lists spell it: `utt-01` is `utt-1`.
fn canonical(id: &str) -> Cow<'_, str> {
    match split_rank(id) {
        Some((utterance, rank)) => Cow::Owned(format!("{utterance}-{rank}")),
        None => Cow::Borrowed(id),
    }
}

#[cfg(test)]
mod tests {
    use crate::nbest::builder::CorpusBuilder;
    use crate::nbest::error::told;
    use crate::nbest::normalize::Normalization;
    use crate::nbest::read::{ReadOptions, ScoreKind};

    fn options() -> ReadOptions {
        ReadOptions {
            normalization: Normalization::default(),
            format: None,
            scores: ScoreKind::Cost,
            acoustic_weight: 1.0,
        }
    }

    #[track_caller]
    fn check_companions(scores: &str, references: &str, expected: &[&str]) {
        let mut builder = CorpusBuilder::new(options());
        let result = builder
            .scores("scores", scores.as_bytes(), 1.0)
            .and_then(|()| builder.references("refs", references.as_bytes()))
            .and_then(|()| builder.lists("lists", "u-1 a\n".as_bytes()));
        let text = told(&result.unwrap_err());

        for part in expected {
            assert!(text.contains(part), "{part} is not in: {text}");
        }
    }

    #[test]
    fn bad_scores_and_references_are_told_with_their_file() {
        check_companions(
            "u-1 x\n",
            "u a\n",
            &["scores, line 1", "`u-1 x` is no score"],
        );
        check_companions(
            "u-1 nan\n",
            "u a\n",
            &["scores, line 1", "`score of u-1` is nan"],
        );
        check_companions(
            "u-1 1\nu-1 2\n",
            "u a\n",
            &["scores, line 2", "`u-1`", "line 1"],
        );
        check_companions("", "u a\n", &["scores", "holds no score"]);
        check_companions("u-2 1\n", "u a\n", &["lists, line 1", "no score", "`u-1`"]);
        check_companions(
            "u-1 1\n",
            "v a\n",
            &["lists, line 1", "no reference", "`u`"],
        );
        check_companions(
            "u-1 1\n",
            "u a\nu b\n",
            &["refs, line 2", "`u`", "refs, line 1"],
        );

        let table = "`u a b -3.2` has 3 columns";
        check_companions(
            "u-1 1\n",
            "u\ta b\t-3.2\n",
            &["refs, line 1", table, "keep two"],
        );

        let mut builder = CorpusBuilder::new(options());
        builder.scores("scores", "u-1 1\n".as_bytes(), 1.0).unwrap();
        assert!(told(&builder.finish().unwrap_err()).contains("--scores"));
    }
}
