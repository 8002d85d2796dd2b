//! The n-best lists that a command works on, as its options name them.
//!
//! Flattened into every command that reads lists. How files are read is in
//! [`nbest::read`](mod@crate::nbest::read).

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::cli::args::list_warnings::{self, SpeakerNotes};
use crate::cli::args::numbers::not_negative;
use crate::cli::args::outputs::inputs;
use crate::cli::args::speakers::SpeakerInput;
use crate::cli::args::trained_on::{self, TrainedOn};
use crate::cli::terminal::Terminal;
use crate::files::Input as FileInput;
use crate::nbest::format::{Format, UnknownFormat};
use crate::nbest::kaldi::is_named_as_costs;
use crate::nbest::limits::Limits;
use crate::nbest::lists::{HELD, Lists, ListsError};
use crate::nbest::normalize::Normalization;
use crate::nbest::origins::Wanted;
use crate::nbest::read::{Corpus, Input, Kept, ReadOptions, ScoreKind};
use crate::nbest::share::Share;
use crate::nbest::survey::Survey;

/// The lists that are used where none are named.
const BUNDLED: &[u8] = include_bytes!("../../../fixtures/nbest/test.jsonl");

/// Which lists, and how they are read.
#[derive(Debug, clap::Args)]
pub(crate) struct NBestInput {
    /// File of n-best lists, also .gz or .zst; repeatable. The bundled test set if not given
    ///
    /// JSON lines, one utterance each: {"id": .., "speaker": .., "ref": .., "hyps": [{"text": ..,
    /// "score": ..}]}. HyPoradise, HypR and mlm-scoring JSON, Kaldi-style text, ESPnet folders and
    /// SCTK trn are read too: see --nbest-format. - is standard input.
    #[arg(long, value_name = "FILE", help_heading = "N-best lists")]
    nbest: Vec<PathBuf>,
    #[command(flatten)]
    reading: Reading,
}

impl NBestInput {
    /// Reads the named files, or the bundled test set.
    pub(crate) fn read(&self, terminal: &Terminal) -> anyhow::Result<Lists> {
        self.read_for(&[], terminal)
    }

    /// The same for models that were trained on text normalized as they say: their normalization
    /// is used unless another one was typed.
    pub(crate) fn read_for(
        &self,
        trained: &[TrainedOn],
        terminal: &Terminal,
    ) -> anyhow::Result<Lists> {
        self.read_share(trained, (Wanted::default(), None), terminal)
    }

    /// The same with what is `wanted` beside normalized texts.
    pub(crate) fn read_wanting(
        &self,
        trained: &[TrainedOn],
        wanted: Wanted,
        terminal: &Terminal,
    ) -> anyhow::Result<Lists> {
        self.read_share(trained, (wanted, None), terminal)
    }

    /// The same, of which those lists are kept that are in the share, if there is one.
    fn read_share(
        &self,
        trained: &[TrainedOn],
        kept: (Wanted, Option<Share>),
        terminal: &Terminal,
    ) -> anyhow::Result<Lists> {
        let mut said = trained.iter().filter_map(|one| one.normalization);
        let first = said.next();
        let agreed = first.filter(|first| said.all(|other| other == *first));
        let used = self.reading.normalize.or(agreed).unwrap_or_default();
        for TrainedOn {
            model,
            normalization,
            ..
        } in trained
        {
            if let Some(normalization) = normalization.filter(|one| *one != used) {
                terminal.warn(&format!(
                    "{model} was trained on text that is {}, and reads text that is {} here: its \
                        scores may mean little",
                    normalization.describe(),
                    used.describe()
                ));
            }
        }

        self.reading.say_costs(terminal);
        let lists = self.read_as(used, kept)?;
        list_warnings::warn(&lists, self.reading.costs, terminal);
        Ok(lists)
    }

    fn read_as(
        &self,
        normalization: Normalization,
        kept: (Wanted, Option<Share>),
    ) -> anyhow::Result<Lists> {
        if !self.nbest.is_empty() {
            return self.reading.read_as(&self.nbest, normalization, kept);
        }

        self.reading.check_bundled()?;
        let options = self.reading.options(normalization);
        let mut corpus = Corpus::read_share("test.jsonl (bundled)", BUNDLED, &options, kept)?;
        corpus.assign_speakers(&self.reading.speakers.source()?)?;

        Ok(Lists::of(corpus))
    }

    /// That these are lists that models were trained on, or, where `is_choice_told`, chosen by: a
    /// caution for each of them.
    pub(crate) fn known_to(&self, trained: &[TrainedOn], is_choice_told: bool) -> Vec<String> {
        trained_on::cautions(trained, &self.nbest, BUNDLED, is_choice_told)
    }

    /// Whether no file is named.
    pub(crate) fn is_bundled(&self) -> bool {
        self.nbest.is_empty()
    }

