//! When a run began, and how long it took.

use std::time::{Duration, Instant, SystemTime};

use crate::cli::args::model::ModelInput;
use crate::report::record::RunRecord;

/// When the run began.
pub(crate) struct Clock {
    time: SystemTime,
    clock: Instant,
}

impl Clock {
    /// Starts now.
    pub(crate) fn start() -> Clock {
        Clock {
            time: SystemTime::now(),
            clock: Instant::now(),
        }
    }

    /// How long ago the run began.
    pub(crate) fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    /// Time and place of the run, which ends now, and how it asked its `model`.
    pub(crate) fn record(&self, model: &ModelInput, jobs: usize) -> RunRecord {
        RunRecord {
            started: humantime::format_rfc3339_seconds(self.time).to_string(),
            host: gethostname::gethostname().to_string_lossy().into_owned(),
            duration_s: self.elapsed().as_secs_f64(),
            device: model.device_name(),
            jobs,
            out: None,
            asked_with: model.asked_with(),
            cached_scores: None,
            uncached_scores: None,
        }
    }
}
