//! `nbest stat` and `nbest convert`: looking into n-best files, and converting them.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::ValueEnum;

use crate::cli::args::input::Reading;
use crate::cli::args::outputs::{ForceInput, inputs, is_line, refuse_second_dash};
use crate::cli::commands::lexicon::{LexiconInput, NamedLexicon};
use crate::cli::exit::{Exit, print};
use crate::cli::terminal::Terminal;
use crate::files::{Input, Kind, ResultFolder, WriteError, write_file};
use crate::nbest::lists::Lists;
use crate::nbest::origins::{References, Wanted};
use crate::nbest::read::CorpusFacts;
use crate::nbest::stat::{NBestStatistics, Vocabulary};
use crate::nbest::wer::WordErrors;
use crate::nbest::write::hyporadise::{write_end, write_hyporadise};
use crate::nbest::write::kaldi::{self, KaldiFolder};
use crate::nbest::write::write_jsonl;
use crate::report::nbest_figures;
use crate::report::number::count;
use crate::report::shown::shown;
use crate::report::wrap::fitted;

/// What to do with n-best files.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Print sizes, error rates, scores and unknown words of n-best files
    #[command(after_help = "Examples:\n  \
        robustness-check nbest stat test.jsonl\n  \
        robustness-check nbest stat nbest.txt --scores scores.txt --refs text --costs\n  \
        robustness-check nbest stat test.jsonl --lexicon german.dict --phones ipa \\\n    \
        --lexicon-only\n\n\
        The oracle chooses the hypothesis with the fewest errors: no rescorer does better. \
        Between it and the first pass lies what there is to win. Rates are sums of errors over \
        sums of words.")]
    Stat {
        /// Files of n-best lists, in any format, also .gz or .zst, or - for standard input; read as
        /// one set
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        reading: Reading,
        #[command(flatten)]
        lexicon: LexiconInput,
        /// Print JSON instead of text
        #[arg(long)]
        json: bool,
    },
    /// Convert n-best files of any format to JSON lines, a Kaldi folder or HyPoradise JSON
    #[command(after_help = "Examples:\n  \
        robustness-check nbest convert test_ls_other.json --out test.jsonl\n  \
        robustness-check nbest convert hyp.trn --refs ref.trn --normalize none \\\n    \
        > test.jsonl\n  \
        robustness-check nbest convert test.jsonl --to kaldi --out kaldi\n\n\
        A Kaldi folder is read back as the folder, with --refs kaldi/ref_text --utt2spk \
        kaldi/utt2spk. What a form cannot hold is said. Utterances come out sorted by id, \
        hypotheses best first, equal ones merged, text normalized (--normalize none keeps its \
        spelling), costs negated. Lists without scores, or without references, stay without; --to \
        hyporadise needs references. JSON lines hold all that is read: what was said and heard, \
        scores, speakers, and fields of an utterance that are texts, numbers or booleans. Other \
        fields are left out, and named.")]
    Convert {
        /// Files of n-best lists, in any format, also .gz or .zst, or - for standard input; read as
        /// one set
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        /// Form to write
        #[arg(long, value_enum, default_value_t = Form::Jsonl)]
        to: Form,
        /// File to write; standard output if not given, or if it is -. The folder to write of --to
        /// kaldi
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[command(flatten)]
        force: ForceInput,
        #[command(flatten)]
        reading: Reading,
    },
}

/// What lists can be written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// JSON lines, as all commands read them; holds all that is read
    Jsonl,
    /// A folder of words_text, costs, ref_text and utt2spk, as Kaldi's recipes rescore lists
    Kaldi,
    /// A JSON array of {"input": [hypotheses], "output": reference}, with ids, speakers and scores
    #[value(name = "hyporadise")]
    HyPoradise,
}

