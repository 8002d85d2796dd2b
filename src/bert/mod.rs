//! The rescorer, a BERT or one of its kin: configuration, weights, adapters, batches and scores.
//!
//! What a model folder is, is in [`checkpoint`](mod@crate::bert::checkpoint); scoring texts is in
//! [`rescorer`](mod@crate::bert::rescorer). Nothing here trains, and nothing here reads the
//! environment.

pub mod adapter;
pub mod adapter_config;
pub mod adapter_fields;
mod adapter_names;
pub mod architecture;
mod base_model;
pub mod batch;
pub mod checkpoint;
pub mod config;
mod config_file;
pub mod conversion;
pub mod cpu;
pub mod device;
mod distilbert;
pub mod encoder;
mod error;
pub mod guard;
pub mod initial;
pub mod layer_choice;
pub mod limits;
pub mod linear;
pub mod loading;
pub mod model;
pub mod model_file;
pub mod module_names;
pub mod onnx;
pub mod rescorer;
pub mod tensors;
pub mod tokenizer_file;
pub mod tokenizer_source;
pub mod weights;

#[cfg(test)]
mod examples;
#[cfg(test)]
mod peers;

pub use crate::bert::error::{LoadError, LoadErrorKind};
