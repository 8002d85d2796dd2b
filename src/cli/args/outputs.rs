//! Where commands write: kept apart from what they read, and tried and held before the work.

use std::path::Path;
use std::time::SystemTime;

use crate::files::{
    Claim, Holder, Input, Kind, OutputFile, ResultFolder, WriteError, refuse_overlap,
};
use crate::nbest::read::is_standard_input;
use crate::suite::Suite;

/// Any result is at least this long: a disk with less left is full.
pub(crate) const LEAST: u64 = 1 << 14;

/// The files that a model may have, in any form that is written.
#[cfg(feature = "bert")]
pub(crate) const MODEL_FILES: [&str; 9] = [
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "model.safetensors",
    "adapter_config.json",
    "adapter_model.safetensors",
    "rescorer.json",
    "rescoring.json",
    "training.json",
];

/// What becomes of what is there already.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct ForceInput {
    /// Write over files of an earlier result that were changed by hand, or over a file named as
    /// output that holds something else
    ///
    /// A folder that a result was written to carries .robustness-check.json, which lists its files:
    /// a new result replaces those and leaves all others. --force gives up changes to listed files.
    /// A single file of lists, pairs or settings that is there is left alone, unless it has the very
    /// bytes that would be written; scores and perturbed lists replace others of their kind. Nothing
    /// ever writes over, into or around what the command reads.
    #[arg(long)]
    force: bool,
}

impl ForceInput {
    /// Holds the folder `out`, for a result of that `kind` made from `inputs`; `names` are files
    /// that it may have.
    pub(crate) fn folder(
        self,
        out: &Path,
        kind: Kind,
        names: &[&str],
        inputs: &[Input],
    ) -> Result<ResultFolder, WriteError> {
        refuse_overlap(out, inputs)?;
        let claim = Claim {
            kind,
            names,
            force: self.force,
            holder: &holder(),
        };
        let folder = ResultFolder::claim(out, claim)?;
        folder.ensure_space(LEAST)?;

        Ok(folder)
    }

    /// Holds the file `out`, made from `inputs`; of what is there, `is_ours` says by its first line
    /// whether this program wrote it.
    pub(crate) fn file(
        self,
        out: &Path,
        is_ours: impl Fn(&str) -> bool,
        inputs: &[Input],
    ) -> Result<OutputFile, WriteError> {
        self.claimed(out, Ok, is_ours, inputs)
    }

    /// The same of a file that people go on working with: compressed as its name says, and not
    /// replaced by other contents.
    pub(crate) fn data_file(
        self,
        out: &Path,
        is_ours: impl Fn(&str) -> bool,
        inputs: &[Input],
    ) -> Result<OutputFile, WriteError> {
        let file = self.claimed(out, OutputFile::packed_by_name, is_ours, inputs)?;
        Ok(if self.force {
            file
        } else {
            file.keeping_others()
        })
    }

    /// The same of a result that goes to standard output where `out` is not given, or is `-`.
    pub(crate) fn data_file_or_stdout(
        self,
        out: Option<&Path>,
        is_ours: impl Fn(&str) -> bool,
        inputs: &[Input],
    ) -> Result<Option<OutputFile>, WriteError> {
        no_dash(out)
            .map(|path| self.data_file(path, is_ours, inputs))
            .transpose()
    }

    /// The same of what is made for programs, such as scores: new ones replace others.
    pub(crate) fn file_or_stdout(
        self,
        out: Option<&Path>,
        is_ours: impl Fn(&str) -> bool,
        inputs: &[Input],
    ) -> Result<Option<OutputFile>, WriteError> {
        no_dash(out)
            .map(|path| self.claimed(path, OutputFile::packed_by_name, is_ours, inputs))
            .transpose()
    }

