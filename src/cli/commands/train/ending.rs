//! How training ends before its end: what is saved, and what is said.

use crate::cli::interruption::Interruption;
use crate::train::TrainError;
use crate::train::driver::Stop;
use crate::train::progress::Kept;

/// What is said of a run that was interrupted; `kept` is its state, if a step was taken.
pub(super) fn interrupted(kept: Option<&Kept>) -> String {
    match kept {
        None => "interrupted before the first step, so nothing was lost: begin anew with --resume"
            .to_owned(),
        Some(kept) => format!(
            "interrupted after step {}; the state is in {}: go on with --resume",
            kept.step,
            kept.folder.display()
        ),
    }
}

/// What is said of a result that could not be written, where the state of its training is saved.
pub(super) fn unwritten(kept: Option<&Kept>) -> String {
    match kept {
        None => "failed to write what was trained".to_owned(),
        Some(kept) => format!(
            "failed to write what was trained, whose state is in {}: the same command with --resume writes it \
             without training again",
            kept.folder.display()
        ),
    }
}

impl Stop for Interruption {
    fn asked(&self) -> bool {
        self.asked()
    }

    fn overdue(&self) -> bool {
        self.overdue()
    }

    fn whole(
        &self,
        save: &mut dyn FnMut() -> Result<Kept, TrainError>,
    ) -> Result<Kept, TrainError> {
        self.whole(save)
    }

    fn leave(&self, save: &mut dyn FnMut() -> Result<Option<Kept>, TrainError>) {
        self.whole(|| match save() {
            Ok(kept) => self.end(&interrupted(kept.as_ref())),
            Err(error) => self.end(&format!(
                "interrupted; the state could not be saved: {:#}",
                anyhow::Error::new(error)
            )),
        });
    }
}
