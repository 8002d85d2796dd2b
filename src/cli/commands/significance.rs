//! `robustness-check significance`: do two systems differ? The tests alone.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::ValueEnum;
use serde::Deserialize;

use crate::check::significance::{PairedUtterance, compare_pairs};
use crate::cli::args::list_warnings::alike_speakers;
use crate::cli::args::numbers::whole;
use crate::cli::args::outputs::{inputs, refuse_second_dash};
use crate::cli::args::speakers::speaker_map;
use crate::cli::exit::{Exit, print};
use crate::cli::terminal::Terminal;
use crate::files::json;
use crate::nbest::ids::by_lower_case;
use crate::nbest::limits::{Limits, is_too_long_to_align};
use crate::nbest::normalize::Normalization;
use crate::nbest::read::{each_line, open};
use crate::nbest::readings::closest;
use crate::nbest::speakers::Unnamed;
use crate::nbest::transcripts::{self, Transcribed};
use crate::report::number::count;
use crate::report::significance::{Question, SignificanceRecord};
use crate::report::significance_page::render;

/// What is compared.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  \
        robustness-check significance hyp-a.trn hyp-b.trn --ref ref.trn\n  \
        robustness-check significance exp/a/text exp/b/text \\\n    \
        --ref data/test/text --utt2spk data/test/utt2spk\n  \
        robustness-check significance old-report/utterances.jsonl \\\n    \
        new-report/utterances.jsonl --format json",
    after_long_help = "Examples:\n  \
        robustness-check significance hyp-a.trn hyp-b.trn --ref ref.trn\n  \
        robustness-check significance exp/a/text exp/b/text \\\n    \
        --ref data/test/text --utt2spk data/test/utt2spk\n  \
        robustness-check significance old-report/utterances.jsonl \\\n    \
        new-report/utterances.jsonl --format json\n\n\
        The exact sign-flip (randomization) test over speakers decides; the other tests are for \
        those who must report them. Picking the smallest p-value of the table proves nothing.\n\n\
        Beside NIST's sc_stats: MAPSSWE has its segments, mean, sd and z, digit for digit. \
        Elsewhere it differs on purpose:\n  \
        - McNemar and sign p-values of sc_stats are wrong above 20 discordant pairs (14 against \
        16 prints 0.003; it is 0.856). Here they are exact.\n  \
        - Where all segments differ by the same amount, sc_stats prints Z = 0 and \"same\"; here \
        z is infinite and flagged, and the sign-flip test decides.\n  \
        - Wilcoxon: sc_stats ranks without correction for ties, deals zeros out to both sides, \
        and always takes the normal approximation. Here zeros are dropped and the distribution \
        is exact, ties and all. It ranks each speaker's difference in word error rate, as the \
        rank-biserial correlation does; sign flips, t and Hedges' g are of that in errors, in \
        which speakers of many words count for more.\n  \
        - Its p-values stop at 0.001. Here they do not.\n  \
        - It takes segments and utterances as independent. Rows \"clustered\", the sign-flip \
        test, t and all intervals take speakers as the observations.\n  \
        - Errors of hypotheses are counted in sclite's alignment, in which a substitution costs 4 \
        and a word too few or too many 3. A check and nbest stat count the fewest errors, which \
        may be fewer by some in a thousand.\n  \
        - It has no intervals and no effect sizes, and skips utterances that one system lacks \
        with a warning; here that is an error.\n\n\
        Exit code 0 whatever the tests say; 2 for usage or bad input."
)]
pub(crate) struct Args {
    /// First system: error counts as JSON lines, or its hypotheses as trn or text with --ref
    ///
    /// JSON lines: {"id": .., "errors": .., "reference_words": .., "speaker": ..}; other fields are
    /// ignored, so that utterances.jsonl of a report can be given. trn: lines "words
    /// (speaker-utterance)". Text as Kaldi and ESPnet write it: lines "utterance words".
    #[arg(value_name = "A")]
    first: PathBuf,
    /// Second system, with the same utterances
    #[arg(value_name = "B")]
    second: PathBuf,
    /// References, as trn or text
    #[arg(long, value_name = "FILE", help_heading = "Transcripts")]
    r#ref: Option<PathBuf>,
    /// Speakers, lines "utterance speaker"; without it trn ids name them up to the first - or _
    #[arg(long, value_name = "FILE", help_heading = "Transcripts")]
    utt2spk: Option<PathBuf>,
    /// Take every utterance as independent, whatever the files say
    #[arg(long, conflicts_with = "utt2spk", help_heading = "Transcripts")]
    no_speakers: bool,
    /// What is done to the text before words are compared: default, none, or a list of steps
    #[arg(
        long,
        value_name = "STEPS",
        default_value = "default",
        help_heading = "Transcripts"
    )]
    normalize: Normalization,
    /// Two-sided level of the conclusion; all intervals are at 1 - ALPHA
    #[arg(
        long,
        value_name = "ALPHA",
        default_value_t = 0.05,
        value_parser = level,
        help_heading = "Tests"
    )]
    alpha: f64,
    /// Seed of the bootstrap
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        value_parser = whole::<u64>,
        help_heading = "Tests"
    )]
    seed: u64,
    /// What is printed
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Terminal)]
    format: Format,
}

