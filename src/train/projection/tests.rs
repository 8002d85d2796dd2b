//! Tests of the projection, against decompositions of matrices written out in full.

use nalgebra::{DMatrix, SVD};
use proptest::collection::vec;
use proptest::prelude::Strategy;
use proptest::{prop_assert, proptest};

use crate::train::projection::directions::{effective_rank, energy};
use crate::train::projection::{LowRankUpdate, ProjectionError, UpdateShape};

fn update(
    [rank, inputs, outputs]: [usize; 3],
    scaling: f64,
    a: Vec<f64>,
    b: Vec<f64>,
) -> Result<LowRankUpdate, ProjectionError> {
    LowRankUpdate::new(
        UpdateShape {
            rank,
            inputs,
            outputs,
        },
        scaling,
        a,
        b,
    )
}

fn dense(update: &LowRankUpdate) -> DMatrix<f64> {
    let b = DMatrix::from_row_slice(update.outputs, update.rank, &update.b);
    let a = DMatrix::from_row_slice(update.rank, update.inputs, &update.a);
    b * a * update.scaling
}

/// Compares with the decomposition of the matrix written out in full.
#[track_caller]
fn check_best(update: &LowRankUpdate, rank: usize) {
    let full = dense(update);
    let directions = update.decompose();
    let values = SVD::new(full.clone(), false, false).singular_values;
    let scale = 1.0 + values[0];

    for (index, value) in directions.values().iter().enumerate() {
        assert!(
            (value - values[index]).abs() < 1e-9 * scale,
            "value {index}: {value}"
        );
    }

    let lost: f64 = values
        .iter()
        .skip(rank)
        .map(|value| value * value)
        .sum::<f64>()
        .sqrt();
    let projected = dense(&directions.truncate(rank, 0.5).unwrap());
    let distance = (&full - &projected).norm();

    assert!(
        (distance - lost).abs() < 1e-6 * scale,
        "rank {rank}: off by {distance}, best {lost}"
    );

    let triplets = directions.triplets(rank, 0.25).unwrap();
    let b = DMatrix::from_row_slice(update.outputs, rank, &triplets.b);
    let e = DMatrix::from_diagonal(&nalgebra::DVector::from_vec(triplets.e));
    let a = DMatrix::from_row_slice(rank, update.inputs, &triplets.a);
    assert!((&b * e * &a * 0.25 - projected).norm() < 1e-9 * scale);
    assert!((b.transpose() * &b - DMatrix::identity(rank, rank)).norm() < 1e-9);
    assert!((&a * a.transpose() - DMatrix::identity(rank, rank)).norm() < 1e-9);
}

#[test]
fn a_projection_written_out_by_hand() {
    // 2 * [[3, 0], [0, -1]]: values 6 and 2, the left vectors' signs positive.
    let given = update(
        [2, 2, 2],
        2.0,
        vec![1.0, 0.0, 0.0, 1.0],
        vec![3.0, 0.0, 0.0, -1.0],
    )
    .unwrap();

    let directions = given.decompose();
    for (value, expected) in directions.values().iter().zip([6.0, 2.0]) {
        assert!((value - expected).abs() < 1e-12);
    }

    let low = directions.truncate(1, 1.5).unwrap();
    for (value, expected) in low.a().iter().chain(low.b()).zip([2.0, 0.0, 2.0, 0.0]) {
        assert!((value - expected).abs() < 1e-12, "{low:?}");
    }

    assert!((energy(directions.values()) - 40.0).abs() < 1e-12);
}

#[test]
fn an_update_of_zeros_projects_to_a_fresh_adapter() {
    let given = update(
        [2, 3, 2],
        1.0,
        vec![1.0, 2.0, 3.0, 4.0, 5.0, 7.0],
        vec![0.0; 4],
    )
    .unwrap();

    let directions = given.decompose();
    assert_eq!(effective_rank(directions.values()), 0.0);

    let low = directions.truncate(2, 1.0).unwrap();
    assert_eq!(low.b(), [0.0; 4]);
    for row in low.a().chunks(3) {
        assert!((row.iter().map(|value| value * value).sum::<f64>() - 1.0).abs() < 1e-12);
    }
}

