//! What a check is asked for.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::check::engine::plan::Plan;
use crate::cli::args::draws::DrawInput;
use crate::cli::args::input::NBestInput;
use crate::cli::args::model::ModelInput;
use crate::cli::args::outputs::{self, ForceInput, refuse_second_dash, suite_inputs};
use crate::cli::args::shard::ShardInput;
use crate::cli::args::suite_name::SuiteName;
use crate::cli::commands::check::baseline::BaselineInput;
use crate::cli::commands::check::ci::{CiInput, HeldFiles};
use crate::cli::commands::check::folder::{self, CasesChoice};
use crate::cli::commands::check::held_baseline::HeldBaseline;
use crate::cli::commands::check::places::places;
use crate::cli::commands::check::stopping::StopInput;
use crate::cli::commands::failures::FailureInput;
use crate::cli::commands::lexicon::LexiconInput;
use crate::cli::score_files::file_of;
use crate::files::{Input, Kind, ResultFolder};
use crate::nbest::lists::Lists;
use crate::perturb::menu::Replacements;
use crate::suite::Suite;

/// Options of the check itself.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(super) model: ModelInput,
    /// Built-in suite (perturb-1, perturb-n, perturb-n-coherent, invariants, severity) or path of a
    /// suite file; repeatable
    #[arg(
        long = "suite",
        value_name = "NAME|FILE",
        required = true,
        value_parser = SuiteName,
        hide_possible_values = true
    )]
    pub(super) suites: Vec<String>,
    #[command(flatten)]
    pub(super) nbest: NBestInput,
    #[command(flatten)]
    pub(super) lexicon: LexiconInput,
    #[command(flatten)]
    pub(super) failures: FailureInput,
    /// Folder the report is written to; an earlier report there is replaced, other files stay
    #[arg(long, value_name = "DIR", default_value = "robustness-report")]
    pub(super) out: PathBuf,
    /// How every perturbed list is kept in the report's folder, with what was picked from it
    #[arg(long, value_name = "FORM", value_enum, default_value_t = CasesChoice::Zst)]
    pub(super) cases: CasesChoice,
    #[command(flatten)]
    pub(super) force: ForceInput,
    #[command(flatten)]
    pub(super) draws: DrawInput,
    /// What is printed on standard output; repeatable
    #[arg(long = "format", value_name = "FORMAT", value_enum, default_values_t = [Format::Terminal])]
    pub(super) formats: Vec<Format>,
    #[command(flatten)]
    pub(super) stop: StopInput,
    #[command(flatten)]
    pub(super) baseline: BaselineInput,
    #[command(flatten)]
    pub(super) ci: CiInput,
    #[command(flatten)]
    pub(super) shard: ShardInput,
    /// Say what the check would ask of the model, and about how long that takes; check and write
    /// nothing
    ///
    /// Everything is read, loaded and drawn, and every output tried, so that a check that passes
    /// this begins. The time is an estimate, from a few lists that are scored.
    #[arg(long)]
    pub(super) dry_run: bool,
}

/// What standard output can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A summary for people
    Terminal,
    /// The content of report.json
    Json,
    /// The content of report.md
    Markdown,
}

/// The places that a check writes to.
pub(super) struct Held {
    pub(super) report: ResultFolder,
    pub(super) baseline: Option<HeldBaseline>,
    pub(super) ci: HeldFiles,
}

impl Args {
    pub(super) fn plan<'a>(
        &self,
        lists: &'a Lists,
        suites: &'a [Suite],
        replacements: &'a Replacements,
    ) -> Plan<'a> {
        let utterances = lists.in_memory().unwrap_or_default();
        self.draws.plan(utterances, suites, replacements)
    }

    /// Whether all lists must be in memory at once: for a look ahead, for looks at the results, and
    /// for certificates.
    pub(super) fn needs_all_lists(&self) -> bool {
        self.dry_run || self.stop.is_given() || self.failures.needs_all_lists()
    }

    /// All that is read, but for a baseline.
    pub(super) fn inputs(&self, suites: &[Suite]) -> Vec<Input> {
        [
            self.model.inputs(),
            suite_inputs(&self.suites, suites),
            self.nbest.inputs(),
            self.lexicon.inputs(),
            self.failures.inputs(),
        ]
        .concat()
    }

    /// Holds all places that are written to, before anything is read; `parts` are read as well.
    pub(super) fn hold(&self, suites: &[Suite], parts: Vec<Input>) -> anyhow::Result<Held> {
        let inputs = [self.inputs(suites), parts].concat();
        // Scores of the run are there while it lasts, and are deleted in the end.
        let scores = outputs::written("--out", [file_of(&self.out).as_path()]);
        let apart = [&inputs[..], &scores].concat();
        self.model.cache.ensure_apart(&apart)?;

        let read: Vec<Input> = inputs
            .iter()
            .cloned()
            .chain(self.baseline.inputs())
            .collect();
        refuse_second_dash(&read)?;

        let report = self
            .force
            .folder(&self.out, Kind::Report, &folder::FILES, &read)?;
        let baseline = self.baseline.hold(self.force, &apart)?;
        let kept = [read, scores, self.written()].concat();

        Ok(Held {
            report,
            baseline,
            ci: self.ci.hold(self.force, &kept, || {
                places(&self.suites, suites, &self.nbest.inputs(), &self.out)
            })?,
        })
    }

    /// What the report folder gets: no other output may be one of these.
    fn written(&self) -> Vec<Input> {
        let names = folder::FILES.into_iter().chain(["failures"]);
        let paths: Vec<PathBuf> = names.map(|name| self.out.join(name)).collect();
        outputs::written("--out", paths.iter().map(PathBuf::as_path))
    }
}
