//! AdamW (arXiv 1711.05101) on the host, with a state that can be stored exactly.
//!
//! Moments are numbers by parameter path, so that a saved run goes on bit by bit.
//! Learning rates over time are in [`schedule`](mod@crate::train::schedule).

use std::collections::BTreeMap;

use burn::module::Module;
use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::{ParallelSlice, ParallelSliceMut};

use crate::train::moments::{Moments, PAGE, is_zero};
use crate::train::parameters::{Edit, Values, edit};

/// How gradients become steps.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptimizerSettings {
    /// The decay of the average gradient, in `[0, 1)`.
    pub beta1: f64,
    /// The decay of the average squared gradient, in `[0, 1)`.
    pub beta2: f64,
    /// Added to the root of the latter.
    pub epsilon: f64,
    /// Decoupled weight decay of matrices; vectors (biases, normalizations) have none.
    pub weight_decay: f64,
    /// The largest norm of all gradients together; larger ones are scaled down.
    pub clip_norm: f64,
}

impl OptimizerSettings {
    /// What PyTorch users mean by AdamW, with gradients clipped at norm 1.
    pub const DEFAULT: OptimizerSettings = OptimizerSettings {
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        weight_decay: 0.01,
        clip_norm: 1.0,
    };
}

/// The optimizer with its memory.
#[derive(Debug, Clone, PartialEq)]
pub struct AdamW {
    settings: OptimizerSettings,
    /// Steps since the memory was last empty.
    pub steps: u64,
    /// Average gradients by parameter path.
    pub first: BTreeMap<String, Moments>,
    /// Average squared gradients by parameter path.
    pub second: BTreeMap<String, Moments>,
}

impl AdamW {
    /// An optimizer that remembers nothing.
    pub fn new(settings: OptimizerSettings) -> AdamW {
        AdamW {
            settings,
            steps: 0,
            first: BTreeMap::new(),
            second: BTreeMap::new(),
        }
    }

    /// Forgets everything, as between two phases.
    pub fn reset(&mut self) {
        *self = AdamW::new(self.settings);
    }

    /// Moves every parameter that has a gradient; `rate` is the learning rate by path.
    pub fn step<M: Module>(
        &mut self,
        model: M,
        gradients: &Values,
        rate: &dyn Fn(&str) -> f64,
    ) -> M {
        self.steps += 1;
        let age = i32::try_from(self.steps).unwrap_or(i32::MAX);
        let mut step = Step {
            first_correction: 1.0 - self.settings.beta1.powi(age),
            second_correction: 1.0 - self.settings.beta2.powi(age),
            optimizer: self,
            gradients,
            rate,
        };

        edit(model, &mut step)
    }
}

/// One step of an optimizer.
struct Step<'a> {
    optimizer: &'a mut AdamW,
    gradients: &'a Values,
    rate: &'a dyn Fn(&str) -> f64,
    first_correction: f64,
    second_correction: f64,
}

impl Edit for Step<'_> {
    fn chooses(&self, path: &str) -> bool {
        self.gradients.contains_key(path)
    }

    fn edit(&mut self, path: &str, axes: usize, numbers: &mut Vec<f32>) {
        let AdamW {
            settings,
            first,
            second,
            ..
        } = &mut *self.optimizer;
        let OptimizerSettings {
            beta1,
            beta2,
            epsilon,
            weight_decay,
            ..
        } = *settings;

        let Step {
            first_correction,
            second_correction,
            ..
        } = *self;

        let gradient = &self.gradients[path];
        let empty = || Moments::zeros(gradient.len());
        let first = first.entry(path.to_owned()).or_insert_with(empty);
        let second = second.entry(path.to_owned()).or_insert_with(empty);
        let rate = (self.rate)(path);
        let decay = if axes > 1 {
            1.0 - rate * weight_decay
        } else {
            1.0
        };

        numbers
            .par_chunks_mut(PAGE)
            .zip(gradient.par_chunks(PAGE))
            .zip(first.pages_mut())
            .zip(second.pages_mut())
            .with_min_len(16)
            .for_each(|(((numbers, gradient), first), second)| {
                if first.is_none() && second.is_none() && is_zero(gradient) {
                    for x in numbers {
                        *x = narrow(f64::from(*x) * decay);
                    }
                    return;
                }

                let zeros = || vec![0.0; gradient.len()].into_boxed_slice();
                let first = first.get_or_insert_with(zeros);
                let second = second.get_or_insert_with(zeros);
                let moments = first.iter_mut().zip(second);
                for ((x, g), (m, v)) in numbers.iter_mut().zip(gradient).zip(moments) {
                    let slope = f64::from(*g);
                    let mean = beta1 * f64::from(*m) + (1.0 - beta1) * slope;
                    let square = beta2 * f64::from(*v) + (1.0 - beta2) * slope * slope;
                    let step =
                        (mean / first_correction) / ((square / second_correction).sqrt() + epsilon);
                    *m = narrow(mean);
                    *v = narrow(square);
                    *x = narrow(f64::from(*x) * decay - rate * step);
                }
            });
    }
}