/// What standard output can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A page for people
    Terminal,
    /// All figures, p-values unrounded
    Json,
}

fn level(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value < 1.0 => Ok(value),
        _ => Err("expected a number between 0 and 1".to_owned()),
    }
}

/// Runs the tests and prints them.
pub(crate) fn run(args: &Args, out: &mut dyn Write, terminal: &Terminal) -> anyhow::Result<Exit> {
    let systems = inputs("FILE", [args.first.as_path(), &args.second]);
    let (references, speakers) = (args.r#ref.as_deref(), args.utt2spk.as_deref());
    refuse_second_dash(
        &[
            systems,
            inputs("--ref", references),
            inputs("--utt2spk", speakers),
        ]
        .concat(),
    )?;

    let mut utterances = match &args.r#ref {
        Some(references) => aligned(args, references, terminal)?,
        None => counted(args)?,
    };
    if let Some(path) = &args.utt2spk {
        assign_speakers(&mut utterances, path)?;
    }

    if args.no_speakers {
        for utterance in utterances.values_mut() {
            utterance.speaker = None;
        }
    }

    let speakers = utterances.iter();
    let named = speakers.map(|(id, utterance)| (id.as_str(), utterance.speaker.is_some()));
    Unnamed::among(named).complete().with_context(|| {
        let (first, second) = (args.first.display(), args.second.display());
        format!("failed to tell the speakers of {first} and {second}")
    })?;
    let speakers: BTreeSet<&String> = utterances
        .values()
        .filter_map(|utterance| utterance.speaker.as_ref())
        .collect();
    if let Some(warning) = alike_speakers(speakers) {
        terminal.warn(&warning);
    }
    if args.utt2spk.is_none()
        && args.r#ref.is_some()
        && let Some(only) = only_speaker(utterances.values())
    {
        terminal.warn(&format!(
            "all {} are of one speaker, {only}, by their ids up to the first - or _, so that \
                nothing can be told: if that names no speaker, give --utt2spk, or --no-speakers, \
                which takes each utterance for a speaker of its own",
            count(utterances.len(), "utterance")
        ));
    }

    let utterances: Vec<PairedUtterance> = utterances.into_values().collect();
    let words = |system: usize| {
        utterances
            .iter()
            .map(move |u| u.reference_words[system])
            .sum()
    };
    let words: [u64; 2] = [words(0), words(1)];
    anyhow::ensure!(
        !words.contains(&0),
        "the word error rates of {} and {} are undefined, and so is their difference: the \
            references of all {} hold no word",
        args.first.display(),
        args.second.display(),
        count(utterances.len(), "utterance")
    );
    let found = compare_pairs(&utterances, 1.0 - args.alpha, args.seed)
        .context("failed to compare the alignments")?;
    let (first, second) = (args.first.to_string_lossy(), args.second.to_string_lossy());
    let question = Question {
        names: [&first, &second],
        alpha: args.alpha,
        seed: args.seed,
    };
    let record = SignificanceRecord::new(&question, &found);
    let text = match args.format {
        Format::Terminal => render(&record, terminal.width_out()),
        Format::Json => record.json(),
    };
    print(out, &text)?;

    Ok(Exit::Pass)
}

