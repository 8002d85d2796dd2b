//! How high ranks can be: no change of a matrix has a higher rank than the matrix's smaller side.

use std::collections::BTreeMap;

use crate::bert::model::ScoreModel;
use crate::train::TrainError;
use crate::train::plan::{AdapterPlan, Phase, RankChange, Trained};
use crate::train::strategy::{MixedRank, TrainingStrategy};
use crate::train::targets::is_called;

/// The sides of a model's matrices.
#[derive(Debug, Clone, PartialEq)]
pub struct MatrixSides {
    /// Inputs and outputs, by module name.
    sides: BTreeMap<String, [usize; 2]>,
}

impl MatrixSides {
    /// Those of the linear maps of `model`.
    pub fn of(model: &ScoreModel) -> MatrixSides {
        let linears = model.linears().into_iter();
        let sides = linears.map(|(name, linear)| (name, [linear.inputs(), linear.outputs()]));
        MatrixSides {
            sides: sides.collect(),
        }
    }

    /// The highest rank that all of `modules` can have.
    pub fn highest_rank(&self, modules: &[String]) -> usize {
        let highest = modules.iter().filter_map(|name| self.smaller(name));
        highest.min().unwrap_or(usize::MAX)
    }

    fn smaller(&self, module: &str) -> Option<usize> {
        self.sides.get(module)?.iter().copied().min()
    }

    /// Refuses phases of `strategy` that give a matrix a higher rank than it can have.
    pub fn check(&self, phases: &[Phase], strategy: &TrainingStrategy) -> Result<(), TrainError> {
        // The last first: what comes before it follows its rank where nobody named another one.
        for (index, phase) in phases.iter().enumerate().rev() {
            let Trained::Adapters(plan) = &phase.trained else {
                continue;
            };
            let is_last = index + 1 == phases.len();
            for (module, rank) in &plan.ranks {
                let Some(highest) = self.smaller(module).filter(|highest| rank > highest) else {
                    continue;
                };
                let (field, value) = named(plan, strategy, is_last, (module, *rank, highest));
                let [inputs, outputs] = self.sides[module];
                let advice = format!(
                    "{module} is a matrix of {inputs} x {outputs}, of which no change has a \
                        higher rank than {highest}: that is the highest to choose"
                );
                return Err(TrainError::setting(field, value, &advice));
            }
        }

        Ok(())
    }
}

/// Which setting gave a matrix its rank, and what it says.
fn named(
    plan: &AdapterPlan,
    strategy: &TrainingStrategy,
    is_last: bool,
    (module, rank, highest): (&str, usize, usize),
) -> (&'static str, String) {
    if let TrainingStrategy::MixedRank(MixedRank::Listed(listed)) = strategy {
        let entry = listed.iter().find(|(target, _)| is_called(module, target));
        let target = entry.map_or(module, |(target, _)| target.as_str());
        return ("ranks", format!("{target}={rank}"));
    }

    let target = match plan.change {
        RankChange::Allocated(allocated) => allocated.target_rank,
        RankChange::Fixed | RankChange::Drawn => rank,
    };
    let field = match is_last {
        false => "warm_up_rank",
        true if target > highest => return ("rank", target.to_string()),
        true => "initial_rank",
    };
    (field, rank.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::plan::Scaling;
    use crate::train::strategy::{AdapterSettings, DynamicRank, HighRankWarmUp, WarmUpFrom};

    const QUERY: &str = "bert.encoder.layer.0.attention.self.query";
    const OUTPUT: &str = "bert.encoder.layer.0.output.dense";

    fn sides() -> MatrixSides {
        let sides = [(QUERY, [32, 32]), (OUTPUT, [64, 16])];
        MatrixSides {
            sides: sides.map(|(name, sides)| (name.to_owned(), sides)).into(),
        }
    }

    fn check(strategy: &TrainingStrategy, rank: usize, target: &str) -> Result<(), String> {
        let adapters = AdapterSettings {
            rank,
            alpha: 8.0,
            scaling: Scaling::Rank,
            dropout: 0.0,
            targets: vec![target.to_owned()],
        };
        let modules = [QUERY, OUTPUT].map(str::to_owned);
        let phases = strategy.phases(&adapters, 100, &modules).unwrap();
        let checked = sides().check(&phases, strategy);
        checked.map_err(|error| error.to_string())
    }

    #[track_caller]
    fn check_refused(strategy: &TrainingStrategy, rank: usize, beginning: &str) {
        let told = check(strategy, rank, "all-linear").unwrap_err();
        assert!(told.starts_with(beginning), "{told}");
        assert!(told.contains("is a matrix of 64 x 16"), "{told}");
    }

    #[test]
    fn a_rank_is_at_most_the_smaller_side_of_its_matrix() {
        let lora = TrainingStrategy::Lora;
        assert_eq!(check(&lora, 16, "all-linear"), Ok(()));
        assert_eq!(check(&lora, 32, "query"), Ok(()));
        check_refused(&lora, 17, "`rank` is 17; ");
        check_refused(
            &TrainingStrategy::MixedRank(MixedRank::Drawn),
            17,
            "`rank` is 17; ",
        );

        let listed = |rank| vec![("query".to_owned(), 32), ("output.dense".to_owned(), rank)];
        let listed = |rank| TrainingStrategy::MixedRank(MixedRank::Listed(listed(rank)));
        assert_eq!(check(&listed(16), 4, "query"), Ok(()));
        check_refused(&listed(40), 4, "`ranks` is output.dense=40; ");
    }

    #[test]
    fn the_rank_that_was_named_is_told() {
        let dynamic = |initial| DynamicRank {
            initial_rank: Some(initial),
            ..DynamicRank::default()
        };
        let first = TrainingStrategy::DynamicRank(dynamic(24));
        check_refused(&first, 8, "`initial_rank` is 24; ");
        check_refused(&first, 20, "`rank` is 20; ");

        let warm_up = |rank| {
            TrainingStrategy::HighRankWarmUp(HighRankWarmUp {
                rank,
                share: 0.5,
                then: None,
                from: WarmUpFrom::HighRank,
            })
        };
        assert_eq!(check(&warm_up(16), 4, "all-linear"), Ok(()));
        check_refused(&warm_up(32), 4, "`warm_up_rank` is 32; ");
        check_refused(&warm_up(32), 20, "`rank` is 20; ");
    }
}
