//! `corrections`: what is defined of a generator, which writes texts instead of picking them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Deserialize;

use crate::check::judge::corrections::{Correction, measure};
use crate::cli::args::draws::DrawInput;
use crate::cli::args::input::NBestInput;
use crate::cli::args::suite_name::SuiteName;
use crate::cli::commands::lexicon::{LexiconInput, warn_of_unknown};
use crate::cli::commands::perturb::chosen;
use crate::cli::exit::{Exit, print};
use crate::cli::suite_notes::tell_of_check;
use crate::cli::terminal::Terminal;
use crate::files::document::lines;
use crate::files::json;
use crate::nbest::limits::{Limits, is_too_long_to_align};
use crate::nbest::normalize::Normalization;
use crate::nbest::read::open;
use crate::nbest::source::Text;
use crate::nbest::{Transcript, Utterance};
use crate::perturb::menu::Replacements;
use crate::phonetics::neighbours::NeighbourIndex;
use crate::report::corrections::{Corrected, CorrectionsRecord};
use crate::report::json::indented;
use crate::report::number::count;
use crate::report::shown::shown;
use crate::report::subject::nbest_record;
use crate::suite::gates::Gates;
use crate::suite::{Check, Suite};

/// Which outputs, for which lists.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "For generators that correct a list (HyPoradise) instead of picking from it. \
        Let it correct twice every line of\n  \
        robustness-check perturb --suite perturb-n --nbest test.jsonl \\\n    \
        --out cases.jsonl\n\
        the list of the \"original\" texts once for each id, and the list of the \"text\"s for \
        each id and draw. Write {\"id\": \"u1\", \"text\": \"..\"} for the first and {\"id\": \"\
        u1\", \"draw\": 0, \"text\": \"..\"} for the others, in any order. Copy the \"key\" of the \
        lines, too: then texts for the lists of another suite, check, seed or lexicon, or for \
        other lists, are noticed; without, only ids and draws are held against each other. With the same suite, \
        lists, seed and draws, their word errors are counted, and the gain over the first pass \
        is judged. What is about picks is undefined for a generator.\n\n\
        Example:\n  \
        robustness-check corrections corrected.jsonl --suite perturb-n \\\n    \
        --nbest test.jsonl\n\n\
        Exit codes: 0 the gain is kept, 1 it is not, 2 usage or bad input, 3 cannot tell."
)]
pub(crate) struct Args {
    /// Outputs of the generator: lines of {"id": .., "text": ..}, with "draw" for perturbed lists,
    /// and with the "key" of `perturb`
    #[arg(value_name = "FILE")]
    corrections: PathBuf,
    /// Built-in suite (perturb-1, perturb-n, perturb-n-coherent) or path of a suite file, as for
    /// `perturb`; its check must judge the gain
    #[arg(
        long,
        value_name = "NAME|FILE",
        value_parser = SuiteName,
        hide_possible_values = true
    )]
    suite: String,
    /// Check of the suite, where it has several
    #[arg(long, value_name = "NAME")]
    check: Option<String>,
    #[command(flatten)]
    draws: DrawInput,
    /// Print a JSON object instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    nbest: NBestInput,
    #[command(flatten)]
    lexicon: LexiconInput,
}

/// Counts the errors of the outputs and prints what they come to.
pub(crate) fn run(args: &Args, out: &mut dyn Write, terminal: &Terminal) -> anyhow::Result<Exit> {
    let suite = Suite::open(&args.suite)?;
    let check = judged(chosen(&suite, args.check.as_deref())?)?;
    let (lists, speakers) = args.nbest.read_with_speakers(&[], None, terminal)?;
    let voices = lists.survey.voices();
    let corpus = lists.into_corpus()?;
    speakers.tell(terminal);

    let lexicon = args.lexicon.read()?;
    let words = lexicon.words(&corpus.utterances);
    warn_of_unknown(&words, terminal);
    tell_of_check(&suite, &check, &lexicon.lexicon, terminal)?;
    let hash = &corpus.facts.content_hash;
    let key = args.draws.key(&suite, &check, hash, &lexicon.lexicon);

    let draws = args.draws.draws_of(&check);
    let name = args.corrections.display().to_string();
    let normalization = Normalization::described(&corpus.facts.normalization).unwrap_or_default();
    let outputs = Outputs::read(&args.corrections, normalization, Some(&key))
        .with_context(|| format!("failed to read corrections from {name}"))?;
    if outputs.without_key > 0 {
        terminal.warn(&format!(
            "{name} has {} of perturbed lists without a \"key\": texts for another --suite, \
                --check, --seed or lexicon cannot be told from these; have the generator copy the \
                \"key\" that `perturb` writes",
            count(outputs.without_key, "line")
        ));
    }
    let content_hash = outputs.content_hash();
    let corrections = outputs
        .of(&corpus.utterances, draws)
        .with_context(|| format!("failed to use the corrections in {name}"))?;

    let replacements = Replacements::new(NeighbourIndex::new(&lexicon.lexicon));
    let suites = [suite];
    let [suite] = &suites;
    let plan = args.draws.plan(&corpus.utterances, &suites, &replacements);

    let findings = measure(&plan, suite, &check, &corrections);
    terminal.may_go_on()?;
    let corrected = Corrected {
        file: name,
        content_hash,
        nbest: nbest_record(&corpus.facts, &words, voices, &findings.clustering),
    };
    let record = CorrectionsRecord::new(corrected, &plan, suite, &check, &findings);
    let text = if args.json {
        indented(&record)
    } else {
        record.render()
    };
    print(out, &text)?;

    Ok(Exit::from(findings.judgment.verdict))
}

