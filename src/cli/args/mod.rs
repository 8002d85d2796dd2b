//! Options that several commands share, and what they resolve to.

pub(crate) mod command_files;
pub(crate) mod draws;
pub(crate) mod input;
pub(crate) mod list_warnings;
pub(crate) mod model;
pub(crate) mod model_name;
pub(crate) mod numbers;
pub(crate) mod outputs;
pub(crate) mod paths;
pub(crate) mod precision;
pub(crate) mod program;
pub(crate) mod score_cache;
pub(crate) mod served;
pub(crate) mod shard;
pub(crate) mod speakers;
pub(crate) mod suite_name;
pub(crate) mod trained_on;
mod unheard;
pub(crate) mod usual;
