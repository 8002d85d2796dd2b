//! Parameters of a model as what is packed for scoring.

use burn::module::Param;
use burn::tensor::Tensor;

use crate::bert::cpu::dense::{Dense, Precision};
use crate::bert::cpu::product::{Map, PackedMatrix};
use crate::bert::cpu::quantized::QuantizedMatrix;
use crate::bert::linear::AdaptedLinear;
use crate::bert::weights::numbers;

/// Maps that read the same, their outputs side by side, each multiplied by its scale.
pub(super) fn dense<const N: usize>(
    linears: [AdaptedLinear; N],
    scales: [Option<f32>; N],
    precision: Precision,
) -> Dense {
    match precision {
        Precision::Single => Dense::Single(packed(linears, scales)),
        Precision::Int8 => {
            let maps = linears.into_iter().zip(scales);
            let maps: Vec<Map> = maps.map(|(linear, scale)| map(linear, scale)).collect();
            Dense::Int8(Box::new(QuantizedMatrix::new(&maps)))
        }
    }
}

/// As [`dense`], in single precision.
///
/// The memory of what is packed is taken before that of what it is made of, which may not be read
/// yet: what is given up would leave gaps below it, too small for what comes next.
pub(super) fn packed<const N: usize>(
    linears: [AdaptedLinear; N],
    scales: [Option<f32>; N],
) -> PackedMatrix {
    let outputs = linears.iter().map(AdaptedLinear::outputs).sum();
    let mut packed = PackedMatrix::zeros(linears[0].inputs(), outputs);
    let mut first = 0;
    for (linear, scale) in linears.into_iter().zip(scales) {
        let map = map(linear, scale);
        packed.place(first, &map);
        first += map.bias.len();
    }

    packed
}

/// A map with its adapter, multiplied by `scale`.
pub(super) fn map(mut linear: AdaptedLinear, scale: Option<f32>) -> Map {
    linear.merge();
    let mut map = Map {
        weight: values(linear.weight),
        bias: values(linear.bias),
    };
    if let Some(scale) = scale {
        for number in map.weight.iter_mut().chain(&mut map.bias) {
            *number *= scale;
        }
    }

    map
}

/// The numbers of a parameter, row by row.
pub(super) fn values<const D: usize>(parameter: Param<Tensor<D>>) -> Vec<f32> {
    numbers(parameter.into_value())
}