    /// That the speakers of the bundled lists are few voices in many settings, where they are read
    /// with these speakers.
    pub(crate) fn voices_note(&self, survey: &Survey) -> Option<String> {
        if self.reading.speakers.is_given() || !self.nbest.is_empty() {
            return None;
        }

        let voices = survey.voices()?;
        let speakers = survey.speakers.len();
        Some(format!(
            "the {speakers} bundled speakers are {voices} synthetic voices: no evidence about \
             people",
        ))
    }

    /// The files.
    pub(crate) fn inputs(&self) -> Vec<FileInput> {
        let lists = inputs("--nbest", self.nbest.iter().map(PathBuf::as_path));
        [lists, self.reading.inputs()].concat()
    }

    /// As [`NBestInput::read_for`], for those who need speakers: some utterances without one are an
    /// error, and beside the lists is what there is to say of speakers. Those lists are kept that
    /// are in `share`, if there is one.
    pub(crate) fn read_with_speakers(
        &self,
        trained: &[TrainedOn],
        share: Option<Share>,
        terminal: &Terminal,
    ) -> anyhow::Result<(Lists, SpeakerNotes)> {
        let lists = self.read_share(trained, (Wanted::default(), share), terminal)?;
        lists.survey.unnamed.complete().with_context(|| {
            let files = lists.facts.files.iter().map(|(name, _)| name.as_str());
            let files: Vec<&str> = files.collect();
            format!("failed to tell the speakers of {}", files.join(", "))
        })?;
        let given = &self.reading.speakers;
        let notes = SpeakerNotes::of(&lists, given.is_given(), given.no_speakers);
        Ok((lists, notes))
    }
}

/// How n-best files are read, and which files belong to them.
#[derive(Debug, clap::Args)]
pub(crate) struct Reading {
    /// Format of the lists; found by content and name if not given
    ///
    /// jsonl: lines of {"id": .., "speaker": .., "ref": .., "hyps": [{"text": .., "score": ..}]},
    ///   or an array of them.
    /// hyporadise: JSON array or lines of {"input": [hypotheses], "output": reference}; ids are
    ///   their "id" or come from the file's name.
    /// hypr: JSON array or lines of {"utt_id": .., "ref": .., "hyps": [texts], "score": [..]}.
    /// mlm-scoring: one JSON object of {"utt": {"ref": .., "hyp_1": {"score": .., "text": ..}, ..}}.
    /// kaldi: lines "utt-1 words", "utt-2 words", with --refs and perhaps --scores; or a folder with
    ///   words_text, ac_cost and lm_cost (acwt, lmwt.withlm). --refs is Kaldi text "utt words" then,
    ///   too, unless its name ends in .trn.
    /// espnet: folders 1best_recog, 2best_recog, .. with lines "utt words" in text (name the files,
    ///   or the folder around them), with --refs.
    /// espnet-json: ESPnet1's data.json with "rec_text".
    /// nemo: NeMo's beams, lines "words TAB score", with the manifest as --refs.
    /// wenet: lines "wav utt" and "candidate -3.2 words", with --refs.
    /// srilm: SRILM's lists, one file an utterance, with --refs; the id is the file's name.
    /// alternatives: JSON of Vosk, Azure, Google, Watson, AWS or Deepgram, one file an utterance,
    ///   with --refs.
    /// fairseq: lines "H-0 TAB -0.15 TAB words" as fairseq-generate prints them, with "T-0 TAB
    ///   words" or --refs; D- lines, where there are any, take the place of H- lines.
    /// trn: lines "words (speaker-utt)", one hypothesis each, with --refs; of alternatives
    ///   { a / b / @ } the one with the least errors.
    #[arg(
        help_heading = "N-best lists",
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
    #[arg(help_heading = "N-best lists", long)]
    costs: bool,

    /// What is done to the text before words are compared: default, none, or a list of steps
    ///
    /// Steps, separated by commas: lowercase, apostrophes (curly ones become straight), nfc
    /// (Unicode composition), strip-punctuation, strip-hesitations (words in parentheses such as
    /// (%hesitation), and words that begin with %), characters (those of scripts without spaces
    /// between words, such as Chinese, count as words; Latin words stay whole). "default" is the first three. Whatever the
    /// steps, "none" too, a text is its words with one space between them. Reports state it. If not
    /// given, a checkpoint that is scored says what it was trained on; else it is "default".
    #[arg(help_heading = "N-best lists", long, value_name = "STEPS")]
    normalize: Option<Normalization>,

    /// Kaldi scores, lines "utt-1 -12.3"; repeatable: those of one hypothesis in several files add
    /// up
    ///
    /// Higher is better, unless --costs says otherwise or the file is named as costs: ac_cost,
    /// lm_cost, lmwt.nolm.
    #[arg(help_heading = "N-best lists", long, value_name = "FILE")]
    scores: Vec<PathBuf>,