/// Both systems' hypotheses against the references.
fn aligned(
    args: &Args,
    references: &Path,
    terminal: &Terminal,
) -> anyhow::Result<BTreeMap<String, PairedUtterance>> {
    let read = |path: &Path| -> anyhow::Result<BTreeMap<String, Transcribed>> {
        let name = path.to_string_lossy();
        let mut bytes = BufReader::new(open(path)?);
        anyhow::ensure!(
            !begins_as_json(&mut bytes).with_context(|| format!("failed to read {name}"))?,
            "{name} holds JSON lines, as error counts are given, and with --ref every file is \
                text or trn: give the hypotheses of both systems with --ref, or the error counts \
                of both without"
        );
        Ok(transcripts::read(&name, bytes)?)
    };
    let path = references;
    let first = read(&args.first)?;
    let references = named_as(&first, read(references)?, terminal);
    let second = named_as(&first, read(&args.second)?, terminal);
    same_ids(args, &first, &second)?;

    first
        .iter()
        .map(|(id, hypothesis)| {
            let reference = references.get(id).with_context(|| {
                let advice = if id.starts_with(";;") {
                    "lines that begin with ;; are comments there: name it otherwise in all files"
                } else {
                    "add it to the file of --ref"
                };
                let file = path.display();
                format!("no reference for the utterance `{id}` in {file}: {advice}")
            })?;
            let closest = |heard: &Transcribed| {
                closest(&reference.spoken, &heard.spoken, args.normalize).with_context(|| {
                    format!(
                        "the alternatives of the utterance `{id}` are too long to compare: \
                        choose one of them"
                    )
                })
            };
            let pairs = [closest(hypothesis)?, closest(&second[id])?];
            anyhow::ensure!(
                !pairs
                    .iter()
                    .any(|(reference, heard)| is_too_long_to_align(reference, heard)),
                "the utterance `{id}` is too long to be aligned: more than 100,000,000 pairs of \
                    words; cut it"
            );

            let speaker = one_speaker(args, id, [&hypothesis.speaker, &second[id].speaker])?;
            Ok((id.clone(), PairedUtterance::aligned_each(speaker, &pairs)))
        })
        .collect()
}

/// Whether the text begins with an object of JSON, as no line of a transcript does.
fn begins_as_json(bytes: &mut impl BufRead) -> io::Result<bool> {
    let begin = bytes.fill_buf()?.trim_ascii_start();
    let inside = begin.strip_prefix(b"{").map(<[u8]>::trim_ascii_start);
    Ok(inside.is_some_and(|inside| inside.starts_with(b"\"")))
}

/// `others` by the ids of `these` where they differ in case only, as sclite takes them.
fn named_as(
    these: &BTreeMap<String, Transcribed>,
    others: BTreeMap<String, Transcribed>,
    terminal: &Terminal,
) -> BTreeMap<String, Transcribed> {
    let (known, unique) = (by_lower_case(these.keys()), by_lower_case(others.keys()));
    let mut renamed = 0;
    let named = others
        .into_iter()
        .map(|(id, transcribed)| {
            let folded = id.to_lowercase();
            // Only where no two ids of a file are alike but for case can case be a slip.
            match (known.get(&folded), unique.get(&folded)) {
                (Some(Some(name)), Some(Some(_))) if *name != id => {
                    renamed += 1;
                    (name.clone(), transcribed)
                }
                _ => (id, transcribed),
            }
        })
        .collect();

    if renamed > 0 {
        terminal.warn(&format!(
            "{renamed} ids differ in case between the files, and were taken for the same"
        ));
    }

    named
}

/// One line of error counts; other fields are none of our business.
#[derive(Debug, Deserialize)]
struct CountLine {
    #[serde(deserialize_with = "name")]
    id: Option<String>,
    errors: u64,
    reference_words: u64,
    #[serde(default, deserialize_with = "name")]
    speaker: Option<String>,
}

/// A name: text, or a whole number in its place; null and empty texts are none.
fn name<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Name {
        Text(String),
        Natural(u64),
        Whole(i64),
    }

    let name = match Option::deserialize(deserializer)? {
        Some(Name::Text(text)) => text.trim().to_owned(),
        Some(Name::Natural(number)) => number.to_string(),
        Some(Name::Whole(number)) => number.to_string(),
        None => String::new(),
    };

    Ok((!name.is_empty()).then_some(name))
}

/// The speaker of an utterance as one of the files names it, or both.
fn one_speaker(
    args: &Args,
    id: &str,
    speakers: [&Option<String>; 2],
) -> anyhow::Result<Option<String>> {
    match speakers {
        [Some(a), Some(b)] if a != b => anyhow::bail!(
            "the utterance `{id}` is spoken by {a} in {} and by {b} in {}: give both files the \
                same speakers, or name them with --utt2spk",
            args.first.display(),
            args.second.display()
        ),
        [Some(speaker), _] | [None, Some(speaker)] => Ok(Some(speaker.clone())),
        [None, None] => Ok(None),
    }
}

