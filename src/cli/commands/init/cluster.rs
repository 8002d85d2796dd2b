//! What `init` writes for clusters: many machines that share a check.

use crate::cli::commands::init::scalar::scalar;
use crate::report::shell;

const SLURM: &str = include_str!("slurm.sh");
const SHARDS: &str = include_str!("kubernetes-shards.yaml");
const MERGE: &str = include_str!("kubernetes-merge.yaml");
const RAY: &str = include_str!("ray.py");

/// What is to be checked.
pub(super) struct Asked<'a> {
    pub(super) model: &'a str,
    /// Empty for the bundled lists.
    pub(super) nbest: &'a str,
    pub(super) shards: u32,
}

/// A file's name and content.
type Written = (&'static str, String);

/// The script that submits an array of jobs.
pub(super) fn slurm(asked: &Asked<'_>) -> Vec<Written> {
    let script = filled(asked, SLURM, shell::word);
    vec![("robustness/slurm.sh", script)]
}

/// The jobs for Kubernetes.
pub(super) fn kubernetes(asked: &Asked<'_>) -> Vec<Written> {
    let mut words = vec!["--model", asked.model, "--suite", "robustness/suite.toml"];
    words.extend(["--out", "robustness/report"]);
    if !asked.nbest.is_empty() {
        words.extend(["--nbest", asked.nbest]);
    }
    let shard = format!("auto/{}", asked.shards);
    words.extend(["--shard", &shard]);
    // A dollar sign begins a variable of the pod, two are one dollar sign.
    let words = words
        .into_iter()
        .map(|word| scalar(&word.replace('$', "$$")));
    let words: Vec<String> = words.collect();

    let shards = filled(asked, SHARDS, scalar).replace("@ARGS@", &words.join(", "));
    vec![
        ("robustness/kubernetes/shards.yaml", shards),
        ("robustness/kubernetes/merge.yaml", MERGE.to_owned()),
    ]
}

/// The driver for Ray. A string of JSON is one of Python, too.
pub(super) fn ray(asked: &Asked<'_>) -> Vec<Written> {
    vec![("robustness/ray_check.py", filled(asked, RAY, scalar))]
}

/// A template with what was asked for, spelled as `spell` does it.
fn filled(asked: &Asked<'_>, template: &str, spell: impl Fn(&str) -> String) -> String {
    // What is filled in last holds nothing that is filled in.
    template
        .replace("@SHARDS@", &asked.shards.to_string())
        .replace("@NBEST@", &spell(asked.nbest))
        .replace("@MODEL@", &spell(asked.model))
}

/// What the user does next.
pub(super) fn next(command: &str) -> String {
    format!(
        "next: have the nodes find robustness-check and this folder, fit what a shard gets of a \
            node, and run\n  {command}\n"
    )
}