/// The check with the gate that is defined for a generator alone.
fn judged(check: &Check) -> anyhow::Result<Check> {
    anyhow::ensure!(
        check.gates.gain.is_some(),
        "the check {} judges changes of mind alone, which a generator has none of: give it gain = \
            true",
        check.name
    );

    Ok(Check {
        gates: Gates {
            flip: None,
            ..check.gates
        },
        ..check.clone()
    })
}

/// A line of the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: String,
    #[serde(default)]
    draw: Option<usize>,
    text: String,
    /// That of the perturbed lists, where the generator passes it on.
    #[serde(default)]
    key: Option<String>,
}

/// Whether outputs can be read.
#[cfg(any(test, fuzzing))]
pub(crate) fn read_outputs(path: &Path) -> anyhow::Result<()> {
    Outputs::read(path, Normalization::default(), None).map(drop)
}

/// Outputs by utterance and draw; without a draw, that of the clean list.
struct Outputs {
    texts: BTreeMap<(String, Option<usize>), Transcript>,
    /// How many lines of perturbed lists do not say of which draw they are.
    without_key: usize,
}

impl Outputs {
    /// Those in the file at `path`; where lines carry a key, it must be the one that is `expected`.
    fn read(
        path: &Path,
        normalization: Normalization,
        expected: Option<&str>,
    ) -> anyhow::Result<Outputs> {
        let text = Text::new(open(path)?, Limits::default())?;
        let mut texts = BTreeMap::new();
        let mut without_key = 0;
        for (number, line) in (1..).zip(lines(text)) {
            let line = line.with_context(|| format!("line {number}"))?;
            if line.trim().is_empty() {
                continue;
            }
            let Line {
                id,
                draw,
                text,
                key,
            } = json::parse_line(&line).with_context(|| {
                format!(
                    "line {number}: expected {{\"id\": \"..\", \"text\": \"..\"}}, and \"draw\": \
                        0 for a perturbed list"
                )
            })?;
            if let (Some(found), Some(expected)) = (&key, expected) {
                anyhow::ensure!(
                    found == expected,
                    "line {number}: it is for lists of another `perturb` (key {}, here {expected}): \
                        give the --suite, --check, --nbest, --seed and lexicon that these were drawn \
                        with",
                    shown(found)
                );
            }
            without_key += usize::from(draw.is_some() && key.is_none());
            let of = of(&id, draw);
            match texts.entry((id, draw)) {
                Entry::Occupied(_) => {
                    anyhow::bail!("line {number}: a second text for {of}")
                }
                Entry::Vacant(place) => place.insert(normalization.normalize(&text)),
            };
        }

        Ok(Outputs { texts, without_key })
    }

    fn content_hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for ((id, draw), text) in &self.texts {
            let draw = draw.map_or_else(String::new, |draw| draw.to_string());
            for part in [id, draw.as_str(), text.as_str()] {
                hasher.update(&(part.len() as u64).to_le_bytes());
                hasher.update(part.as_bytes());
            }
        }

        hasher.finalize().to_hex().to_string()
    }

    /// One for every list, and none besides.
    fn of(mut self, utterances: &[Utterance], draws: usize) -> anyhow::Result<Vec<Correction>> {
        let mut missing = Vec::new();
        let mut corrections = Vec::new();
        for utterance in utterances {
            let mut take = |draw| {
                let found = self.texts.remove(&(utterance.id.clone(), draw));
                if found.is_none() {
                    missing.push(of(&utterance.id, draw));
                }
                found.unwrap_or_else(|| Transcript::new(""))
            };
            corrections.push(Correction {
                clean: take(None),
                perturbed: (0..draws).map(|draw| take(Some(draw))).collect(),
            });
        }

        if let Some(first) = missing.first() {
            anyhow::bail!(
                "there is no text for {first} (and {} more lists): {draws} draws of {} utterances \
                 are needed, and the clean lists, of the same --suite, --nbest, --seed and --draws \
                 as for `robustness-check perturb`",
                missing.len() - 1,
                utterances.len()
            );
        }
        if let Some(((id, draw), _)) = self.texts.first_key_value() {
            anyhow::bail!(
                "{} (and {} more) is no list of these: are --nbest and --draws ({draws}) those of \
                    `robustness-check perturb`?",
                of(id, *draw),
                self.texts.len() - 1
            );
        }

        for (utterance, correction) in utterances.iter().zip(&corrections) {
            let mut texts = correction.perturbed.iter().chain([&correction.clean]);
            anyhow::ensure!(
                !texts.any(|text| is_too_long_to_align(&utterance.reference, text)),
                "a text for \"{}\" is too long to be held against its reference: shorten it",
                utterance.id
            );
        }

        Ok(corrections)
    }
}

fn of(id: &str, draw: Option<usize>) -> String {
    match draw {
        None => format!("\"{id}\", clean"),
        Some(draw) => format!("\"{id}\", draw {draw}"),
    }
}
