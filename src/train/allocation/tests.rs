//! Tests of the allocator: a golden trace, and every odd case.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::train::allocation::budget::{BudgetSchedule, BudgetSettings};
use crate::train::allocation::error::AllocationError;
use crate::train::allocation::importance::{Decay, FactorStep, Layout, MatrixShape, MatrixStep};
use crate::train::allocation::{
    Allocation, Allocator, AllocatorSettings, AllocatorState, TieBreak,
};
use crate::train::objective::testing::{flattened, golden, numbers};

/// Twelve steps on two matrices of rank 4: an independent float64 computation
/// that reproduced every mask of PEFT 0.21.2.
struct Golden {
    settings: AllocatorSettings,
    records: Vec<Value>,
}

impl Golden {
    fn read(tie_break: TieBreak) -> Golden {
        let golden = golden();
        let case = &golden["adalora"];
        let number = |name: &str| usize::try_from(case[name].as_u64().unwrap()).unwrap();
        let schedule = BudgetSchedule::new(BudgetSettings {
            initial_rank: number("init_r"),
            target_rank: number("target_r"),
            warm_up_steps: number("tinit"),
            final_steps: number("tfinal"),
            interval: number("deltaT"),
            total_steps: number("total_step"),
        })
        .unwrap();

        let decay = Decay {
            sensitivity: case["beta1"].as_f64().unwrap(),
            uncertainty: case["beta2"].as_f64().unwrap(),
        };
        let settings = AllocatorSettings {
            schedule,
            decay,
            tie_break,
        };

        Golden {
            settings,
            records: case["trace"].as_array().unwrap().clone(),
        }
    }

    fn allocator(&self) -> Allocator {
        let shape = |name: &str| {
            let layout = Layout::Peft;
            MatrixShape {
                name: name.to_owned(),
                inputs: 3,
                outputs: 2,
                layout,
            }
        };
        Allocator::new(self.settings, vec![shape("m0"), shape("m1")]).unwrap()
    }

    /// Feeds the record at `index` to `allocator`.
    fn feed(&self, allocator: &mut Allocator, index: usize) -> Result<Allocation, AllocationError> {
        let record = &self.records[index];
        let step = usize::try_from(record["t"].as_u64().unwrap()).unwrap();
        let read = |name: &str, factor: &str| {
            let of = |kind: &str| flattened(&record[kind][name][factor]);
            (of("params_before"), of("grads"))
        };
        let owned: Vec<[(Vec<f64>, Vec<f64>); 3]> = ["m0", "m1"]
            .map(|name| ["A", "E", "B"].map(|factor| read(name, factor)))
            .into();
        let steps: Vec<MatrixStep<'_, f64>> = owned
            .iter()
            .map(|factors| {
                let [a, e, b] = [0, 1, 2].map(|f| FactorStep {
                    values: &factors[f].0,
                    gradient: &factors[f].1,
                });
                MatrixStep { a, e, b }
            })
            .collect();

        allocator.step(step, &steps)
    }
}

#[track_caller]
fn check_close(actual: f64, expected: f64) {
    assert!(
        (actual - expected).abs() <= 1e-12 * expected.abs(),
        "{actual}, expected {expected}"
    );
}

#[track_caller]
fn check_golden(tie_break: TieBreak) {
    let golden = Golden::read(tie_break);
    let mut allocator = golden.allocator();
    let mut choices = 0;
    for (index, record) in golden.records.iter().enumerate() {
        let step = usize::try_from(record["t"].as_u64().unwrap()).unwrap();
        let allocation = golden.feed(&mut allocator, index).unwrap();
        let budget = usize::try_from(record["budget"].as_u64().unwrap()).unwrap();
        assert_eq!(
            golden.settings.schedule.budget(step, 2),
            budget,
            "at step {step}"
        );
        match (allocation, record.get("threshold")) {
            (
                Allocation::Chosen {
                    budget: chosen,
                    kept,
                    threshold,
                },
                Some(expected),
            ) => {
                choices += 1;
                assert_eq!((chosen, kept), (budget, budget), "at step {step}");
                check_close(threshold.unwrap(), expected.as_f64().unwrap());
                for (scores, name) in allocator.scores().iter().zip(["m0", "m1"]) {
                    for (&score, expected) in scores.iter().zip(numbers(&record["scores"][name])) {
                        check_close(score, expected);
                    }
                }
            }
            (Allocation::Settled, None) => assert!(step > 9, "at step {step}"),
            (Allocation::Untouched, None) => {
                assert!(record.get("keep").is_none(), "at step {step}");
            }
            (other, threshold) => panic!("{other:?} at step {step}, threshold {threshold:?}"),
        }
        if let Some(keep) = record.get("keep") {
            for (name, mask) in allocator.masks() {
                let expected: Vec<bool> = serde_json::from_value(keep[name].clone()).unwrap();
                assert_eq!(mask, expected, "{name} at step {step}");
            }
        }
    }

    assert_eq!(choices, 4);
    assert_eq!(allocator.ranks(), BTreeMap::from([("m0", 1), ("m1", 3)]));
}

