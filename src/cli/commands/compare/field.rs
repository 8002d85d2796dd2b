//! The field: all models of a comparison, run one after the other.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;

use crate::check::compare::contender::Contender;
use crate::check::engine::outcome::Outcome;
use crate::check::engine::plan::Plan;
use crate::check::engine::run;
use crate::check::engine::wrong_way::WrongWay;
use crate::check::judge::remarks::remarks_on;
use crate::cli::commands::check::Stages;
use crate::cli::commands::compare::contenders::{Group, refuse_mixed, rescorer_record};
use crate::cli::saved_scores::SavedScores;
use crate::cli::score_files::file_of_model;
use crate::cli::terminal::Terminal;
use crate::cli::training_overlap::TrainingOverlap;
use crate::nbest::spelling::SpelledApart;
use crate::report::cautions;
use crate::report::comparison::record::RescorerRecord;
use crate::report::model_kind::ModelKind;
use crate::report::ranks::RankPicture;

/// All that is known of the models that have been run.
#[derive(Default)]
pub(super) struct Field<'a> {
    pub(super) contenders: Vec<Contender<'a>>,
    pub(super) rescorers: Vec<Vec<RescorerRecord>>,
    pub(super) ranks: Vec<RankPicture>,
    pub(super) notes: Vec<String>,
    /// Whether the scores of the lists seem to be the wrong way round.
    pub(super) wrong_way: Option<WrongWay>,
    /// Whether references are spelled in another way than hypotheses.
    pub(super) spelled_apart: Option<SpelledApart>,
}

impl<'a> Field<'a> {
    /// Loads and runs the models of a label one after the other: only one of them is in memory.
    /// What they score is `saved` beside `folder`, if there is one.
    pub(super) fn enter(
        &mut self,
        group: &Group,
        plan: &Plan<'a>,
        folder: Option<&Path>,
        saved: &mut Vec<SavedScores>,
        terminal: &Terminal,
    ) -> anyhow::Result<()> {
        let mut outcomes = Vec::new();
        let mut rescorers: Vec<RescorerRecord> = Vec::new();
        for input in &group.models {
            let progress = Arc::new(terminal.progress("texts"));
            let model = input.load(terminal, Arc::clone(&progress))?;
            let record = rescorer_record(input, model.record())?;
            let notes = model.notes().into_iter();
            let notes = notes.map(|note| format!("{}: {note}", group.label));
            self.notes.extend(notes);
            model.tell(|_| true, terminal);
            rescorers.push(record);
            refuse_mixed(&group.label, &rescorers)?;
            let scores = match folder {
                Some(folder) => {
                    let file = file_of_model(folder, model.record().content_hash.as_deref());
                    let device = input.device_name();
                    SavedScores::recall_beside(saved, file, &model, &device, terminal)?
                }
                None => None,
            };
            let stages = Stages {
                progress: &progress,
            };
            let pool = input.pool()?;
            let outcome = pool.install(|| run::run(plan, model.rescorer(), &stages));
            progress.finish();
            model.warn_of_cache(terminal);
            saved.extend(scores.map(|scores| scores.put_aside(terminal)));
            let outcome =
                outcome.with_context(|| format!("failed to run {}", model.record().name))?;
            if model.saw_perturbed_lists() && outcomes.is_empty() {
                let note = format!("{}: {}", group.label, TrainingOverlap::of(&outcome).note());
                terminal.warn(&note);
                self.notes.push(note);
            }

            let who = match group.models.len() {
                1 => group.label.clone(),
                _ => format!("{} ({})", group.label, model.record().name),
            };
            let is_first_pass = model.record().kind == ModelKind::FirstPass;
            self.remark(&who, is_first_pass, plan, &outcome, terminal);
            outcomes.push(outcome);
            terminal.step(&format!("ran {}", model.record().name));
        }

        #[cfg(feature = "bert")]
        self.ranks
            .extend(crate::cli::commands::rank_pictures::of_group(
                group, &rescorers,
            )?);
        self.contenders.push(Contender {
            label: group.label.clone(),
            is_first_pass: RescorerRecord::are_all(&rescorers, ModelKind::FirstPass),
            outcomes,
        });
        self.rescorers.push(rescorers);

        Ok(())
    }

    /// Something that a reader should know, whether of the screen or of the report.
    pub(super) fn note(&mut self, note: String, terminal: &Terminal) {
        terminal.warn(&note);
        self.notes.push(note);
    }

    /// Notes what is wrong with the rescorer of `outcome`, so that nobody takes its figures for
    /// those of a sound one. Of the first pass, which overrules nothing, only its lists can be.
    fn remark(
        &mut self,
        who: &str,
        is_first_pass: bool,
        plan: &Plan<'_>,
        outcome: &Outcome<'_>,
        terminal: &Terminal,
    ) {
        for remark in remarks_on(plan, outcome, (self.wrong_way, self.spelled_apart.clone())) {
            let sentence = cautions::sentence(&remark);
            let note = match remark.is_of_lists() {
                true => format!("caution: {sentence}"),
                false if is_first_pass => continue,
                false => format!("caution: {who}: {sentence}"),
            };
            if !self.notes.contains(&note) {
                terminal.warn(&note);
                self.notes.push(note);
            }
        }
    }
}
