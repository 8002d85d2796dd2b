//! How much each direction of a matrix matters: moving averages of sensitivity
//! and of its uncertainty.
//!
//! What is done with the scores is in [`allocation`](mod@crate::train::allocation).

use serde::{Deserialize, Serialize};

/// A matrix that carries an update in SVD form, `B diag(E) A`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatrixShape {
    /// Its path in the model, unique.
    pub name: String,
    /// Width of its input: the width of `A`.
    pub inputs: usize,
    /// Width of its output: the height of `B`.
    pub outputs: usize,
    /// How `A` and `B` lie in memory.
    pub layout: Layout,
}

/// How the factors lie in memory, always row after row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// `A` is `[rank, inputs]`, `B` is `[outputs, rank]`: PyTorch's and PEFT's.
    Peft,
    /// `A` is `[inputs, rank]`, `B` is `[rank, outputs]`: burn's.
    Transposed,
}

/// A factor of the update.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Factor {
    /// The right directions.
    A,
    /// The diagonal.
    E,
    /// The left directions.
    B,
}

impl std::fmt::Display for Factor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Factor::A => "A",
            Factor::E => "E",
            Factor::B => "B",
        })
    }
}

/// One factor at a step: what it is now, and the gradient that moved it there.
#[derive(Debug, Clone, Copy)]
pub struct FactorStep<'a, T> {
    /// The values *after* the optimizer's step.
    pub values: &'a [T],
    /// The gradient that the optimizer used, accumulated and clipped.
    pub gradient: &'a [T],
}

/// One matrix at a step. The shapes are as its [`Layout`] says; `E` has `rank` values.
#[derive(Debug, Clone, Copy)]
pub struct MatrixStep<'a, T> {
    /// The right directions.
    pub a: FactorStep<'a, T>,
    /// The diagonal.
    pub e: FactorStep<'a, T>,
    /// The left directions.
    pub b: FactorStep<'a, T>,
}

/// How fast the averages forget: the weight of the past, `0.0..1.0` each.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decay {
    /// Of the sensitivity (`beta1`).
    pub sensitivity: f64,
    /// Of its uncertainty (`beta2`).
    pub uncertainty: f64,
}

impl Decay {
    /// PEFT's and the authors' choice.
    pub const DEFAULT: Decay = Decay {
        sensitivity: 0.85,
        uncertainty: 0.85,
    };
}

/// The moving averages of one factor, one value for each of its elements.
///
/// In `f64` whatever the weights are in, so that a resumed run goes on bit by bit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Averages {
    /// The moving average `S` of the sensitivity `|value * gradient|`.
    pub sensitivity: Vec<f64>,
    /// The moving average `U` of how far the sensitivity is from its average.
    pub uncertainty: Vec<f64>,
}

impl Averages {
    /// Averages of `elements` elements that have seen nothing: zero, and not corrected for that.
    fn new(elements: usize) -> Averages {
        Averages {
            sensitivity: vec![0.0; elements],
            uncertainty: vec![0.0; elements],
        }
    }

    /// `S = b1 S + (1 - b1) I`, then `U = b2 U + (1 - b2) |I - S|` with the new `S`.
    fn update<T: Copy + Into<f64>>(&mut self, step: FactorStep<'_, T>, decay: Decay) {
        let averages = self.sensitivity.iter_mut().zip(&mut self.uncertainty);
        for ((sensitivity, uncertainty), (&value, &slope)) in
            averages.zip(step.values.iter().zip(step.gradient))
        {
            let now = (value.into() * slope.into()).abs();
            *sensitivity = decay.sensitivity * *sensitivity + (1.0 - decay.sensitivity) * now;
            *uncertainty = decay.uncertainty * *uncertainty
                + (1.0 - decay.uncertainty) * (now - *sensitivity).abs();
        }
    }

    /// The importance `S * U` of element `index`.
    fn importance(&self, index: usize) -> f64 {
        self.sensitivity[index] * self.uncertainty[index]
    }
}

/// The moving averages of one matrix.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatrixImportance {
    /// The matrix.
    pub shape: MatrixShape,
    /// Of the right directions, laid out like them.
    pub a: Averages,
    /// Of the diagonal.
    pub e: Averages,
    /// Of the left directions, laid out like them.
    pub b: Averages,
}

impl MatrixImportance {
    /// The averages of a matrix with `rank` directions before the first step.
    pub fn new(shape: MatrixShape, rank: usize) -> MatrixImportance {
        MatrixImportance {
            a: Averages::new(rank * shape.inputs),
            e: Averages::new(rank),
            b: Averages::new(rank * shape.outputs),
            shape,
        }
    }

    /// Whether `step` fits: the first factor that does not, with what it has and should have.
    pub(crate) fn misfit<T: Copy>(&self, step: &MatrixStep<'_, T>) -> Option<Misfit> {
        let factors = [
            (Factor::A, &self.a, step.a),
            (Factor::E, &self.e, step.e),
            (Factor::B, &self.b, step.b),
        ];

        for (factor, averages, given) in factors {
            let expected = averages.sensitivity.len();
            for length in [given.values.len(), given.gradient.len()] {
                if length != expected {
                    return Some(Misfit {
                        factor,
                        length,
                        expected,
                    });
                }
            }
        }

        None
    }