#[test]
fn budgets_thresholds_and_masks_equal_the_golden_trace() {
    check_golden(TieBreak::Reference);
    check_golden(TieBreak::Exact);
}

#[test]
fn a_stored_allocator_goes_on_bit_by_bit() {
    let golden = Golden::read(TieBreak::Exact);
    let mut through = golden.allocator();
    for stop in 0..golden.records.len() {
        let stored = serde_json::to_string(through.state()).unwrap();
        let state: AllocatorState = serde_json::from_str(&stored).unwrap();
        let mut resumed = Allocator::restore(golden.settings, state).unwrap();
        for index in stop..golden.records.len() {
            golden.feed(&mut resumed, index).unwrap();
        }
        golden.feed(&mut through, stop).unwrap();
        if stop == golden.records.len() - 1 {
            assert_eq!(resumed, through);
        } else {
            let mut rest = through.clone();
            for index in stop + 1..golden.records.len() {
                golden.feed(&mut rest, index).unwrap();
            }
            assert_eq!(resumed, rest, "stopped before record {stop}");
        }
    }
}

#[test]
fn a_missed_boundary_step_still_ends_at_the_target() {
    let golden = Golden::read(TieBreak::Exact);
    let mut allocator = golden.allocator();
    for index in 0..8 {
        golden.feed(&mut allocator, index).unwrap();
    }

    // Record 8 is step 9, the boundary: left out.
    let allocation = golden.feed(&mut allocator, 9).unwrap();
    assert!(
        matches!(
            allocation,
            Allocation::Chosen {
                budget: 4,
                kept: 4,
                ..
            }
        ),
        "{allocation:?}"
    );
    assert_eq!(
        golden.feed(&mut allocator, 10).unwrap(),
        Allocation::Settled
    );
}

/// An allocator of two matrices with three directions of one input and one output.
fn small(ranks: [usize; 2], total_steps: usize, tie_break: TieBreak) -> Allocator {
    let [initial_rank, target_rank] = ranks;
    let schedule = BudgetSchedule::new(BudgetSettings {
        initial_rank,
        target_rank,
        warm_up_steps: 1,
        final_steps: 1,
        interval: 1,
        total_steps,
    })
    .unwrap();

    let shape = |name: &str| MatrixShape {
        name: name.to_owned(),
        inputs: 1,
        outputs: 1,
        layout: Layout::Transposed,
    };
    let settings = AllocatorSettings {
        schedule,
        decay: Decay::DEFAULT,
        tie_break,
    };

    Allocator::new(settings, vec![shape("b"), shape("a")]).unwrap()
}

/// The same values and gradients for every factor of every matrix.
fn feed_same(
    allocator: &mut Allocator,
    step: usize,
    values: &[f32],
) -> Result<Allocation, AllocationError> {
    let ones = vec![1.0_f32; values.len()];
    let factor = FactorStep {
        values,
        gradient: &ones,
    };

    allocator.step(
        step,
        &[MatrixStep {
            a: factor,
            e: factor,
            b: factor,
        }; 2],
    )
}

#[test]
fn ties_are_all_dropped_by_the_reference() {
    let mut allocator = small([3, 2], 4, TieBreak::Reference);
    feed_same(&mut allocator, 1, &[1.0; 3]).unwrap();
    let allocation = feed_same(&mut allocator, 2, &[1.0; 3]).unwrap();
    assert!(
        matches!(
            allocation,
            Allocation::Chosen {
                budget: 4,
                kept: 0,
                ..
            }
        ),
        "{allocation:?}"
    );
    feed_same(&mut allocator, 3, &[1.0; 3]).unwrap();
    assert_eq!(allocator.ranks(), BTreeMap::from([("a", 0), ("b", 0)]));
    assert_eq!(
        feed_same(&mut allocator, 4, &[1.0; 3]).unwrap(),
        Allocation::Settled
    );
}