    /// Holds `out` as `made`, whatever is to become of other contents.
    fn claimed(
        self,
        out: &Path,
        made: fn(OutputFile) -> Result<OutputFile, WriteError>,
        is_ours: impl Fn(&str) -> bool,
        inputs: &[Input],
    ) -> Result<OutputFile, WriteError> {
        refuse_overlap(out, inputs)?;
        let file = made(OutputFile::claim(out)?)?;
        if !self.force {
            file.ensure_alike(is_ours)?;
        }
        file.ensure_space(LEAST)?;
        Ok(file)
    }
}

/// The file that is named, unless that is standard output.
fn no_dash(out: Option<&Path>) -> Option<&Path> {
    out.filter(|path| *path != Path::new("-"))
}

/// Who holds what this process writes.
pub(crate) fn holder() -> Holder {
    let words: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    Holder::new(
        &format!("robustness-check {}", words.join(" ")),
        &gethostname::gethostname().to_string_lossy(),
        &humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
    )
}

/// The suites that are files, as they were named, and the files that the suites themselves name.
pub(crate) fn suite_inputs<'a>(
    names: impl IntoIterator<Item = &'a String>,
    suites: &[Suite],
) -> Vec<Input> {
    let paths = names
        .into_iter()
        .map(Path::new)
        .filter(|path| is_standard_input(path) || path.exists());
    let pairs = suites.iter().flat_map(Suite::files);
    [inputs("--suite", paths), inputs("pairs", pairs)].concat()
}

/// Refuses `-`, which is standard input, for more than one of `inputs`: it can be read once.
pub(crate) fn refuse_second_dash(inputs: &[Input]) -> anyhow::Result<()> {
    let mut named = inputs.iter().filter(|input| is_standard_input(&input.path));
    match (named.next(), named.next()) {
        (Some(one), Some(other)) => anyhow::bail!(
            "{} and {} are both -, which is standard input and can be read once: give one of them \
                as a file",
            one.option,
            other.option
        ),
        _ => Ok(()),
    }
}

/// Files and folders that an option names, and that are read.
pub(crate) fn inputs<'a>(
    option: &'static str,
    paths: impl IntoIterator<Item = &'a Path>,
) -> Vec<Input> {
    named(option, paths, false)
}

/// Files and folders that an option names, and that no other output may be.
pub(crate) fn written<'a>(
    option: &'static str,
    paths: impl IntoIterator<Item = &'a Path>,
) -> Vec<Input> {
    named(option, paths, true)
}

fn named<'a>(
    option: &'static str,
    paths: impl IntoIterator<Item = &'a Path>,
    is_output: bool,
) -> Vec<Input> {
    let named = |path: &Path| Input {
        option,
        path: path.to_owned(),
        is_output,
    };
    paths.into_iter().map(named).collect()
}

/// Whether `line` is a JSON object that begins with `keys`, but for the speaker, and is spelled as
/// this program spells it: others put spaces after commas, or write numbers in another way.
pub(crate) fn is_line(line: &str, keys: &[&str]) -> bool {
    let object = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(line);
    object.is_ok_and(|object| {
        let found = object.keys().filter(|key| *key != "speaker");
        found.take(keys.len()).eq(keys)
            && serde_json::to_string(&object).is_ok_and(|text| text == line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_this_program_are_told_from_others() {
        let is = |line| is_line(line, &["id", "texts", "scores"]);
        assert!(is(r#"{"id":"a","texts":["b"],"scores":[-0.1,1e-300]}"#));
        assert!(is(
            r#"{"id":"a","speaker":null,"texts":[],"scores":[],"more":1}"#
        ));
        assert!(!is(r#"{"id":"a", "texts":["b"],"scores":[-0.1]}"#));
        assert!(!is(r#"{"id":"a","texts":["b"],"scores":[-0.10]}"#));
        assert!(!is(r#"{"id":"a","scores":[],"texts":[]}"#));
        assert!(!is(r#"{"id":"a"}"#) && !is("") && !is("[]"));
    }
}
