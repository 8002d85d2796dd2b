//! The weights of a layer, packed for both directions.

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::bert::cpu::narrow::narrow;
use crate::bert::cpu::norm::Norm;
use crate::bert::cpu::norm::norm;
use crate::bert::cpu::product::{Map, PackedMatrix};
use crate::bert::encoder::EncoderLayer;
use crate::bert::linear::AdaptedLinear;
use crate::bert::weights::numbers;

/// The linear maps of a layer, each packed by `pack`.
pub(super) struct LayerMaps {
    pub(super) query: PackedMatrix,
    pub(super) keys_and_values: PackedMatrix,
    pub(super) attention_output: PackedMatrix,
    pub(super) intermediate: PackedMatrix,
    pub(super) output: PackedMatrix,
}

impl LayerMaps {
    /// For the forward pass.
    pub(super) fn forward(layer: &EncoderLayer) -> LayerMaps {
        LayerMaps::new(layer, PackedMatrix::new)
    }

    /// For the backward pass.
    pub(super) fn backward(layer: &EncoderLayer) -> LayerMaps {
        LayerMaps::new(layer, PackedMatrix::transposed)
    }

    fn new(layer: &EncoderLayer, pack: impl Fn(&[Map]) -> PackedMatrix + Sync) -> LayerMaps {
        let sets: [&[&AdaptedLinear]; 5] = [
            &[&layer.intermediate],
            &[&layer.output],
            &[&layer.key, &layer.value],
            &[&layer.query],
            &[&layer.attention_output],
        ];

        let packed: Vec<PackedMatrix> = sets
            .into_par_iter()
            .map(|set| {
                let maps: Vec<Map> = set.iter().map(|linear| map(linear)).collect();
                pack(&maps)
            })
            .collect();

        let [
            intermediate,
            output,
            keys_and_values,
            query,
            attention_output,
        ] = <[PackedMatrix; 5]>::try_from(packed)
            .ok()
            .expect("every set of maps is packed");

        LayerMaps {
            query,
            keys_and_values,
            attention_output,
            intermediate,
            output,
        }
    }
}

/// The normalizations of a layer.
pub(super) struct LayerNorms {
    pub(super) attention: Norm,
    pub(super) output: Norm,
}

impl LayerNorms {
    pub(super) fn new(layer: &EncoderLayer, epsilon: f64) -> LayerNorms {
        LayerNorms {
            attention: norm(&layer.attention_norm, narrow(epsilon)),
            output: norm(&layer.output_norm, narrow(epsilon)),
        }
    }
}

/// A linear map without its adapter.
pub(super) fn map(linear: &AdaptedLinear) -> Map {
    Map {
        weight: numbers(linear.weight.val()),
        bias: numbers(linear.bias.val()),
    }
}