    /// Multiplies acoustic scores: am_score of JSON, and files of --scores named like ac_cost or
    /// am.scores
    #[arg(help_heading = "N-best lists", long, value_name = "W", value_parser = not_negative)]
    acwt: Option<f64>,

    /// References, as Kaldi text, trn or a manifest (JSON lines with "audio_filepath" and "text");
    /// repeatable
    ///
    /// For lists that carry none, and instead of those that lists carry. STM is read too where
    /// every recording has one segment: its name is the id.
    #[arg(help_heading = "N-best lists", long, value_name = "FILE")]
    refs: Vec<PathBuf>,

    #[command(flatten)]
    speakers: SpeakerInput,

    /// Longest line, or record of a JSON file, in bytes: a damaged file must not take all memory
    #[arg(help_heading = "N-best lists", long, value_name = "BYTES", default_value_t = Limits::default().line, value_parser = clap::value_parser!(u64).range(1..), hide_short_help = true)]
    max_line: u64,

    /// So many bytes of lists are held in memory, about; more wait in the folder of temporary files
    ///
    /// That is /tmp, or what the variable TMPDIR names; as much room is needed there as the lists
    /// take as plain text. What is printed and written is the same however many are held.
    #[arg(
        help_heading = "N-best lists",
        long,
        value_name = "BYTES",
        default_value_t = HELD as u64,
        hide_short_help = true
    )]
    hold_lists: u64,

    /// Largest file, decompressed, in bytes
    #[arg(help_heading = "N-best lists", long, value_name = "BYTES", default_value_t = Limits::default().file, value_parser = clap::value_parser!(u64).range(1..), hide_short_help = true)]
    max_file: u64,
}

impl Reading {
    /// Reads `files` as one set.
    pub(crate) fn read(&self, files: &[PathBuf], terminal: &Terminal) -> anyhow::Result<Lists> {
        self.read_wanting(files, Wanted::default(), terminal)
    }

    /// The same with what is `wanted` beside normalized texts.
    pub(crate) fn read_wanting(
        &self,
        files: &[PathBuf],
        wanted: Wanted,
        terminal: &Terminal,
    ) -> anyhow::Result<Lists> {
        self.say_costs(terminal);
        let lists = self.read_as(files, self.normalization(), (wanted, None))?;
        list_warnings::warn(&lists, self.costs, terminal);
        Ok(lists)
    }

    /// The files that belong to lists.
    pub(crate) fn inputs(&self) -> Vec<FileInput> {
        fn of(paths: &[PathBuf]) -> impl Iterator<Item = &Path> {
            paths.iter().map(PathBuf::as_path)
        }
        [
            inputs("--scores", of(&self.scores)),
            inputs("--refs", of(&self.refs)),
            inputs("--utt2spk", self.speakers.utt2spk.as_deref()),
        ]
        .concat()
    }

    fn read_as(
        &self,
        files: &[PathBuf],
        normalization: Normalization,
        (wanted, share): (Wanted, Option<Share>),
    ) -> anyhow::Result<Lists> {
        if self.acwt.is_some() && !self.scores.is_empty() {
            anyhow::ensure!(
                self.scores.iter().any(|path| is_acoustic(path)),
                "--acwt multiplies acoustic scores, and no file of --scores is named as such: \
                    call it ac_cost"
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
        let limits = Limits {
            line: self.max_line,
            file: self.max_file,
        };

        let speakers = self.speakers.source()?;
        let options = self.options(normalization);
        // The sources of these errors are the messages: what only passes them on is left out.
        let held = usize::try_from(self.hold_lists).unwrap_or(usize::MAX);
        let kept = Kept {
            wanted,
            held,
            share,
        };
        Lists::open(&inputs, &options, limits, kept, speakers).map_err(|error| match error {
            ListsError::Read(error) => error.into(),
            ListsError::Speakers(error) => error.into(),
            ListsError::ReadBack(error) => error.into(),
        })
    }

    /// Says which files of scores were read as costs because of their names, and which were not.
    fn say_costs(&self, terminal: &Terminal) {
        let is_cost = |path: &&PathBuf| is_named_as_costs(path);
        let (costs, others): (Vec<&PathBuf>, Vec<&PathBuf>) = self.scores.iter().partition(is_cost);
        if self.costs || costs.is_empty() {
            return;
        }

        let listed = |paths: &[&PathBuf]| {
            let names = paths.iter().map(|path| path.display().to_string());
            names.collect::<Vec<String>>().join(", ")
        };
        let rest = if others.is_empty() {
            String::new()
        } else {
            format!(
                "; read as scores, where higher is better: {}",
                listed(&others)
            )
        };
        terminal.warn(&format!(
            "read as costs, where lower is better, because of their names: {}{rest}; if that is \
                wrong, give the files other names, or say --costs where all are costs",
            listed(&costs)
        ));
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
