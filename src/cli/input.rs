//! The n-best lists that a command works on, as its options name them.
//!
//! Flattened into every command that reads lists. How files are read is in
//! [`nbest::read`](mod@crate::nbest::read).

use std::path::Path;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser;

use crate::cli::model::not_negative;
use crate::cli::terminal::Terminal;
use crate::nbest::format::Format;
use crate::nbest::format::UnknownFormat;
use crate::nbest::normalize::Normalization;
use crate::nbest::read::Corpus;
use crate::nbest::read::Input;
use crate::nbest::read::ReadOptions;
use crate::nbest::read::ScoreKind;
use crate::nbest::read::is_standard_input;

/// The lists that are used where none are named.
const BUNDLED: &[u8] = include_bytes!("../../fixtures/nbest/test.jsonl");

/// Which lists, and how they are read.
#[derive(Debug, clap::Args)]
pub(crate) struct NBestInput {
    /// File of n-best lists, also .gz or .zst; repeatable. The bundled test set if not given
    ///
    /// JSON lines, one utterance each: {"id": .., "speaker": .., "ref": .., "hyps": [{"text": .., "score": ..}]}.
    /// HyPoradise, HypR and mlm-scoring JSON, Kaldi-style text, ESPnet folders and SCTK trn are read too: see
    /// --nbest-format. - is standard input.
    #[arg(long, value_name = "FILE", help_heading = "N-best lists")]
    nbest: Vec<PathBuf>,
    #[command(flatten)]
    reading: Reading,
}

impl NBestInput {
    /// Reads the named files, or the bundled test set.
    pub(crate) fn read(&self) -> anyhow::Result<Corpus> {
        self.read_as(self.reading.normalization())
    }

    /// The same for models that were trained on text normalized as they say: their normalization
    /// is used unless another one was typed.
    pub(crate) fn read_for(
        &self,
        trained: &[TrainedOn],
        terminal: &Terminal,
    ) -> anyhow::Result<Corpus> {
        let first = trained.first().map(|trained| trained.normalization);
        let agreed = first.filter(|first| trained.iter().all(|one| one.normalization == *first));
        let used = self.reading.normalize.or(agreed).unwrap_or_default();
        for TrainedOn {
            model,
            normalization,
        } in trained
        {
            if *normalization != used {
                terminal.warn(&format!(
                    "{model} was trained on text that is {}, and reads text that is {} here: its scores may mean little",
                    normalization.describe(),
                    used.describe()
                ));
            }
        }
        self.read_as(used)
    }

    fn read_as(&self, normalization: Normalization) -> anyhow::Result<Corpus> {
        if !self.nbest.is_empty() {
            return self.reading.read_as(&self.nbest, normalization);
        }
        self.reading.check_bundled()?;
        Ok(Corpus::read(
            "test.jsonl (bundled)",
            BUNDLED,
            &self.reading.options(normalization),
        )?)
    }
}

/// How the text was normalized that a model was trained on.
#[derive(Debug, Clone)]
pub(crate) struct TrainedOn {
    /// The model, as it was typed.
    pub(crate) model: String,
    pub(crate) normalization: Normalization,
}