#[test]
fn a_rank_of_zero_is_an_empty_update() {
    let none = update([0, 3, 2], 1.0, vec![], vec![]).unwrap();
    assert_eq!(none.decompose().values(), &[] as &[f64]);
    let one = update([1, 3, 2], 1.0, vec![1.0, 0.0, 0.0], vec![1.0, 2.0]).unwrap();
    assert_eq!(one.decompose().truncate(0, 1.0).unwrap(), none);
}

#[test]
fn effective_ranks_run_from_one_to_all() {
    assert_eq!(effective_rank(&[]), 0.0);
    assert_eq!(effective_rank(&[5.0, 0.0, 0.0]), 1.0);
    assert!((effective_rank(&[2.0, -2.0, 2.0]) - 3.0).abs() < 1e-12);
    // Shares 3/4 and 1/4: exp(0.75 ln(4/3) + 0.25 ln 4).
    assert!((effective_rank(&[3.0, 1.0]) - 1.754_765_350_603_323_8).abs() < 1e-12);
}

#[track_caller]
fn check_refused(result: Result<LowRankUpdate, ProjectionError>, message: &str) {
    assert_eq!(result.unwrap_err().to_string(), message);
}

#[test]
fn updates_that_cannot_be_projected_are_refused() {
    check_refused(
        update([1, 0, 2], 1.0, vec![], vec![0.0; 2]),
        "a matrix of 2 x 0 has no update",
    );
    check_refused(
        update([1, 1, 1], 1.0, vec![], vec![0.0]),
        "factor A has 0 values, expected 1",
    );
    check_refused(
        update([1, 1, 1], 1.0, vec![0.0], vec![f64::NAN]),
        "factor B holds a value that is not a finite number; training diverged, lower the \
            learning rate",
    );

    let one = update([1, 3, 2], 1.0, vec![1.0, 0.0, 0.0], vec![1.0, 2.0]).unwrap();
    check_refused(
        one.decompose().truncate(2, 1.0),
        "cannot project to rank 2: the update has 1 directions; project to fewer",
    );
    check_refused(
        one.decompose().truncate(1, 0.0),
        "the scaling is 0; it must be a positive number",
    );
}

fn updates() -> impl Strategy<Value = LowRankUpdate> {
    (1_usize..6, 1_usize..9, 1_usize..9).prop_flat_map(|(rank, inputs, outputs)| {
        let factors = (
            vec(-1.0..1.0, rank * inputs),
            vec(-1.0..1.0, outputs * rank),
        );
        (factors, 0.1..4.0).prop_map(move |((a, b), scaling)| {
            update([rank, inputs, outputs], scaling, a, b).unwrap()
        })
    })
}

proptest! {
    #[test]
    fn every_projection_is_the_best_of_its_rank(given in updates()) {
        for rank in 0..=given.decompose().values().len() {
            check_best(&given, rank);
        }
    }

    #[test]
    fn repeated_directions_are_projected_as_well(given in updates()) {
        // Twice the same directions: half of the singular values are zero.
        let a = [given.a.clone(), given.a.clone()].concat();
        let b = given.b.chunks(given.rank).flat_map(|row| [row, row].concat()).collect();
        let twice = update([2 * given.rank, given.inputs, given.outputs], 1.0, a, b).unwrap();
        for rank in 0..=twice.decompose().values().len() {
            check_best(&twice, rank);
        }
    }

    #[test]
    fn signs_do_not_depend_on_the_factors_signs(given in updates()) {
        let negated = LowRankUpdate {
            a: given.a.iter().map(|value| -value).collect(),
            b: given.b.iter().map(|value| -value).collect(),
            ..given.clone()
        };
        let (one, other) = (given.decompose(), negated.decompose());
        let ranks = [&one, &other].map(|directions| effective_rank(directions.values()));
        prop_assert!((ranks[0] - ranks[1]).abs() < 1e-9);

        let (one, other) = (one.truncate(1, 1.0).unwrap(), other.truncate(1, 1.0).unwrap());
        for (a, b) in one.a.iter().zip(&other.a) {
            prop_assert!((a - b).abs() < 1e-6);
        }
    }
}
