//! A check on many machines: each scores the utterances of one shard, and a merge does the rest.
//!
//! Which shard an utterance belongs to is decided by its id. A process draws and scores its own
//! utterances alone and writes what the model said as one [part](mod@crate::cli::shards::part).
//! The merge is the check itself, of all utterances: a model that is told all [parts](Parts), a
//! stretch of utterances at a time, is asked no text of theirs. So every figure comes to be as in a
//! check that was not sharded, and is the same.

mod handing;
pub(crate) mod options;
pub(crate) mod part;
mod parts;
pub(crate) mod settings;
pub(crate) mod shard;

pub(crate) use crate::cli::shards::handing::Handing;
pub(crate) use crate::cli::shards::parts::Parts;