/// Prints figures, or writes lists.
pub(crate) fn run(args: &Args, out: &mut dyn Write, terminal: &Terminal) -> anyhow::Result<Exit> {
    match &args.action {
        Action::Stat {
            files,
            reading,
            lexicon,
            json,
        } => {
            refuse_second_dash(&[read_files(files, reading), lexicon.inputs()].concat())?;

            let lists = reading.read(files, terminal)?;
            let NamedLexicon { lexicon, .. } = lexicon.read()?;
            let statistics = NBestStatistics::new(&lists, &|word| lexicon.contains(word))?;
            if *json {
                print(out, &nbest_figures::json(&lists.facts, &statistics))?;
            } else {
                show(&lists.facts, &statistics, terminal.width_out(), out)?;
            }
        }
        Action::Convert {
            files,
            to,
            out: path,
            force,
            reading,
        } => {
            let read = read_files(files, reading);
            refuse_second_dash(&read)?;
            if *to == Form::Kaldi {
                let path = path.as_deref().filter(|path| *path != Path::new("-"));
                let path = path.context("--to kaldi writes a folder: name it with --out DIR")?;
                let folder = force.folder(path, Kind::Lists, &kaldi::FILES, &read)?;
                let lists = reading.read_wanting(files, to.wanted(), terminal)?;
                to.say_lost(&lists, terminal);
                write_folder(&folder, &lists, terminal)?;
                return Ok(Exit::Pass);
            }

            let is_ours = |line: &str| to.wrote(line);
            let held = force.data_file_or_stdout(path.as_deref(), is_ours, &read)?;
            let lists = reading.read_wanting(files, to.wanted(), terminal)?;
            to.say_lost(&lists, terminal);
            match held {
                Some(file) => {
                    file.ensure_space(lists.survey.text_bytes)?;
                    file.write(|writer| to.write(&lists, writer))?;
                }
                None => to.write(&lists, out)?,
            }
        }
    }
    Ok(Exit::Pass)
}

/// All files that are read.
fn read_files(files: &[PathBuf], reading: &Reading) -> Vec<Input> {
    let lists = files.iter().map(PathBuf::as_path);
    [inputs("FILE", lists), reading.inputs()].concat()
}

impl Form {
    /// Whether a file's first line is one that this form begins with.
    fn wrote(self, line: &str) -> bool {
        let record = line.strip_prefix('[').unwrap_or_default();
        match self {
            Form::HyPoradise => is_line(
                record.trim_end_matches([',', ']']),
                &["id", "input", "output"],
            ),
            Form::Jsonl | Form::Kaldi => is_line(line, &["id", "ref", "hyps"]),
        }
    }

    fn write(self, lists: &Lists, out: &mut dyn Write) -> io::Result<()> {
        for part in lists.parts().map_err(io::Error::other)? {
            let part = part.map_err(io::Error::other)?;
            match self {
                Form::HyPoradise => write_hyporadise(&part, out)?,
                Form::Jsonl | Form::Kaldi => write_jsonl(&part, out)?,
            }
        }
        match self {
            Form::HyPoradise => write_end(out),
            Form::Jsonl | Form::Kaldi => Ok(()),
        }
    }

    /// Says what a file cannot hold; of a folder, its writer does.
    fn say_lost(self, lists: &Lists, terminal: &Terminal) {
        let further = lists.survey.further_fields();
        if let Some(fields) = further.filter(|_| self == Form::HyPoradise) {
            terminal.warn(&format!(
                "not written, since this form has no place for it: {fields}"
            ));
        }
        for lost in left_out(&lists.facts) {
            terminal.warn(&lost);
        }
    }

    /// References are written where there are some, but for a form that has to have them.
    fn wanted(self) -> Wanted {
        let references = match self {
            Form::HyPoradise => References::Needed,
            Form::Jsonl | Form::Kaldi => References::NotNeeded,
        };
        Wanted {
            references,
            as_written: false,
        }
    }
}

/// What of the files is not in the lists as they are read, whatever they are written as.
fn left_out(facts: &CorpusFacts) -> Vec<String> {
    let mut left_out = Vec::new();
    let fields = facts.other_fields.named();
    if !fields.is_empty() {
        left_out.push(format!("not read, and so not written: the fields {fields}"));
    }
    if facts.respelled > 0 {
        left_out.push(format!(
            "written as words are compared ({}), not as spelled: {}; --normalize none keeps the \
                spelling",
            facts.normalization,
            count(facts.respelled, "hypothesis")
        ));
    }
    if facts.merged_duplicates > 0 {
        let otherwise = match facts.merged_spellings {
            0 => String::new(),
            some => format!(" ({some} of them spelled otherwise)"),
        };
        left_out.push(format!(
            "merged into equal ones of their lists: {}{otherwise}",
            count(facts.merged_duplicates, "hypothesis")
        ));
    }
    if facts.without_reference > 0 {
        left_out.push(format!(
            "without a reference: {}; what counts errors needs --refs",
            count(facts.without_reference, "list")
        ));
    }
    left_out
}

