//! An adapter in another form: P Λ Q with allocated ranks as plain LoRA, which more servers know.

use std::collections::BTreeMap;

use burn::module::Param;
use burn::tensor::{Tensor, TensorData};

use crate::bert::adapter_config::{AdapterConfig, AdapterKind, LoraSettings};
use crate::bert::linear::LowRank;
use crate::bert::model::ScoreModel;
use crate::bert::module_names::TargetModules;
use crate::bert::weights::numbers;

/// Turns the P Λ Q adapters of `model` into plain ones that compute the same, and returns
/// their configuration; `None` where no direction is left to write.
///
/// Λ and the scaling go into B, so that every adapter's scaling is 1: its alpha is its rank.
/// Modules that lost all directions lose their adapters, because LoRA knows no rank 0; the
/// others are named one by one. Plain adapters stay as they are, and `config` is returned.
pub(crate) fn plain_lora(model: &mut ScoreModel, config: &AdapterConfig) -> Option<AdapterConfig> {
    if let AdapterKind::Lora(_) = config.kind {
        return Some(config.clone());
    }

    let mut ranks: BTreeMap<String, usize> = BTreeMap::new();
    model.for_each_linear_mut(&mut |name, linear| {
        let Some(adapter) = linear.adapter.take() else {
            return;
        };
        if adapter.rank() > 0 {
            ranks.insert(name.to_owned(), adapter.rank());
            linear.attach(plain(&adapter));
        }
    });

    let largest = ranks.values().copied().max()?;
    let pattern = |name: &String| format!("^{}", name.replace('.', r"\."));
    Some(AdapterConfig {
        kind: AdapterKind::Lora(LoraSettings {
            rank: largest,
            rank_stabilized: false,
            dora: false,
            rank_pattern: ranks
                .iter()
                .map(|(name, rank)| (pattern(name), *rank))
                .collect(),
            alpha_pattern: ranks
                .iter()
                .map(|(name, rank)| (pattern(name), *rank as f64))
                .collect(),
        }),
        alpha: largest as f64,
        target_modules: TargetModules::Names(ranks.into_keys().collect()),
        exclude_modules: TargetModules::Names(Vec::new()),
        layers: None,
        ..config.clone()
    })
}

/// The same map without a diagonal, scaled by 1.
fn plain(adapter: &LowRank) -> LowRank {
    let rank = adapter.rank();
    let lambda = adapter
        .lambda
        .as_ref()
        .map_or_else(|| vec![1.0; rank], |lambda| numbers(lambda.val()));
    let old = adapter.b.val();

    let mut b = numbers(old.clone());
    for row in b.chunks_mut(rank) {
        for (value, factor) in row.iter_mut().zip(&lambda) {
            // In f64, so that the product is rounded once.
            #[expect(clippy::cast_possible_truncation, reason = "parameters are f32")]
            let product = (f64::from(*value) * f64::from(*factor) * adapter.scaling) as f32;
            *value = product;
        }
    }

    let b = Tensor::from_data(TensorData::new(b, old.shape()), &old.device());
    let a: Param<Tensor<2>> = adapter.a.clone();
    LowRank::new(a.val(), None, b, 1.0, 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::bert::adapter::{Adapter, write_adapter};
    use crate::bert::examples::{base, root, scores};

    #[test]
    fn allocated_ranks_become_plain_lora_with_the_same_scores() {
        let adapter = Adapter::read(&root().join("adalora")).unwrap();
        let mut model = base();
        adapter.attach_to(&mut model).unwrap();

        let expected = scores(&model);
        let config = plain_lora(&mut model, &adapter.config).unwrap();
        let AdapterKind::Lora(settings) = &config.kind else {
            panic!("{config:?} is not LoRA")
        };
        assert!(settings.rank_pattern.iter().all(|(_, rank)| *rank > 0));

        let folder = tempfile::tempdir().unwrap();
        write_adapter(folder.path(), &model, &config).unwrap();
        let mut again = base();
        let written = Adapter::read(folder.path()).unwrap();
        written.attach_to(&mut again).unwrap();
        for (found, expected) in scores(&again).iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-5, "{found} is not {expected}");
        }
    }

    #[test]
    fn plain_adapters_stay_as_they_are() {
        let adapter = Adapter::read(&root().join("lora")).unwrap();
        let mut model = base();
        adapter.attach_to(&mut model).unwrap();
        let expected = scores(&model);
        let config = plain_lora(&mut model, &adapter.config).unwrap();
        assert_eq!(config, adapter.config);
        assert_eq!(scores(&model), expected);
    }
}
