//! `--shard`: a part of a check that runs on many machines.

use crate::cli::shards::shard::{Shard, ShardChoice};

/// Which utterances this process scores.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct ShardInput {
    /// Score shard I of N alone, for `robustness-check merge` to make the report of all; or auto,
    /// in a Slurm array
    ///
    /// Many machines check one model so: each scores its own utterances, which their ids decide,
    /// and writes them as a part into the folder OUT.shards beside the report's folder OUT. A shard
    /// that is done says so, one that was killed goes on. The merge judges all, tests properties,
    /// minimises failures and writes the report: the same as of a check without --shard. auto is
    /// what a Slurm array says, auto/N is task I of N of one, or pod I-1 of a Kubernetes job of N
    /// completions.
    #[arg(
        help_heading = "Many machines",
        long,
        value_name = "I/N|auto",
        num_args = 0..=1,
        default_missing_value = "auto"
    )]
    shard: Option<ShardChoice>,
}

impl ShardInput {
    /// The shard that was asked for.
    pub(crate) fn shard(self) -> anyhow::Result<Option<Shard>> {
        let shard = self.shard.map(|choice| choice.shard(variable));
        shard.transpose()
    }

    /// Whether one was asked for.
    pub(crate) fn is_given(self) -> bool {
        self.shard.is_some()
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