fn write_folder(folder: &ResultFolder, lists: &Lists, terminal: &Terminal) -> anyhow::Result<()> {
    let made = KaldiFolder::new(lists)?;
    folder.ensure_space(lists.survey.text_bytes)?;
    folder.replace(|folder| -> Result<(), WriteError> {
        for made in &made.files {
            write_file(&folder.join(made.name), |file: &mut dyn Write| {
                for part in lists.parts().map_err(io::Error::other)? {
                    made.write(&part.map_err(io::Error::other)?, file)?;
                }
                Ok(())
            })?;
        }
        Ok(())
    })?;
    for lost in &made.lost {
        terminal.warn(&format!(
            "not written, since this form has no place for it: {lost}"
        ));
    }
    Ok(())
}

/// Prints the figures; long lines are broken where there is a terminal.
fn show(
    facts: &CorpusFacts,
    statistics: &NBestStatistics,
    width: Option<usize>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (name, format) in &facts.files {
        writeln!(out, "{:<17} {} ({format})", "file", shown(name))?;
    }

    let mut line = |name: &str, text: String| {
        // What stands in parentheses goes on below itself.
        let (start, rest) = text.split_at(text.find('(').unwrap_or_default());
        let head = format!("{name:<17} {start}");
        let indent = head.chars().count();
        out.write_all(fitted(&head, rest, indent, width).as_bytes())
    };
    line("text", facts.normalization.clone())?;
    line("content", format!("blake3 {}", &facts.content_hash[..16]))?;

    let speakers = match (statistics.speakers, facts.without_speaker) {
        (0, _) => "no speakers named".to_owned(),
        (speakers, 0) => plural(speakers, "speaker"),
        (speakers, without) => format!("{}, {without} without", plural(speakers, "speaker")),
    };

    line(
        "utterances",
        format!("{} ({speakers})", statistics.utterances),
    )?;

    let distinct = statistics.distinct;
    line(
        "hypotheses",
        format!(
            "{} ({:.2} a list); distinct {} ({:.2} a list, {} to {})",
            statistics.given,
            statistics.given_mean(),
            distinct.total,
            distinct.mean,
            distinct.min,
            distinct.max
        ),
    )?;
    line("scores", score_presence(statistics))?;
    for (name, errors) in [
        ("WER first pass", statistics.first_pass),
        ("WER oracle", statistics.oracle),
        ("WER worst", statistics.worst),
    ] {
        line(name, rate(&errors))?;
    }

    line(
        "improvable",
        format!(
            "{} of {} lists hold something better than the first pass's favorite",
            statistics.improvable, statistics.utterances
        ),
    )?;
    for (name, vocabulary) in [
        ("unknown, ref", &statistics.reference_vocabulary),
        ("unknown, hyps", &statistics.hypothesis_vocabulary),
    ] {
        line(name, unknown(vocabulary))?;
    }

    for note in notes(facts, statistics) {
        line("note", note)?;
    }

    Ok(())
}

/// What is odd about the lists, a line each. Scripts read them: one word for each, be it 1.
fn notes(facts: &CorpusFacts, statistics: &NBestStatistics) -> Vec<String> {
    let counted = [
        (facts.merged_duplicates, "duplicate hypotheses merged"),
        (facts.single_hypothesis, "lists with a single hypothesis"),
        (
            facts.contradicted_orders,
            "lists whose confidences contradict their order: the rank stands in",
        ),
        (
            statistics.tied,
            "lists whose first-pass scores are all equal: the order in the file decides what the \
                first pass picks",
        ),
        (
            statistics.copies,
            "lists that are copies of others (reference, texts and scores) under other ids",
        ),
        (facts.empty_references, "empty references"),
        (facts.empty_hypotheses, "empty hypotheses"),
        (facts.references_without_list, "references without a list"),
        (
            facts.ids_by_case,
            "ids that differ from those of their references in case",
        ),
        (
            facts.alternatives,
            "utterances with alternatives: the reading nearest to the first hypothesis was taken",
        ),
    ];
    let notes = counted.into_iter().filter(|(count, _)| *count > 0);
    notes
        .map(|(count, what)| format!("{count} {what}"))
        .collect()
}

fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn score_presence(statistics: &NBestStatistics) -> String {
    let of = |count: usize| match count {
        0 => "none".to_owned(),
        count if count == statistics.utterances => "all".to_owned(),
        count => format!("{count} of {}", statistics.utterances),
    };
    let stands_in = if statistics.scored < statistics.utterances {
        "; minus the rank stands in where there is none"
    } else {
        ""
    };

    format!(
        "lists with a score: {}, acoustic: {}, language model: {}{stands_in}",
        of(statistics.scored),
        of(statistics.with_am_score),
        of(statistics.with_lm_score)
    )
}

fn rate(errors: &WordErrors) -> String {
    let rate = errors
        .rate()
        .map_or("none".to_owned(), |rate| format!("{:.2} %", 100.0 * rate));
    // Scripts read these lines: one word for each count, be it 1.
    format!(
        "{rate:>8}  ({} errors in {} words: {} substitutions, {} insertions, {} deletions)",
        errors.errors(),
        errors.reference_words,
        errors.substitutions,
        errors.insertions,
        errors.deletions
    )
}

fn unknown(vocabulary: &Vocabulary) -> String {
    let rate = vocabulary.unknown_rate();
    let rate = rate.map_or("none".to_owned(), |rate| format!("{:.2} %", 100.0 * rate));
    let mut text = format!(
        "{rate:>8}  ({} of {} words, {} of {} distinct, are not in the lexicon)",
        vocabulary.unknown,
        vocabulary.words,
        vocabulary.distinct_unknown,
        vocabulary.distinct_words
    );

    let listed: Vec<String> = vocabulary
        .unknown_words
        .iter()
        .map(|(word, count)| format!("{word} {count}"))
        .collect();

    if !listed.is_empty() {
        text.push_str(": ");
        text.push_str(&listed.join(", "));
    }

    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nbest::normalize::Normalization;
    use crate::nbest::read::{Corpus, ReadOptions, ScoreKind};

    #[test]
    fn figures_are_shown_with_what_they_count() {
        let file = concat!(
            r#"{"id": "a", "speaker": "s", "ref": "two cups of tea", "hyps": [{"text": "too cups of tea", "score": -1}, {"text": "two cups of tea", "score": -2}, {"text": "two cups of tea", "score": -3}]}"#,
            "\n",
            r#"{"id": "b", "ref": "zyxw", "hyps": [{"text": ""}]}"#,
        );
        let options = ReadOptions {
            normalization: Normalization::default(),
            format: None,
            scores: ScoreKind::LogProbability,
            acoustic_weight: 1.0,
        };
        let corpus = Corpus::read("some.jsonl", file.as_bytes(), &options).unwrap();
        let lists = Lists::of(corpus);
        let statistics = NBestStatistics::new(&lists, &|word| word != "zyxw").unwrap();
        let mut shown = Vec::new();
        show(&lists.facts, &statistics, None, &mut shown).unwrap();

        let shown = String::from_utf8(shown).unwrap();
        for expected in [
            "utterances        2 (1 speaker, 1 without)",
            "hypotheses        4 (2.00 a list); distinct 3 (1.50 a list, 1 to 2)",
            "lists with a score: 1 of 2, acoustic: none, language model: none; minus the rank",
            "WER first pass     40.00 %  (2 errors in 5 words: 1 substitutions, 0 insertions, 1 \
                deletions)",
            "WER oracle         20.00 %",
            "improvable        1 of 2 lists",
            "unknown, ref       20.00 %  (1 of 5 words, 1 of 5 distinct, are not in the lexicon): \
                zyxw 1",
            "note              1 duplicate hypotheses merged",
            "note              1 empty hypotheses",
        ] {
            assert!(shown.contains(expected), "{expected}\n{shown}");
        }
    }
}
