//! The report folder: what it holds.

use std::io::Write;
use std::path::PathBuf;

use clap::ValueEnum;

use crate::check::engine::counts::UtteranceCounts;
use crate::check::engine::outcome::Outcome;
use crate::check::judge::words::WordPair;
use crate::cli::commands::failures::FailureFiles;
use crate::files::{Content, ResultFolder, WriteError, write_files};
use crate::nbest::Utterance;
use crate::report::cases::{self, Form};
use crate::report::html::{self, Page};
use crate::report::ranks::RankPicture;
use crate::report::{Report, json, markdown, utterances};

/// The files that a report folder may have beside its saved failures.
pub(super) const FILES: [&str; 7] = [
    "report.json",
    "report.md",
    html::FILE_NAME,
    Form::Plain.file_name(),
    Form::Zst.file_name(),
    utterances::FILE_NAME,
    "certificates.jsonl",
];

/// Whether every perturbed list is kept, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum CasesChoice {
    /// Not at all
    Off,
    /// In cases.jsonl
    Plain,
    /// In cases.jsonl.zst
    Zst,
}

impl CasesChoice {
    /// The form, if they are kept.
    fn form(self) -> Option<Form> {
        match self {
            CasesChoice::Off => None,
            CasesChoice::Plain => Some(Form::Plain),
            CasesChoice::Zst => Some(Form::Zst),
        }
    }
}

/// What is written to the folder.
pub(super) struct Contents<'a> {
    pub(super) report: &'a Report,
    /// Of the model's adapters.
    pub(super) ranks: &'a [RankPicture],
    pub(super) outcome: &'a Outcome<'a>,
    pub(super) utterances: &'a [Utterance],
    pub(super) pairs: &'a [Vec<WordPair>],
    pub(super) counts: &'a [UtteranceCounts],
    pub(super) failures: &'a FailureFiles<'a>,
    pub(super) cases: CasesChoice,
    /// The folder as whoever replays a failure names it.
    pub(super) shown: &'a str,
}

impl Contents<'_> {
    /// Writes the folder, whole or not at all.
    pub(super) fn write(&self, folder: &ResultFolder) -> Result<(), WriteError> {
        folder.replace(|folder| {
            let own = self.files().into_iter();
            let mut files: Vec<(PathBuf, Content<'_>)> = own
                .map(|(name, content)| (folder.join(name), content))
                .collect();
            files.extend(self.failures.files(folder, self.utterances)?);

            write_files(files)
        })
    }

    /// Every file but those of failures; what takes longest comes first.
    fn files(&self) -> Vec<(&'static str, Content<'_>)> {
        let mut files: Vec<(&str, Content<'_>)> = Vec::new();

        if let Some(form) = self.cases.form() {
            let write =
                move |file: &mut dyn Write| cases::write(file, form, self.outcome, self.utterances);
            files.push((form.file_name(), Box::new(write)));
        }
        files.push((
            html::FILE_NAME,
            Box::new(|file| file.write_all(self.page().as_bytes())),
        ));
        files.push((
            "report.json",
            Box::new(|file| file.write_all(json::render(self.report).as_bytes())),
        ));
        files.push((
            "report.md",
            Box::new(|file| file.write_all(markdown::render(self.report).as_bytes())),
        ));
        files.push((
            utterances::FILE_NAME,
            Box::new(|file| utterances::write(file, self.counts)),
        ));

        files
    }

    fn page(&self) -> String {
        html::render(&Page {
            report: self.report,
            ranks: self.ranks,
            pairs: self.pairs,
            counterexamples: self.failures.counterexamples(),
            folder: self.shown,
            cases: self.cases.form().map(Form::file_name),
        })
    }
}
