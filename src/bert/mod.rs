//! The rescorer, a BERT or one of its kin: configuration, weights, adapters, batches and scores.
//!
//! What a model folder is, is in [`checkpoint`](mod@crate::bert::checkpoint); scoring texts is in
//! [`rescorer`](mod@crate::bert::rescorer). Nothing here trains, and nothing here reads the
//! environment.

pub(crate) mod adapter;
pub(crate) mod adapter_config;
pub(crate) mod adapter_fields;
mod adapter_mismatch;
mod adapter_names;
mod added_tokens;
pub mod architecture;
mod base_model;
pub mod batch;
pub mod checkpoint;
pub mod config;
mod config_file;
pub(crate) mod conversion;
pub mod cpu;
mod cut_side;
pub mod device;
mod distilbert;
pub mod driver;
pub mod encoder;
mod error;
pub(crate) mod guard;
pub(crate) mod initial;
mod late;
pub(crate) mod layer_choice;
pub(crate) mod limits;
pub mod linear;
pub(crate) mod loading;
pub mod model;
pub(crate) mod model_file;
pub(crate) mod module_names;
mod named_tokens;
pub(crate) mod onnx;
mod onnx_file;
pub(crate) mod outline;
pub mod rescorer;
mod stored_rows;
mod tensor_file;
pub mod tensors;
mod tokenizer_class;
pub(crate) mod tokenizer_file;
mod tokenizer_options;
mod tokenizer_parts;
pub(crate) mod tokenizer_source;
mod vocabulary_file;
pub mod weights;

#[cfg(test)]
mod examples;
#[cfg(test)]
mod peers;

pub use crate::bert::error::{LoadError, LoadErrorKind};