/// Adds `more` to `sum`.
pub fn accumulate(sum: &mut Values, more: Values) {
    for (name, values) in more {
        match sum.get_mut(&name) {
            None => {
                sum.insert(name, values);
            }
            Some(sum) => {
                for (sum, value) in sum.iter_mut().zip(&values) {
                    *sum += value;
                }
            }
        }
    }
}

/// How many numbers' squares are added up by one thread.
const BLOCK: usize = 1 << 16;

/// Scales gradients down to a common norm of at most `largest`; returns the norm before. Where that
/// is not finite, nothing is scaled.
pub fn clip(gradients: &mut Values, largest: f64) -> f64 {
    let square = |values: &[f32]| values.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>();
    // Blocks are of one size on any number of threads: sums have the same bits.
    let squares = gradients.values().map(|values| {
        let blocks: Vec<f64> = values.par_chunks(BLOCK).map(square).collect();
        blocks.iter().sum::<f64>()
    });
    let norm = squares.sum::<f64>().sqrt();

    if norm > largest && norm.is_finite() {
        // As PyTorch's `clip_grad_norm_`.
        let factor = narrow(largest / (norm + 1e-6));
        for values in gradients.values_mut() {
            let blocks = values.par_chunks_mut(BLOCK);
            blocks.for_each(|block| block.iter_mut().for_each(|value| *value *= factor));
        }
    }

    norm
}

#[expect(clippy::cast_possible_truncation, reason = "parameters are f32")]
fn narrow(number: f64) -> f32 {
    number as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    use crate::bert::linear::AdaptedLinear;
    use crate::train::parameters::{put, values};

    fn gradients() -> Values {
        Values::from([
            ("weight".to_owned(), vec![1.0, -2.0, 0.5, 0.0]),
            ("bias".to_owned(), vec![3.0, -4.0]),
        ])
    }

    #[test]
    fn the_first_step_has_the_size_of_the_learning_rate() {
        let linear = AdaptedLinear::zeros(2, 2, &Device::flex());
        let mut optimizer = AdamW::new(OptimizerSettings::DEFAULT);
        let linear = optimizer.step(linear, &gradients(), &|_| 0.1);
        let moved = values(&linear, &|_| true);
        for (value, expected) in moved["weight"].iter().zip([-0.1_f32, 0.1, -0.1, 0.0]) {
            assert!((value - expected).abs() < 1e-6, "{moved:?}");
        }
    }

    #[test]
    fn matrices_decay_and_vectors_do_not() {
        let linear = AdaptedLinear::zeros(2, 2, &Device::flex());
        let ones = [("weight", 4), ("bias", 2)];
        let ones = ones.map(|(path, count)| (path.to_owned(), vec![1.0; count]));
        let linear = put(linear, Values::from(ones));
        let still = Values::from([
            ("weight".to_owned(), vec![0.0; 4]),
            ("bias".to_owned(), vec![0.0; 2]),
        ]);
        let settings = OptimizerSettings {
            weight_decay: 0.5,
            ..OptimizerSettings::DEFAULT
        };
        let linear = AdamW::new(settings).step(linear, &still, &|_| 0.1);
        let moved = values(&linear, &|_| true);
        assert_eq!(moved["weight"], [0.95; 4]);
        assert_eq!(moved["bias"], [1.0; 2]);
    }

    #[test]
    fn large_gradients_are_scaled_to_the_largest_norm() {
        let mut gradients = Values::from([("bias".to_owned(), vec![3.0, -4.0])]);
        assert!((clip(&mut gradients, 1.0) - 5.0).abs() < 1e-12);
        assert!((gradients["bias"][0] - 0.6).abs() < 1e-5);
        assert!(clip(&mut gradients, 2.0) < 1.0 + 1e-5);

        let mut endless = Values::from([("bias".to_owned(), vec![3.0, f32::INFINITY])]);
        assert!(clip(&mut endless, 1.0).is_infinite());
        assert_eq!(endless["bias"][0].to_bits(), 3.0_f32.to_bits());
        assert!((gradients["bias"][0] - 0.6).abs() < 1e-5);
    }
}
