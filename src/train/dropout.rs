//! Dropout that can be repeated: burn's random numbers, started anew for every pass.
//!
//! burn draws from one generator for the whole process. It is therefore given a
//! seed before each forward pass, a pure function of run and step, and nobody else may draw until
//! the pass is over.

use std::sync::{Mutex, PoisonError};

use burn::tensor::Device;

use crate::stats::random::Stream;

/// Held while somebody draws.
static GENERATOR: Mutex<()> = Mutex::new(());

/// Runs `pass` with the random numbers of step `step` under `seed`.
///
/// Two runs in one process do not disturb each other: their passes wait for one another.
pub fn repeatable<R>(device: &Device, seed: u64, step: usize, pass: impl FnOnce() -> R) -> R {
    // A pass that panicked has left nothing half-done: the next one seeds anew.
    let _only = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    device.seed(Stream::new(seed, step as u64).next_bits());
    pass()
}