    /// The first factor of `step` whose sensitivity is NaN or infinite somewhere.
    pub(crate) fn not_finite<T: Copy + Into<f64>>(step: &MatrixStep<'_, T>) -> Option<Factor> {
        let wrong = |factor: FactorStep<'_, T>| {
            let mut pairs = factor.values.iter().zip(factor.gradient);
            pairs.any(|(&value, &slope)| !(value.into() * slope.into()).is_finite())
        };

        [
            (Factor::A, step.a),
            (Factor::E, step.e),
            (Factor::B, step.b),
        ]
        .into_iter()
        .find_map(|(factor, given)| wrong(given).then_some(factor))
    }

    /// Takes one step into the averages. It must fit, and be finite.
    pub(crate) fn update<T: Copy + Into<f64>>(&mut self, step: &MatrixStep<'_, T>, decay: Decay) {
        self.a.update(step.a, decay);
        self.e.update(step.e, decay);
        self.b.update(step.b, decay);
    }

    /// The score of each direction: the importance of its diagonal element, plus
    /// the mean over its right vector, plus the mean over its left vector.
    pub fn scores(&self) -> Vec<f64> {
        let rank = self.e.sensitivity.len();
        let MatrixShape {
            inputs,
            outputs,
            layout,
            ..
        } = self.shape;
        let by_row = |averages: &Averages, width: usize, direction: usize| {
            (0..width)
                .map(|k| averages.importance(direction * width + k))
                .sum::<f64>()
                / width as f64
        };
        let by_column = |averages: &Averages, width: usize, direction: usize| {
            (0..width)
                .map(|k| averages.importance(k * rank + direction))
                .sum::<f64>()
                / width as f64
        };

        (0..rank)
            .map(|direction| {
                let (right, left) = match layout {
                    Layout::Peft => (
                        by_row(&self.a, inputs, direction),
                        by_column(&self.b, outputs, direction),
                    ),
                    Layout::Transposed => (
                        by_column(&self.a, inputs, direction),
                        by_row(&self.b, outputs, direction),
                    ),
                };
                self.e.importance(direction) + right + left
            })
            .collect()
    }
}

/// A factor of another size than the allocator was made for.
pub(crate) struct Misfit {
    pub(crate) factor: Factor,
    pub(crate) length: usize,
    pub(crate) expected: usize,
}

#[cfg(test)]
mod tests {
    use crate::train::allocation::importance::{
        Decay, Factor, FactorStep, Layout, MatrixImportance, MatrixShape, MatrixStep,
    };

    fn importance(layout: Layout) -> MatrixImportance {
        let shape = MatrixShape {
            name: "m".to_owned(),
            inputs: 3,
            outputs: 1,
            layout,
        };
        MatrixImportance::new(shape, 2)
    }

    #[track_caller]
    fn check_scores(layout: Layout, a: [f32; 6], expected: [f64; 2]) {
        let mut importance = importance(layout);
        let step = MatrixStep {
            a: FactorStep {
                values: &a,
                gradient: &[1.0; 6],
            },
            e: FactorStep {
                values: &[2.0, 0.0],
                gradient: &[-1.0, 5.0],
            },
            b: FactorStep {
                values: &[0.0, 4.0],
                gradient: &[1.0, 1.0],
            },
        };

        importance.update(
            &step,
            Decay {
                sensitivity: 0.5,
                uncertainty: 0.5,
            },
        );
        assert_eq!(importance.scores(), expected);
    }

    #[test]
    fn one_step_gives_the_scores_of_paper_and_pencil() {
        // From zero, an element of sensitivity I has S = I / 2 and U = (I - I / 2) / 2: I^2 / 8.
        let direction_0 = 4.0 / 8.0 + (16.0 / 8.0) / 3.0;
        let direction_1 = (64.0 / 8.0) / 3.0 + 16.0 / 8.0;
        check_scores(
            Layout::Peft,
            [4.0, 0.0, 0.0, 0.0, 0.0, 8.0],
            [direction_0, direction_1],
        );
        check_scores(
            Layout::Transposed,
            [4.0, 0.0, 0.0, 0.0, 0.0, 8.0],
            [direction_0, direction_1],
        );
        check_scores(
            Layout::Transposed,
            [4.0, 8.0, 0.0, 0.0, 0.0, 0.0],
            [direction_0, direction_1],
        );
    }

    #[test]
    fn the_factor_that_is_not_finite_is_named() {
        let good = FactorStep {
            values: &[1.0_f32; 6],
            gradient: &[1.0; 6],
        };
        let bad = FactorStep {
            values: &[0.0, 1.0],
            gradient: &[f32::INFINITY, 1.0],
        };
        let fine = FactorStep {
            values: &[1.0, 1.0],
            gradient: &[1.0, 1.0],
        };
        let broken = |e, b| MatrixImportance::not_finite(&MatrixStep { a: good, e, b });
        assert_eq!(broken(fine, fine), None);
        assert_eq!(broken(bad, fine), Some(Factor::E));
        assert_eq!(broken(fine, bad), Some(Factor::B));
    }
}
