//! The report folder: what it holds.

use clap::ValueEnum;

use crate::check::judge::words::WordPair;
use crate::cli::commands::check::gather::WaitedFiles;
use crate::cli::commands::failures::FailureFiles;
use crate::files::{ResultFolder, WriteError, write_file};
use crate::nbest::Utterance;
use crate::report::cases::{self, Form};
use crate::report::html::{self, Page};
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
    /// Whether they are kept.
    pub(super) fn is_on(self) -> bool {
        self != CasesChoice::Off
    }

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
    pub(super) utterances: &'a [Utterance],
    pub(super) pairs: &'a [Vec<WordPair>],
    pub(super) waited: &'a mut WaitedFiles,
    pub(super) failures: &'a FailureFiles<'a>,
    pub(super) cases: CasesChoice,
    /// The folder as whoever replays a failure names it.
    pub(super) shown: &'a str,
}

impl Contents<'_> {
    /// Writes the folder, whole or not at all.
    pub(super) fn write(&mut self, folder: &ResultFolder) -> Result<(), WriteError> {
        folder.replace(|folder| {
            write_file(&folder.join("report.json"), |file| {
                file.write_all(json::render(self.report).as_bytes())
            })?;
            write_file(&folder.join("report.md"), |file| {
                file.write_all(markdown::render(self.report).as_bytes())
            })?;
            write_file(&folder.join(html::FILE_NAME), |file| {
                file.write_all(self.page().as_bytes())
            })?;
            if let Some(form) = self.cases.form() {
                write_file(&folder.join(form.file_name()), |file| {
                    cases::write(file, form, |out| {
                        let mut checks = self.waited.cases.iter_mut();
                        checks.try_for_each(|lines| lines.copy(out))
                    })
                })?;
            }
            write_file(&folder.join(utterances::FILE_NAME), |file| {
                self.waited.utterances.copy(file)
            })?;
            self.failures.write(folder, self.utterances)
        })
    }

    fn page(&self) -> String {
        html::render(&Page {
            report: self.report,
            pairs: self.pairs,
            counterexamples: self.failures.counterexamples(),
            folder: self.shown,
            cases: self.cases.form().map(Form::file_name),
        })
    }
}
