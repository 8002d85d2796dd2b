//! `neighbours`: what sounds like a word, nearest first.

use std::io::{self, Write};

use serde::Serialize;

use crate::cli::args::numbers::whole;
use crate::cli::args::outputs::refuse_second_dash;
use crate::cli::commands::lexicon::{LexiconInput, NamedLexicon};
use crate::cli::exit::Exit;
use crate::perturb::Vocabulary;
use crate::perturb::rules::{Rule, SwapRules, left_out_by};
use crate::phonetics::distance::PhoneticDistance;
use crate::phonetics::frequency::Frequency;
use crate::phonetics::lexicon::Lexicon;
use crate::phonetics::neighbours::{Neighbour, NeighbourIndex};
use crate::report::columns::WIDEST_COLUMN;
use crate::report::shown::shown;

/// Which words, and how far to look.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Built-in suites swap a word for the words of the table at distance 0. The \
        frequency is the Zipf scale, the logarithm of how often a word comes in a billion: the \
        7.6, four 6.0, hole 4.6, inn 3.5. With --all, the last column says why suites leave a \
        word out by default.\n\n\
        Distance 0 is a homophone; 0.3 is a little difference in one sound, such as a voiced for \
        an unvoiced consonant; up to 0.6 words still sound alike.\n\n\
        Examples:\n  \
        robustness-check neighbours two there\n  \
        robustness-check neighbours --max-distance 0.6 --limit 0 --all two"
)]
pub(crate) struct Args {
    /// Words to look up
    #[arg(value_name = "WORD", required = true)]
    words: Vec<String>,
    /// The largest distance shown
    #[arg(long, value_name = "D", default_value = "0.3", value_parser = distance)]
    max_distance: PhoneticDistance,
    /// The most neighbours shown of each word; 0 for no limit
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = whole::<usize>)]
    limit: usize,
    /// Also words that suites leave out by default, and why: rare ones, the same word spelled
    /// otherwise, ...
    #[arg(long)]
    all: bool,
    /// Print a JSON array instead of a table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    lexicon: LexiconInput,
}

fn distance(text: &str) -> Result<PhoneticDistance, String> {
    let value: f64 = text
        .parse()
        .map_err(|_| "expected a number, such as 0.3".to_owned())?;
    PhoneticDistance::from_f64(value).map_err(|error| error.to_string())
}

/// A word that was asked for.
#[derive(Debug, Serialize)]
struct Answer {
    word: String,
    /// Empty for a word that the lexicon lacks.
    pronunciations: Vec<String>,
    neighbours: Vec<Row>,
    /// Further neighbours, above the limit.
    hidden: usize,
    /// Neighbours that are not shown because suites leave them out.
    left_out: usize,
}

/// A neighbour.
#[derive(Debug, Serialize)]
struct Row {
    word: String,
    distance: f64,
    common: bool,
    /// On the Zipf scale; null where nobody counted it.
    frequency: Option<f64>,
    /// Why suites leave the word out by default; null if they do not.
    left_out: Option<&'static str>,
    pronunciations: Vec<String>,
}

/// Prints the neighbours of every word; an error if the lexicon knows none of the words.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> anyhow::Result<Exit> {
    refuse_second_dash(&args.lexicon.inputs())?;
    let NamedLexicon { name, lexicon } = args.lexicon.read()?;
    let index = NeighbourIndex::new(&lexicon);
    let answers: Vec<Answer> = args
        .words
        .iter()
        .map(|word| answer(word, args, &index))
        .collect();

    anyhow::ensure!(
        answers
            .iter()
            .any(|answer| !answer.pronunciations.is_empty()),
        "{} in {name}: check the spelling, or add pronunciations with --lexicon FILE",
        match args.words.as_slice() {
            [word] => format!("\"{word}\" is not"),
            words => format!("none of the words {} is", words.join(", ")),
        },
    );
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &answers)?;
        writeln!(out)?;
    } else {
        for (position, answer) in answers.iter().enumerate() {
            if position > 0 {
                writeln!(out)?;
            }
            write_table(answer, &name, args.max_distance, out)?;
        }
    }

    Ok(Exit::Pass)
}

fn answer(word: &str, args: &Args, index: &NeighbourIndex) -> Answer {
    // As transcripts are normalized by default.
    let word = word.to_lowercase().replace('\u{2019}', "'");
    let lexicon = index.lexicon();
    let left_out = |neighbour: &Neighbour<'_>| {
        let (vocabulary, rules) = (Vocabulary::Common, &SwapRules::FAIR);
        left_out_by(lexicon, &word, neighbour, vocabulary, rules)
    };
    let all = index.neighbours(&word, args.max_distance);
    let count = all.len();
    let mut found: Vec<(Neighbour<'_>, Option<Rule>)> = all
        .into_iter()
        .map(|neighbour| (neighbour, left_out(&neighbour)))
        .collect();
    found.retain(|(_, rule)| args.all || rule.is_none());

    let left_out = count - found.len();
    let shown = if args.limit == 0 {
        found.len()
    } else {
        found.len().min(args.limit)
    };
    let hidden = found.len() - shown;
    let neighbours = found
        .iter()
        .take(shown)
        .map(|(neighbour, rule)| Row {
            word: neighbour.word.to_owned(),
            distance: neighbour.distance.as_f64(),
            common: neighbour.common,
            frequency: lexicon.frequency(neighbour.word).map(Frequency::as_f64),
            left_out: rule.map(Rule::reason),
            pronunciations: pronunciations(lexicon, neighbour.word),
        })
        .collect();

    Answer {
        pronunciations: pronunciations(lexicon, &word),
        word,
        neighbours,
        hidden,
        left_out,
    }
}