/// How n-best files are read, and which files belong to them.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "N-best lists")]
pub(crate) struct Reading {
    /// Format of the lists; found by content and name if not given
    ///
    /// jsonl: lines of {"id": .., "speaker": .., "ref": .., "hyps": [{"text": .., "score": ..}]}, or an array of them.
    /// hyporadise: JSON array or lines of {"input": [hypotheses], "output": reference}; ids are their "id" or come from the file's name.
    /// hypr: JSON array or lines of {"utt_id": .., "ref": .., "hyps": [texts], "score": [..]}.
    /// mlm-scoring: one JSON object of {"utt": {"ref": .., "hyp_1": {"score": .., "text": ..}, ..}}.
    /// kaldi: lines "utt-1 words", "utt-2 words", with --refs and perhaps --scores.
    /// espnet: folders 1best_recog, 2best_recog, .. with lines "utt words" in text (name the files, or the folder around them), with --refs.
    /// trn: lines "words (speaker-utt)", one hypothesis each, with --refs; of alternatives { a / b / @ } the one with the least errors.
    #[arg(
        long,
        value_name = "FORMAT",
        verbatim_doc_comment,
        value_parser = PossibleValuesParser::new(Format::ALL.map(Format::name))
            .try_map(|name| -> Result<Format, UnknownFormat> { name.parse() })
    )]
    nbest_format: Option<Format>,

    /// The scores are costs: lower is better
    ///
    /// Inside, higher is better everywhere; costs are negated when read.
    #[arg(long)]
    costs: bool,

    /// What is done to the text before words are compared: default, none, or a list of steps
    ///
    /// Steps, separated by commas: lowercase, apostrophes (curly ones become straight),
    /// nfc (Unicode composition), strip-punctuation, strip-hesitations (words in parentheses such as
    /// (%hesitation), and words that begin with %). "default" is the first three. Reports state it.
    /// If not given, a checkpoint that is scored says what it was trained on; else it is "default".
    #[arg(long, value_name = "STEPS")]
    normalize: Option<Normalization>,

    /// Kaldi scores, lines "utt-1 -12.3"; repeatable: those of one hypothesis in several files add up
    #[arg(long, value_name = "FILE")]
    scores: Vec<PathBuf>,

    /// Multiplies acoustic scores: am_score of JSON, and files of --scores named like ac_cost or am.scores
    #[arg(long, value_name = "W", value_parser = not_negative)]
    acwt: Option<f64>,

    /// References for lists that carry none, as Kaldi text or trn; repeatable
    #[arg(long, value_name = "FILE")]
    refs: Vec<PathBuf>,
}

impl Reading {
    /// Reads `files` as one corpus.
    pub(crate) fn read(&self, files: &[PathBuf]) -> anyhow::Result<Corpus> {
        self.read_as(files, self.normalization())
    }

    fn read_as(&self, files: &[PathBuf], normalization: Normalization) -> anyhow::Result<Corpus> {
        if self.acwt.is_some() && !self.scores.is_empty() {
            anyhow::ensure!(
                self.scores.iter().any(|path| is_acoustic(path)),
                "--acwt multiplies acoustic scores, and no file of --scores is named as such: call it ac_cost"
            );
        }
        let scores = self.scores.iter().map(|path| {
            if is_acoustic(path) {
                Input::AcousticScores(path.clone())
            } else {
                Input::Scores(path.clone())
            }
        });
        let references = self.refs.iter().cloned().map(Input::References);
        let lists = files.iter().cloned().map(Input::Lists);
        let inputs: Vec<Input> = scores.chain(references).chain(lists).collect();
        let named = files.iter().chain(&self.scores).chain(&self.refs);
        anyhow::ensure!(
            named.filter(|path| is_standard_input(path)).count() < 2,
            "- is standard input, which can be read once: give one file as -"
        );
        Ok(Corpus::open(&inputs, &self.options(normalization))?)
    }

    /// What was typed, or the default.
    fn normalization(&self) -> Normalization {
        self.normalize.unwrap_or_default()
    }

    fn options(&self, normalization: Normalization) -> ReadOptions {
        let scores = if self.costs {
            ScoreKind::Cost
        } else {
            ScoreKind::LogProbability
        };
        ReadOptions {
            normalization,
            format: self.nbest_format,
            scores,
            acoustic_weight: self.acwt.unwrap_or(1.0),
        }
    }

    /// Refuses options that say how files are read where no file is named.
    fn check_bundled(&self) -> anyhow::Result<()> {
        let given = [
            ("--nbest-format", self.nbest_format.is_some()),
            ("--costs", self.costs),
            ("--scores", !self.scores.is_empty()),
            ("--acwt", self.acwt.is_some()),
            ("--refs", !self.refs.is_empty()),
        ];
        match given.iter().find(|(_, given)| *given) {
            Some((option, _)) => {
                anyhow::bail!("{option} says how your files are read; name them with --nbest")
            }
            None => Ok(()),
        }
    }
}

/// Whether a file of scores is named as acoustic: `ac_cost`, `acwt`, `am.scores`.
fn is_acoustic(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let first: String = name.chars().take_while(char::is_ascii_alphabetic).collect();
    matches!(first.as_str(), "ac" | "acwt" | "acoustic" | "am")
}
