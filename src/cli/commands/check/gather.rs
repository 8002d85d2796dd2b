//! What a check keeps of its lists while it runs: counts, the worst failures, and the lines of its
//! files, which wait until all of them are known.

use std::io::{self, Write};

use crate::check::engine::counts::{UtteranceCounts, add_check, clean_counts};
use crate::check::engine::outcome::{CheckOutcome, Outcome};
use crate::check::engine::plan::Plan;
use crate::check::failures::harmful_flips::HarmfulFlips;
use crate::check::judge::clustering::Clustering;
use crate::check::judge::run_counts::{RunCounts, Stretch};
use crate::cli::training_overlap::TrainingOverlap;
use crate::files::{Waited, Waiting};
use crate::report::{cases, utterances};

/// What is kept, part after part.
pub(super) struct Gathering<'a> {
    counts: RunCounts<'a>,
    flips: Option<HarmfulFlips>,
    overlap: TrainingOverlap,
    /// The lines of each check; none where no cases are kept.
    cases: Vec<Waiting>,
    /// The lines of all utterances, and their hash.
    utterances: Waiting,
    hasher: blake3::Hasher,
    /// What these lines say, where another run is compared with it.
    compared: Option<Vec<UtteranceCounts>>,
    /// Of the part in work.
    part: Vec<UtteranceCounts>,
}

/// What was kept of all lists.
pub(super) struct Gathered<'a> {
    pub(super) counts: RunCounts<'a>,
    pub(super) flips: Option<HarmfulFlips>,
    pub(super) overlap: TrainingOverlap,
    pub(super) files: WaitedFiles,
    /// What `utterances.jsonl` says, where it is compared.
    pub(super) compared: Vec<UtteranceCounts>,
}

/// Files of a report that wait to be written.
pub(super) struct WaitedFiles {
    /// The lines of each check, for the file of cases.
    pub(super) cases: Vec<Waited>,
    /// `utterances.jsonl`.
    pub(super) utterances: Waited,
    /// Its hash.
    pub(super) utterances_hash: String,
}

/// What is kept beside counts.
pub(super) struct Keeping {
    pub(super) flips: Option<HarmfulFlips>,
    pub(super) cases: bool,
    pub(super) compared: bool,
}

impl<'a> Gathering<'a> {
    /// Of no list yet, under the checks of `plan`.
    pub(super) fn new(
        plan: &Plan<'a>,
        counts: RunCounts<'a>,
        keeping: Keeping,
    ) -> io::Result<Gathering<'a>> {
        let checks = plan.checks().filter(|_| keeping.cases);
        Ok(Gathering {
            counts,
            flips: keeping.flips,
            overlap: TrainingOverlap::default(),
            cases: checks.map(|_| Waiting::new()).collect::<io::Result<_>>()?,
            utterances: Waiting::new()?,
            hasher: blake3::Hasher::new(),
            compared: keeping.compared.then(Vec::new),
            part: Vec::new(),
        })
    }

    /// Which lists belong together.
    pub(super) fn clustering(&self) -> &Clustering {
        self.counts.clustering()
    }

    /// Takes in a run that was made at once.
    pub(super) fn add(&mut self, plan: &Plan<'_>, outcome: &Outcome<'_>) -> io::Result<()> {
        let stretch = Stretch {
            first: 0,
            utterances: plan.utterances,
            clean: &outcome.clean,
        };
        self.begin(stretch);
        for (index, check) in outcome.checks.iter().enumerate() {
            self.add_check(index, plan, stretch, check)?;
        }
        self.end_part()
    }

    /// Takes the clean lists of a part in.
    pub(super) fn begin(&mut self, stretch: Stretch<'_>) {
        self.counts.add_clean(stretch);
        self.part = clean_counts(stretch.utterances, stretch.clean);
    }

    /// Takes in what happened to the part under the check at `index`.
    pub(super) fn add_check(
        &mut self,
        index: usize,
        plan: &Plan<'_>,
        stretch: Stretch<'_>,
        check: &CheckOutcome<'_>,
    ) -> io::Result<()> {
        let Stretch {
            first,
            utterances,
            clean,
        } = stretch;
        let Gathering {
            counts,
            flips,
            overlap,
            cases,
            part,
            ..
        } = self;

        // What is counted and what is written are other data: neither waits for the other.
        let (counted, written) = rayon::join(
            || counts.add_check(index, plan, stretch, check),
            || {
                overlap.add(&check.trials);
                if let Some(flips) = flips {
                    flips.add(index, first, utterances, check);
                }
                add_check(part, check);
                match cases.get_mut(index) {
                    Some(lines) => cases::write_lines(lines, check, utterances, clean),
                    None => Ok(()),
                }
            },
        );
        counted.and(written)
    }

    /// All checks of the part are in.
    pub(super) fn end_part(&mut self) -> io::Result<()> {
        let mut lines = Vec::new();
        utterances::write(&mut lines, &self.part)?;
        self.hasher.update(&lines);
        self.utterances.write_all(&lines)?;

        let part = std::mem::take(&mut self.part);
        if let Some(compared) = &mut self.compared {
            compared.extend(part);
        }
        Ok(())
    }

    /// All parts are in.
    pub(super) fn end(self) -> io::Result<Gathered<'a>> {
        let cases = self.cases.into_iter().map(Waiting::end);
        Ok(Gathered {
            counts: self.counts,
            flips: self.flips,
            overlap: self.overlap,
            files: WaitedFiles {
                cases: cases.collect::<io::Result<_>>()?,
                utterances: self.utterances.end()?,
                utterances_hash: self.hasher.finalize().to_hex().to_string(),
            },
            compared: self.compared.unwrap_or_default(),
        })
    }
}