fn pronunciations(lexicon: &Lexicon, word: &str) -> Vec<String> {
    lexicon
        .pronunciations(word)
        .iter()
        .map(ToString::to_string)
        .collect()
}

fn write_table(
    answer: &Answer,
    lexicon: &str,
    max_distance: PhoneticDistance,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Answer {
        word,
        neighbours,
        hidden,
        left_out,
        ..
    } = answer;

    if answer.pronunciations.is_empty() {
        return writeln!(out, "{}: not in {}", shown(word), shown(lexicon));
    }

    let pronunciations = answer.pronunciations.join(" | ");
    writeln!(out, "{}  {pronunciations}", shown(word))?;
    if neighbours.is_empty() {
        writeln!(
            out,
            "  no neighbour at a distance of at most {max_distance}"
        )?;
    } else {
        write_rows(neighbours, out)?;
    }

    if *hidden > 0 {
        writeln!(out, "  ... and {hidden} more; --limit 0 shows all")?;
    }

    if *left_out > 0 {
        writeln!(
            out,
            "  ({left_out} that suites leave out by default; --all shows them)"
        )?;
    }

    Ok(())
}

fn write_rows(neighbours: &[Row], out: &mut dyn Write) -> io::Result<()> {
    let letters = neighbours
        .iter()
        .map(|row| row.word.chars().count())
        .max()
        .unwrap_or(0);
    let width = letters.clamp("neighbour".len(), WIDEST_COLUMN);
    writeln!(
        out,
        "  {:width$}  distance  frequency  pronunciation",
        "neighbour"
    )?;
    for row in neighbours {
        let frequency = match row.frequency {
            Some(frequency) => format!("{frequency:.1}"),
            None => "-".to_owned(),
        };
        let reason = match row.left_out {
            Some(reason) => format!("  ({reason})"),
            None => String::new(),
        };
        writeln!(
            out,
            "  {:width$}  {:8.3}  {frequency:>9}  {}{reason}",
            row.word,
            row.distance,
            row.pronunciations.join(" | ")
        )?;
    }

    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Command {
        #[command(flatten)]
        args: Args,
    }

    fn output(arguments: &str) -> anyhow::Result<String> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("small.dict");
        std::fs::write(
            &path,
            "two T UW1\nto T UW1\nto T AH0\ntoo T UW1\ndo D UW1\ntea T IY1\n",
        )?;

        let path = path.to_str().unwrap();
        let fixed = ["neighbours", "--lexicon-only", "--lexicon", path];
        let command = Command::try_parse_from(fixed.into_iter().chain(arguments.split(' ')))?;
        let mut out = Vec::new();
        run(&command.args, &mut out)?;

        Ok(String::from_utf8(out)?)
    }

    #[track_caller]
    fn check_output(arguments: &str, expected: &str) {
        let shown = output(arguments).unwrap_or_else(|error| format!("{error:#}"));
        assert_eq!(shown, expected, "{shown}");
    }

    #[test]
    fn neighbours_are_shown_nearest_first() {
        check_output(
            "two TEA zwei --max-distance 0.3 --limit 2",
            "two  T UW1\n  \
             neighbour  distance  frequency  pronunciation\n  \
             to            0.000          -  T UW1 | T AH0\n  \
             too           0.000          -  T UW1\n  \
             ... and 1 more; --limit 0 shows all\n\n\
             tea  T IY1\n  no neighbour at a distance of at most 0.3\n\n\
             zwei: not in small.dict\n",
        );
    }

    #[test]
    fn unknown_words_alone_are_an_error() {
        check_output(
            "zwei",
            "\"zwei\" is not in small.dict: check the spelling, or add pronunciations with \
                --lexicon FILE",
        );
        check_output(
            "zwei drei",
            "none of the words zwei, drei is in small.dict: check the spelling, or add \
             pronunciations with --lexicon FILE",
        );
    }

    #[test]
    fn json_holds_the_same() {
        let answers: serde_json::Value =
            serde_json::from_str(&output("--json two").unwrap()).unwrap();
        assert_eq!(answers[0]["neighbours"][0]["word"], "to");
        assert_eq!(answers[0]["neighbours"][2]["distance"], 0.25);
    }

    #[test]
    fn a_distance_that_is_none_is_refused() {
        assert!(
            output("two --max-distance -1").is_err() && output("two --max-distance x").is_err()
        );
    }
}
