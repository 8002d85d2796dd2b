//! `confusions`: which words a recogniser hears for which, counted in its n-best lists.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;

use clap::ValueEnum;

use crate::cli::args::input::NBestInput;
use crate::cli::args::outputs::{ForceInput, refuse_second_dash};
use crate::cli::exit::Exit;
use crate::cli::terminal::Terminal;
use crate::nbest::Utterance;
use crate::nbest::align::{AlignedWord, AlignmentCosts, align};
use crate::perturb::pairs::Pairs;
use crate::report::number::count;

/// Which lists, and what is counted.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Every hypothesis is aligned with its reference, as sclite does it. A line of \
        the output is a word that was said, a word that was heard in its place, and how often, \
        between tabs: the most frequent first. A place in a reference counts once for each word \
        that is heard there, in however many hypotheses of its list.\n\n\
        A check of a suite draws its swaps from such a file: pairs = \"confusions.tsv\", beside \
        the suite.\n\n\
        Example:\n  \
        robustness-check confusions --nbest dev.jsonl --min-count 2 \\\n    \
        --out confusions.tsv"
)]
pub(crate) struct Args {
    #[command(flatten)]
    nbest: NBestInput,
    /// Hypotheses that are aligned
    #[arg(long, value_enum, default_value_t = Which::All)]
    hypotheses: Which,
    /// Leave out pairs that were counted less often
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        value_parser = clap::value_parser!(u64).range(1..=Pairs::MOST)
    )]
    min_count: u64,
    /// File to write; standard output if not given, or if it is -
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    force: ForceInput,
}

/// Which hypotheses of a list are aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    /// All of the list
    All,
    /// The one that the first pass likes best
    Best,
}

/// Counts the pairs and writes them.
pub(crate) fn run(args: &Args, out: &mut dyn Write, terminal: &Terminal) -> anyhow::Result<Exit> {
    let is_ours = |line: &str| line == Pairs::HEADER;
    let read = args.nbest.inputs();
    refuse_second_dash(&read)?;
    let held = args
        .force
        .data_file_or_stdout(args.out.as_deref(), is_ours, &read)?;
    let corpus = args.nbest.read(terminal)?.into_corpus()?;
    let mut counts = confusions(&corpus.utterances, args.hypotheses);
    counts.retain(|_, count| *count >= args.min_count);
    let often = counts.len();
    counts.retain(|(word, _), _| !Pairs::is_comment(word));
    if counts.len() < often {
        terminal.warn(&format!(
            "left out {} of words that begin with #, as comments do in such files",
            count(often - counts.len(), "pair")
        ));
    }
    anyhow::ensure!(
        !counts.is_empty(),
        "no word was heard for another as often as --min-count {} asks: there is nothing to write",
        args.min_count
    );
    match held {
        Some(file) => file.write(|out| Pairs::write(&counts, out))?,
        None => Pairs::write(&counts, out)?,
    }

    let all: u64 = counts.values().sum();
    terminal.say(&format!(
        "{} pairs written, counted {all} times in {} utterances",
        counts.len(),
        corpus.utterances.len()
    ));

    Ok(Exit::Pass)
}

/// How often each word was heard for each other.
fn confusions(utterances: &[Utterance], which: Which) -> BTreeMap<(&str, &str), u64> {
    let mut counts = BTreeMap::new();
    for utterance in utterances {
        let list = utterance.nbest.hypotheses();
        let list = match which {
            Which::All => list,
            Which::Best => &list[..1],
        };
        let mut heard: BTreeSet<(usize, &str, &str)> = BTreeSet::new();
        for hypothesis in list {
            let mut place = 0;
            let aligned = align(
                &utterance.reference,
                &hypothesis.transcript,
                AlignmentCosts::Sclite,
            );
            for word in aligned {
                match word {
                    AlignedWord::Correct(_) | AlignedWord::Deletion(_) => place += 1,
                    AlignedWord::Substitution {
                        reference,
                        hypothesis,
                    } => {
                        heard.insert((place, reference, hypothesis));
                        place += 1;
                    }
                    AlignedWord::Insertion(_) => {}
                }
            }
        }
        for (_, reference, hypothesis) in heard {
            *counts.entry((reference, hypothesis)).or_default() += 1;
        }
    }

    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nbest::normalize::Normalization;
    use crate::nbest::read::{Corpus, ReadOptions, ScoreKind};

    #[test]
    fn a_place_counts_once_for_each_word_that_is_heard_there() {
        let file = concat!(
            r#"{"id": "a", "ref": "two cups of tea", "hyps": [{"text": "too cups tea", "score": -1}, {"text": "too cups of tee", "score": -2}, {"text": "to cups of tea", "score": -3}]}"#,
            "\n",
            r#"{"id": "b", "ref": "two two", "hyps": [{"text": "too too", "score": -1}]}"#,
        );
        let options = ReadOptions {
            normalization: Normalization::default(),
            format: None,
            scores: ScoreKind::LogProbability,
            acoustic_weight: 1.0,
        };
        let corpus = Corpus::read("some.jsonl", file.as_bytes(), &options).unwrap();
        let counted = |which| confusions(&corpus.utterances, which);

        assert_eq!(
            counted(Which::All),
            BTreeMap::from([(("two", "too"), 3), (("two", "to"), 1), (("tea", "tee"), 1)])
        );
        assert_eq!(counted(Which::Best), BTreeMap::from([(("two", "too"), 3)]));
    }
}
