use super::*;

fn numbers(count: usize, seed: usize) -> Vec<f32> {
    (0..count)
        .map(|index| ((index * 7_919 + seed * 104_729) % 1_013) as f32 / 1_013.0 - 0.4)
        .collect()
}

fn map(inputs: usize, outputs: usize) -> Map {
    Map {
        weight: numbers(inputs * outputs, 1),
        bias: numbers(outputs, 2),
    }
}

fn product(maps: &[Map], left: &[f32], finish: Finish<'_>) -> Vec<f32> {
    let map = QuantizedMatrix::new(maps);
    let mut out = vec![0.0; left.len() / map.inputs * map.outputs];
    map.product(left, finish, &mut out, &mut Rounded::default());
    out
}

/// Every chain in f64, with what rounding may change: half a step of every number.
fn expected(left: &[f32], map: &Map) -> Vec<(f64, f64)> {
    let outputs = map.bias.len();
    let inputs = map.weight.len() / outputs;
    let mut all = Vec::new();
    for row in left.chunks(inputs) {
        let least = row.iter().copied().fold(0.0, f32::min);
        let largest = row.iter().copied().fold(0.0, f32::max);
        let step = f64::from(largest - least) / 127.0;
        for output in 0..outputs {
            let column = map.weight[output..].iter().step_by(outputs);
            let largest = column
                .clone()
                .fold(0.0_f32, |most, one| most.max(one.abs()));
            let coarse = f64::from(largest) / 127.0;
            let (mut sum, mut slack) = (f64::from(map.bias[output]), 1e-4);
            for (number, weight) in row.iter().zip(column) {
                let (number, weight) = (f64::from(*number), f64::from(*weight));
                sum += number * weight;
                slack += 0.6 * (step * weight.abs() + coarse * number.abs() + step * coarse);
            }
            all.push((sum, slack));
        }
    }

    all
}

#[test]
fn products_of_all_shapes_are_as_near_as_rounding_allows() {
    for (rows, inputs, outputs) in [
        (1, 1, 1),
        (1, 48, 33),
        (5, 7, 31),
        (64, 16, 32),
        (65, 384, 48),
        (130, 1_500, 65),
    ] {
        let map = map(inputs, outputs);
        let left = numbers(rows * inputs, 3);
        let found = product(std::slice::from_ref(&map), &left, Finish::Keep);
        assert_eq!(found.len(), rows * outputs);
        for (found, (sum, slack)) in found.iter().zip(expected(&left, &map)) {
            let difference = (f64::from(*found) - sum).abs();
            assert!(
                difference <= slack,
                "{rows} {inputs} {outputs}: {found} is not {sum}"
            );
        }
    }
    assert!(product(&[map(4, 4)], &[], Finish::Keep).is_empty());
}

#[test]
fn a_row_is_the_same_bits_in_any_place_and_company() {
    let (inputs, outputs) = (64, 40);
    let map = map(inputs, outputs);
    let maps = std::slice::from_ref(&map);
    let left = numbers(150 * inputs, 3);
    let all = product(maps, &left, Finish::Gelu);

    for (start, count) in [(0, 1), (3, 1), (63, 2), (20, 130), (149, 1), (64, 64)] {
        let rows = &left[start * inputs..(start + count) * inputs];
        let alone = product(maps, rows, Finish::Gelu);
        assert!(alone == all[start * outputs..(start + count) * outputs]);
    }
}

#[test]
fn a_number_that_is_not_finite_spoils_its_row_and_no_other() {
    let map = map(8, 5);
    for spoilt in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut left = numbers(24, 3);
        left[9] = spoilt;
        let found = product(std::slice::from_ref(&map), &left, Finish::Keep);
        assert!(found[5..10].iter().all(|number| number.is_nan()));
        assert!(
            found[..5]
                .iter()
                .chain(&found[10..])
                .all(|number| number.is_finite())
        );
    }
}

#[test]
fn maps_lie_side_by_side_and_a_row_of_zeros_gives_the_bias() {
    let maps = [map(9, 20), map(9, 30)];
    let left = [numbers(18, 3), vec![0.0; 9]].concat();
    let both = product(&maps, &left, Finish::Keep);
    let first = product(&maps[..1], &left, Finish::Keep);
    let second = product(&maps[1..], &left, Finish::Keep);

    for (row, both) in both.chunks(50).enumerate() {
        assert!(both[..20] == first[row * 20..][..20]);
        assert!(both[20..] == second[row * 30..][..30]);
    }

    assert!(both[100..120] == maps[0].bias);
}

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
#[test]
fn the_matrix_unit_gives_the_bits_of_vectors() {
    let on_unit = |inputs, outputs, weights: Vec<i8>| Weights::on_unit(inputs, outputs, &weights);

    // Panels that are full and not, rows that fill blocks and do not, and long ones.
    for (rows, inputs, outputs) in [(1, 1, 1), (33, 130, 200), (300, 384, 96), (70, 6_000, 33)] {
        let maps = [map(inputs, outputs), map(inputs, 5)];
        let vectors = QuantizedMatrix::packed(&maps, Weights::by_vectors);
        let mut unit = QuantizedMatrix::packed(&maps, on_unit);
        unit.levels = vectors.levels;

        let left = numbers(rows * inputs, 3);
        let more = numbers(rows * (outputs + 5), 4);
        let [found, expected] = [unit, vectors].map(|matrix| {
            let mut out = vec![f32::NAN; rows * (outputs + 5)];
            let memory = &mut Rounded::default();
            matrix.product(&left, Finish::Add(&more), &mut out, memory);
            out
        });
        assert!(found == expected, "{rows} {inputs} {outputs}");
        assert!(found.iter().all(|number| number.is_finite()));
    }
}
