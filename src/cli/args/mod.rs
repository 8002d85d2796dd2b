//! Options that several commands share, and what they resolve to.

#[cfg(feature = "bert")]
pub(crate) mod cache;
pub(crate) mod input;
pub(crate) mod interpolation;
pub(crate) mod model;
#[cfg(feature = "bert")]
pub(crate) mod model_files;
pub(crate) mod model_name;
#[cfg(feature = "bert")]
pub(crate) mod onnx;
pub(crate) mod outputs;
pub(crate) mod paths;
pub(crate) mod precision;
pub(crate) mod program;
pub(crate) mod score_cache;
pub(crate) mod served;
