//! The commands, one file or folder each. Without a command, the program is the [`check`].

pub(crate) mod check;
pub(crate) mod compare;
pub(crate) mod completions;
pub(crate) mod confusions;
pub(crate) mod corrections;
pub(crate) mod explain;
#[cfg(feature = "bert")]
pub(crate) mod export;
pub(crate) mod failures;
pub(crate) mod init;
pub(crate) mod lexicon;
pub(crate) mod nbest;
pub(crate) mod neighbours;
pub(crate) mod perturb;
#[cfg(feature = "bert")]
pub(crate) mod rank_pictures;
#[cfg(feature = "bert")]
pub(crate) mod ranks;
pub(crate) mod replay;
pub(crate) mod report;
pub(crate) mod score;
pub(crate) mod significance;
pub(crate) mod suites;
#[cfg(feature = "bert")]
pub(crate) mod train;
pub(crate) mod tune;
