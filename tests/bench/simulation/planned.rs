//! Whether so many speakers as a report asks for bring the verdict that it promises.
//!
//! `cargo bench --bench bench -- speakers REPORT...` reads report folders, draws speakers of each
//! with replacement up to the number of every gate that names one, and judges each drawn set with
//! all gates of the run, bootstrap and corrections included.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use mondegreen::check::judge::sums::ErrorSums;
use mondegreen::check::judge::verdict::Limit;
use mondegreen::stats::bootstrap::Resampling;
use mondegreen::stats::gate::{JointGate, adjusted, joint};
use mondegreen::stats::random::Stream;
use mondegreen::suite::gates::Keep;
use rayon::prelude::*;
use serde_json::Value;

/// Drawn sets of speakers: a share of 80 % is good for 1.3 points (one standard error).
const SETS: u64 = 1_000;

const REPLICATES: usize = 2_000;

/// A gate of a report.
struct Gate {
    /// Which check it is of.
    check: usize,
    /// `flip` or `gain`.
    kind: String,
    limits: Vec<Limit>,
    /// The verdict that it leans to, and how many clusters would bring it.
    promise: Option<(String, usize)>,
}

/// A report folder: its gates, and the sums of each speaker under every check.
struct Run {
    checks: Vec<String>,
    alpha: f64,
    gates: Vec<Gate>,
    speakers: Vec<Vec<ErrorSums>>,
}

impl Run {
    fn read(folder: &Path) -> Run {
        let read = |name: &str| fs::read_to_string(folder.join(name)).expect("a report folder");
        let report: Value = serde_json::from_str(&read("report.json")).expect("a report");
        let checks = report["checks"].as_array().expect("checks");
        let gates = checks.iter().enumerate().flat_map(|(check, record)| {
            let gates = record["verdict"]["gates"].as_array().expect("gates");
            gates.iter().map(move |gate| Gate {
                check,
                kind: text(&gate["gate"]),
                limits: limits(&text(&gate["gate"]), &record["asked"]),
                promise: gate["leans_to"]
                    .as_str()
                    .zip(gate["clusters_needed"].as_u64())
                    .map(|(verdict, count)| {
                        (verdict.to_owned(), usize::try_from(count).expect("small"))
                    }),
            })
        });

        let mut speakers: BTreeMap<String, Vec<ErrorSums>> = BTreeMap::new();
        for line in read("utterances.jsonl").lines() {
            let line: Value = serde_json::from_str(line).expect("an utterance");
            let sums = speakers
                .entry(text(&line["speaker"]))
                .or_insert_with(|| vec![ErrorSums::default(); checks.len()]);
            for (sums, check) in sums
                .iter_mut()
                .zip(line["checks"].as_array().expect("checks"))
            {
                *sums += counts(&line, check);
            }
        }

        Run {
            checks: checks.iter().map(|check| text(&check["check"])).collect(),
            alpha: checks[0]["asked"]["alpha"].as_f64().expect("a level"),
            gates: gates.collect(),
            speakers: speakers.into_values().collect(),
        }
    }

    /// The share of drawn sets of `count` speakers in which the gate at `index` has `verdict`.
    fn share(&self, index: usize, verdict: &str, count: usize) -> f64 {
        let hits: usize = (0..SETS)
            .into_par_iter()
            .map(|set| {
                let mut drawn: Vec<&Vec<ErrorSums>> = Vec::with_capacity(count);
                let mut stream = Stream::new(index as u64 + 1, set);
                for _ in 0..count {
                    // The upper half of the bits, scaled: no speaker is likelier than another by
                    // more than one in a million.
                    let speaker = ((stream.next_bits() >> 32) * self.speakers.len() as u64) >> 32;
                    drawn.push(&self.speakers[usize::try_from(speaker).expect("small")]);
                }
                usize::from(self.decides(index, verdict, &drawn, set))
            })
            .sum();
        hits as f64 / SETS as f64
    }

    fn decides(&self, index: usize, verdict: &str, drawn: &[&Vec<ErrorSums>], seed: u64) -> bool {
        let judged = |gate: &Gate| -> JointGate {
            let sums: Vec<ErrorSums> = drawn.iter().map(|sums| sums[gate.check]).collect();
            let resampling = Resampling {
                replicates: REPLICATES,
                seed,
            };
            let tests = gate
                .limits
                .iter()
                .map(|limit| limit.excess(&sums, &resampling).test());
            joint(&tests.collect::<Vec<_>>())
        };
        let all: Vec<JointGate> = self.gates.iter().map(judged).collect();
        if verdict == "fail" {
            return adjusted(&all)[index].p_fail <= self.alpha;
        }

        let kind = |member: &usize| self.gates[*member].kind == self.gates[index].kind;
        let family: Vec<usize> = (0..all.len()).filter(kind).collect();
        let own = family.iter().position(|&member| member == index);
        let joints: Vec<JointGate> = family.iter().map(|&member| all[member]).collect();
        adjusted(&joints)[own.expect("a gate is in its own family")].p_pass() <= self.alpha
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn limits(kind: &str, asked: &Value) -> Vec<Limit> {
    if kind == "gain" {
        let keep = asked["gain"].as_f64().and_then(Keep::new);
        return keep.map(Limit::Gain).into_iter().collect();
    }
    let relative = asked["flip"]["relative"].as_f64().map(Limit::Relative);
    let absolute = asked["flip"]["absolute"].as_f64().map(Limit::Absolute);
    relative.into_iter().chain(absolute).collect()
}

/// The sums of one utterance under one check.
fn counts(line: &Value, check: &Value) -> ErrorSums {
    let drawn = |name: &str| -> i64 {
        let counts = check[name].as_array().expect("a count per draw").iter();
        counts.map(|count| count.as_i64().expect("a count")).sum()
    };
    let draws = check["text"].as_array().map_or(0, Vec::len);
    let draws = i64::try_from(draws).expect("small");
    let clean = |name: &str| draws * line[name].as_i64().expect("a count");

    ErrorSums {
        words: clean("reference_words"),
        clean: clean("errors"),
        kept: drawn("kept"),
        text: drawn("text"),
        first_clean: clean("first_pass_errors"),
        first_text: drawn("first_pass"),
        ..ErrorSums::default()
    }
}

/// Prints a line for every gate that names a number of speakers.
#[expect(clippy::print_stdout, reason = "the table is the result")]
pub(crate) fn print(folders: impl Iterator<Item = String>) {
    println!(
        "| report | gate | speakers | asked for | promised | it then does \
            |\n|---|---|---:|---:|---|---:|"
    );
    for folder in folders {
        let run = Run::read(Path::new(&folder));
        for (index, gate) in run.gates.iter().enumerate() {
            let Some((verdict, count)) = &gate.promise else {
                continue;
            };
            println!(
                "| {folder} | {} of {} | {} | {count} | {verdict} | {:.1} % |",
                gate.kind,
                run.checks[gate.check],
                run.speakers.len(),
                100.0 * run.share(index, verdict, *count),
            );
        }
    }
}
