use super::*;

use rten_simd::isa::GenericIsa;

fn numbers(count: usize, seed: usize) -> Vec<f32> {
    (0..count)
        .map(|index| ((index * 7_919 + seed * 104_729) % 1_013) as f32 / 1_013.0 - 0.5)
        .collect()
}

fn map(inputs: usize, outputs: usize) -> Map {
    Map {
        weight: numbers(inputs * outputs, 1),
        bias: numbers(outputs, 2),
    }
}

/// Every chain in f64.
fn expected(left: &[f32], map: &Map) -> Vec<f64> {
    let outputs = map.bias.len();
    let inputs = map.weight.len() / outputs;
    let sum = |row: &[f32], output: usize| {
        let terms = row.iter().enumerate().map(|(input, number)| {
            f64::from(*number) * f64::from(map.weight[input * outputs + output])
        });
        terms.sum::<f64>() + f64::from(map.bias[output])
    };

    left.chunks(inputs)
        .flat_map(|row| (0..outputs).map(move |output| sum(row, output)))
        .collect()
}

#[track_caller]
fn check_close(found: &[f32], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        let difference = (f64::from(*found) - expected).abs();
        assert!(difference < 1e-5, "{found} is not {expected}");
    }
}

fn products(rows: usize, inputs: usize, outputs: usize) -> (Vec<f32>, Vec<f64>) {
    let map = map(inputs, outputs);
    let left = numbers(rows * inputs, 3);
    let mut out = vec![f32::NAN; rows * outputs];
    let packed = PackedMatrix::new(std::slice::from_ref(&map));
    product(&left, &packed, Finish::Keep, &mut out);
    (out, expected(&left, &map))
}

#[test]
fn products_of_all_shapes_are_right() {
    for (rows, inputs, outputs) in [
        (1, 1, 1),
        (1, 48, 33),
        (5, 7, 31),
        (12, 16, 32),
        (13, 96, 48),
        (25, 300, 65),
    ] {
        let (found, expected) = products(rows, inputs, outputs);
        check_close(&found, &expected);
    }
    assert!(products(0, 4, 4).0.is_empty());
}

#[test]
fn a_row_is_the_same_bits_in_any_place_and_company() {
    let (inputs, outputs) = (64, 40);
    let packed = PackedMatrix::new(&[map(inputs, outputs)]);
    let left = numbers(30 * inputs, 3);
    let mut all = vec![0.0; 30 * outputs];
    product(&left, &packed, Finish::Gelu, &mut all);
    for start in 0..30 {
        for count in 1..=(30 - start).min(14) {
            let rows = &left[start * inputs..(start + count) * inputs];
            let mut out = vec![0.0; count * outputs];
            product(rows, &packed, Finish::Gelu, &mut out);
            assert!(out == all[start * outputs..(start + count) * outputs]);
        }
    }
}

/// The same product with the instructions of `isa`.
fn with<I: Isa>(isa: I, map: &Map, left: &[f32], rows: usize) -> Vec<f32> {
    let packed = PackedMatrix::new(std::slice::from_ref(map));
    let mut out = vec![0.0; rows * map.bias.len()];
    let width = left.len() / rows;
    let left = Rows {
        numbers: left,
        stride: width,
        width,
        count: rows,
    };
    let operation = Product {
        left,
        map: &packed,
        finish: Finish::Keep,
        out: &mut out,
        stride: map.bias.len(),
    };
    operation.eval(isa);

    out
}

#[test]
fn parts_of_rows_are_mapped_to_parts_of_rows() {
    let map = map(50, 70);
    let long = numbers(17 * 60, 3);
    let parts: Vec<f32> = long
        .chunks(60)
        .flat_map(|row| &row[7..57])
        .copied()
        .collect();
    let mut expected = vec![0.0; 17 * 70];
    let packed = PackedMatrix::new(&[map.columns(0..70)]);
    product(&parts, &packed, Finish::Keep, &mut expected);

    // The outputs are split between two maps, whose results lie side by side in longer rows.
    let mut out = vec![f32::NAN; 17 * 80];
    for outputs in [0..33, 33..70] {
        let packed = PackedMatrix::new(&[map.columns(outputs.clone())]);
        let left = Rows {
            numbers: &long[7..],
            stride: 60,
            width: 50,
            count: 17,
        };
        product_of_parts(left, &packed, &mut out[outputs.start..], 80);
    }

    for (row, expected) in out.chunks(80).zip(expected.chunks(70)) {
        assert_eq!(row[..70], *expected);
        assert!(row[70..].iter().all(|number| number.is_nan()));
    }
}

#[test]
fn every_width_of_vectors_gives_the_same_product() {
    let map = map(50, 70);
    let left = numbers(17 * 50, 3);
    let expected = expected(&left, &map);
    check_close(&with(GenericIsa::new(), &map, &left, 17), &expected);
    #[cfg(target_arch = "x86_64")]
    {
        use rten_simd::isa::{Avx2Isa, Avx512Isa};
        let narrow = Avx2Isa::new().map(|isa| with(isa, &map, &left, 17));
        let wide = Avx512Isa::new().map(|isa| with(isa, &map, &left, 17));
        if let Some(narrow) = &narrow {
            check_close(narrow, &expected);
        }
        if let (Some(narrow), Some(wide)) = (narrow, wide) {
            assert!(narrow == wide, "chains are fused in both");
        }
    }
}

#[test]
fn maps_lie_side_by_side_and_sums_are_finished() {
    let (inputs, rows) = (9, 3);
    let left = numbers(rows * inputs, 3);
    let maps = [map(inputs, 20), map(inputs, 30)];
    let packed = PackedMatrix::new(&maps);
    let mut out = vec![0.0; rows * 50];
    product(&left, &packed, Finish::Keep, &mut out);
    for (row, found) in out.chunks(50).enumerate() {
        let row = &left[row * inputs..(row + 1) * inputs];
        check_close(&found[..20], &expected(row, &maps[0]));
        check_close(&found[20..], &expected(row, &maps[1]));
    }

    let finished = |finish: Finish<'_>| {
        let mut out = vec![0.0; rows * 50];
        product(&left, &packed, finish, &mut out);
        out
    };
    let check = |finish: Finish<'_>, expected: &dyn Fn(f64) -> f64| {
        let expected: Vec<f64> = out.iter().map(|sum| expected(f64::from(*sum))).collect();
        check_close(&finished(finish), &expected);
    };
    check(Finish::Relu, &|x| x.max(0.0));
    check(Finish::Tanh, &f64::tanh);

    let gelu = |x: f64| 0.5 * x * (1.0 + statrs::function::erf::erf(x / std::f64::consts::SQRT_2));
    check(Finish::Gelu, &gelu);

    let approximate = |x: f64| {
        let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3));
        0.5 * x * (1.0 + inner.tanh())
    };
    check(Finish::GeluTanh, &approximate);

    let more = numbers(rows * 50, 5);
    let added: Vec<f32> = out
        .iter()
        .zip(&more)
        .map(|(sum, more)| sum + more)
        .collect();

    assert_eq!(finished(Finish::Add(&more)), added);
}