/// Both systems' error counts.
fn counted(args: &Args) -> anyhow::Result<BTreeMap<String, PairedUtterance>> {
    let (first, second) = (counts(&args.first)?, counts(&args.second)?);
    same_ids(args, &first, &second)?;

    first
        .into_iter()
        .map(|(id, line)| {
            let other = &second[&id];
            anyhow::ensure!(
                line.reference_words == other.reference_words,
                "the utterance `{id}` has {} reference words in {} and {} in {}: score both \
                    against the same references",
                line.reference_words,
                args.first.display(),
                other.reference_words,
                args.second.display()
            );
            let paired = PairedUtterance {
                speaker: one_speaker(args, &id, [&line.speaker, &other.speaker])?,
                reference_words: [line.reference_words; 2],
                errors: [line.errors, other.errors],
                operations: None,
            };
            Ok((id, paired))
        })
        .collect()
}

/// Whether counts can be read.
#[cfg(any(test, fuzzing))]
pub(crate) fn read_counts(path: &Path) -> anyhow::Result<()> {
    counts(path).map(drop)
}

fn counts(path: &Path) -> anyhow::Result<BTreeMap<String, CountLine>> {
    let name = path.display();
    let mut found = BTreeMap::new();
    let mut total = 0;
    each_line(path, Limits::default(), |number, line| {
        let line: CountLine = json::parse_line(line).with_context(|| {
            format!(
                "failed to read {name}, line {number}: expected {{\"id\": .., \"errors\": \
                    .., \"reference_words\": ..}}; hypotheses as trn or text, of both systems, need \
                    --ref"
            )
        })?;
        // Sums are exact as floating point numbers up to here.
        let sum = |total: u64, count: u64| total.checked_add(count).filter(|sum| *sum <= 1 << 53);
        total = sum(total, line.errors)
            .and_then(|total| sum(total, line.reference_words))
            .with_context(|| {
                format!(
                    "failed to read {name}, line {number}: `errors` is {} and `reference_words` \
                        {}; all counts of a file together must be at most 2^53",
                    line.errors, line.reference_words
                )
            })?;

        let id = line.id.clone().with_context(|| {
            format!(
                "failed to read {name}, line {number}: the utterance has no id; give it a \
                name that no other has"
            )
        })?;
        anyhow::ensure!(
            found.insert(id.clone(), line).is_none(),
            "failed to read {name}, line {number}: the utterance `{id}` was there before"
        );
        Ok(())
    })?;

    anyhow::ensure!(
        !found.is_empty(),
        "failed to read {name}: it holds no utterance"
    );

    Ok(found)
}

/// Tests pair utterances: an id that only one system has is an error.
fn same_ids<T>(
    args: &Args,
    first: &BTreeMap<String, T>,
    second: &BTreeMap<String, T>,
) -> anyhow::Result<()> {
    let (a, b) = (&args.first, &args.second);
    for (these, those, has, lacks) in [(first, second, a, b), (second, first, b, a)] {
        if let Some(id) = these.keys().find(|id| !those.contains_key(*id)) {
            anyhow::bail!(
                "the utterance `{id}` is in {} and not in {}: give both systems the same \
                    utterances",
                has.display(),
                lacks.display()
            );
        }
    }

    Ok(())
}

/// The speaker of all of several utterances, where they have one and the same.
fn only_speaker<'a>(
    utterances: impl ExactSizeIterator<Item = &'a PairedUtterance>,
) -> Option<&'a str> {
    let is_one = utterances.len() > 1;
    let mut speakers = utterances.map(|utterance| utterance.speaker.as_deref());
    let first = speakers.next()??;
    (is_one && speakers.all(|speaker| speaker == Some(first))).then_some(first)
}

/// Names the speakers as a Kaldi `utt2spk` file does.
fn assign_speakers(
    utterances: &mut BTreeMap<String, PairedUtterance>,
    path: &Path,
) -> anyhow::Result<()> {
    let speakers = speaker_map(path)?;
    for (id, utterance) in utterances {
        let speaker = speakers.speaker(id).with_context(|| {
            format!(
                "{} names no speaker of the utterance `{id}`",
                speakers.name()
            )
        })?;
        utterance.speaker = Some(speaker.to_owned());
    }

    Ok(())
}