#[test]
fn exact_ties_drop_the_first_by_name_and_keep_the_budget() {
    let mut allocator = small([3, 2], 4, TieBreak::Exact);
    for step in 1..=3 {
        feed_same(&mut allocator, step, &[1.0; 3]).unwrap();
    }
    assert_eq!(allocator.ranks(), BTreeMap::from([("a", 1), ("b", 3)]));
    let masks: Vec<_> = allocator.masks().collect();
    assert_eq!(masks[1], ("a", [false, false, true].as_slice()));
}

#[test]
fn a_target_of_zero_ends_at_zero() {
    let mut allocator = small([3, 0], 4, TieBreak::Exact);
    for step in 1..=3 {
        feed_same(&mut allocator, step, &[1.0, 2.0, 3.0]).unwrap();
    }
    assert_eq!(allocator.ranks(), BTreeMap::from([("a", 0), ("b", 0)]));
}

#[test]
fn equal_ranks_never_touch_anything() {
    let mut allocator = small([3, 3], 4, TieBreak::Reference);
    for step in 1..=4 {
        assert!(!allocator.measures(step));
        assert_eq!(
            allocator.step::<f32>(step, &[]).unwrap(),
            Allocation::Untouched
        );
    }

    assert_eq!(allocator.ranks(), BTreeMap::from([("a", 3), ("b", 3)]));
}

#[track_caller]
fn check_step_refused(step: usize, values: &[f32], message: &str) {
    let mut allocator = small([3, 2], 4, TieBreak::Exact);
    feed_same(&mut allocator, 1, &[1.0, 2.0, 3.0]).unwrap();
    let before = allocator.clone();
    let error = feed_same(&mut allocator, step, values).unwrap_err();
    assert_eq!(error.to_string(), message);
    assert_eq!(allocator, before, "a refused step must change nothing");
}

#[test]
fn steps_that_cannot_be_are_refused_and_change_nothing() {
    check_step_refused(
        2,
        &[1.0, f32::NAN, 3.0],
        "the importance of factor A of `b` is not a finite number at step 2; \
         training diverged, lower the learning rate",
    );
    check_step_refused(
        1,
        &[1.0, 2.0, 3.0],
        "step 1 comes after step 1; count optimizer steps, not batches, from 1",
    );
    check_step_refused(
        5,
        &[1.0, 2.0, 3.0],
        "step 5 is past the end of a schedule of 4; count optimizer steps, not batches",
    );
    check_step_refused(2, &[1.0, 2.0], "factor A of `b` has 2 values, expected 3");
}

#[test]
fn the_final_phase_without_a_measurement_is_refused() {
    let mut allocator = small([3, 2], 4, TieBreak::Exact);
    let error = feed_same(&mut allocator, 3, &[1.0; 3]).unwrap_err();
    assert_eq!(error, AllocationError::NotMeasured { step: 3 });
}

#[test]
fn a_state_of_another_rank_is_refused() {
    let stored = small([3, 2], 4, TieBreak::Exact).state().clone();
    let other = small([4, 2], 4, TieBreak::Exact);
    let error = Allocator::restore(other.settings, stored).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the stored allocator has 3 values where `b` needs 4; it is of another model or another \
            initial rank",
    );
}

#[track_caller]
fn check_settings_refused(names: &[&str], decay: Decay, expected: &AllocationError) {
    let settings = AllocatorSettings {
        decay,
        ..small([3, 2], 4, TieBreak::Exact).settings
    };
    let shapes = names
        .iter()
        .map(|&name| MatrixShape {
            name: name.to_owned(),
            inputs: 1,
            outputs: 1,
            layout: Layout::Peft,
        })
        .collect();

    assert_eq!(&Allocator::new(settings, shapes).unwrap_err(), expected);
}

#[test]
fn allocators_that_cannot_be_are_refused() {
    check_settings_refused(&[], Decay::DEFAULT, &AllocationError::NoMatrices);
    let twice = AllocationError::DuplicateMatrix {
        matrix: "q".to_owned(),
    };
    check_settings_refused(&["q", "v", "q"], Decay::DEFAULT, &twice);

    let decay = Decay {
        sensitivity: 0.85,
        uncertainty: 1.0,
    };

    check_settings_refused(
        &["q"],
        decay,
        &AllocationError::Decay {
            name: "uncertainty",
            value: 1.0,
        },
    );
}
