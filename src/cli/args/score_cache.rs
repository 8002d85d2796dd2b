//! `--cache`: a file in which runs keep the scores of models that cost time.

use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::args::outputs::{inputs, written};
use crate::files::{Input, WriteError, refuse_overlap};
use crate::report::model_record::ModelRecord;
use crate::rescore::cache::{CacheError, ScoreCache, companions};

/// The option.
const OPTION: &str = "--cache";

/// Where scores are kept between runs.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct CacheInput {
    /// File that keeps every score between runs: what it holds is not asked of the model again
    #[arg(
        long,
        value_name = "FILE",
        long_help = "File that keeps every score between runs: what it holds is not asked of the \
            model again. For checkpoints, programs and servers; it is made where it is not there, \
            and several models and several runs on one machine may share it, also at once. It \
            never changes a result. Scores are known by the model's files, by the command with \
            what the program says of itself and the files that it names, or by the server with \
            what it says it serves: a program or server whose model changes in another way should \
            say another version"
    )]
    cache: Option<PathBuf>,
}

impl CacheInput {
    /// The file, and what is kept beside it while it is open: no output may replace any of them.
    pub(crate) fn inputs(&self) -> Vec<Input> {
        let beside: Vec<PathBuf> = self
            .cache
            .iter()
            .flat_map(|path| companions(path))
            .collect();
        [
            inputs(OPTION, self.cache.as_deref()),
            written(OPTION, beside.iter().map(PathBuf::as_path)),
        ]
        .concat()
    }

    /// Refuses a file that is, or is among, what else is read, or has one of its companions there.
    pub(crate) fn ensure_apart(&self, read: &[Input]) -> Result<(), WriteError> {
        let others: Vec<Input> = read
            .iter()
            .filter(|input| input.option != OPTION)
            .cloned()
            .collect();
        let own = self.inputs();
        own.iter()
            .try_for_each(|own| refuse_overlap(&own.path, &others))
    }

    /// Whether a file is named.
    pub(crate) fn is_given(&self) -> bool {
        self.cache.is_some()
    }

    /// Looks whether the file can be used, and lets go of it: what is scored from now on is neither
    /// taken from it nor kept there.
    pub(crate) fn let_go(&mut self) -> Result<(), CacheError> {
        match self.cache.take() {
            Some(path) => ScoreCache::try_out(&path),
            None => Ok(()),
        }
    }

    /// Opens the file, if one is named.
    pub(crate) fn open(&self) -> Result<Option<Arc<ScoreCache>>, CacheError> {
        let cache = self.cache.as_deref().map(ScoreCache::open);
        Ok(cache.transpose()?.map(Arc::new))
    }
}

/// The stamp of models that this program computes itself: another one whenever the same files come
/// to score otherwise than before.
#[cfg(feature = "bert")]
pub(crate) const OWN_SCORING: &str = "scoring 2";

/// What tells the model of `record` on `device` from all that may score otherwise; `stamp` is what
/// the record does not know. Weights and scales are no part of it: scores are those of the second
/// pass alone.
pub(crate) fn identity(record: &ModelRecord, device: &str, stamp: &str) -> String {
    // Whatever a record will have besides decides scores, until it is said here that it does not.
    let ModelRecord {
        name: _,
        kind,
        content_hash,
        // It is in the hash.
        says: _,
        head,
        weight: _,
        first_pass_scale: _,
        max_length,
        // What of them decides scores is in the hash, the head or the length.
        options: _,
        precision,
    } = record;

    serde_json::json!([
        kind,
        content_hash,
        head,
        max_length,
        precision,
        device,
        stamp
    ])
    .to_string()
}
