//! The largest model that is loaded or made, and which file is at fault where two disagree.
//!
//! Sizes in a configuration decide how much memory is asked for, so that they are checked before
//! anything is allocated: against limits, and against the tensors that are there.

use std::path::Path;

use crate::bert::architecture::{Names, POSITIONS, PROJECTION, SEGMENTS, WORDS};
use crate::bert::config::BertConfig;
use crate::bert::error::LoadError;
use crate::bert::tensors::TensorStore;
use crate::rescore::LARGEST_FACTOR;

/// Vocabularies of all languages have some 500,000 pieces.
const MOST_VOCABULARY: usize = 4_000_000;

/// The widest BERT (Megatron's) has 2,560.
const WIDEST: usize = 16_384;

/// Four times the width is usual.
const WIDEST_INNER: usize = 131_072;

/// The deepest BERT has 48.
const MOST_LAYERS: usize = 512;

/// BERT reads 512 tokens; long variants 4,096.
const MOST_POSITIONS: usize = 131_072;

/// Segments; BERT has two.
const MOST_SEGMENTS: usize = 1_024;

/// Numbers of a model, 16 GiB in single precision; the largest BERT has 3.9 billion.
const MOST_NUMBERS: u128 = 1 << 32;

/// The largest rank of an adapter: no matrix of the widest model has a higher one.
pub(crate) const HIGHEST_RANK: usize = WIDEST;

/// Whether a factor, such as an adapter's alpha, is a number that leaves digits for the rest.
pub(crate) fn is_factor(value: f64) -> bool {
    value.abs() <= LARGEST_FACTOR
}

/// The most patterns or names of one field of an adapter's configuration: more than the matrices of
/// the deepest BERT.
pub(crate) const MOST_PATTERNS: usize = 512;

/// The longest pattern or name of a module.
pub(crate) const LONGEST_PATTERN: usize = 500;

impl BertConfig {
    /// How many numbers a model of this shape has, without a head.
    pub(crate) fn numbers(&self) -> u128 {
        let size = |size: usize| size as u128;
        let (width, inner) = (size(self.hidden_size), size(self.intermediate_size));
        let rows =
            size(self.vocab_size) + size(self.max_position_embeddings) + size(self.type_vocab_size);
        // Four square maps and both halves of the feed-forward block with their biases, two
        // normalizations.
        let layer = 4 * width * (width + 1) + 2 * width * inner + inner + 5 * width;
        let embedding = size(self.embedding_width());
        let projection = if embedding == width {
            0
        } else {
            (embedding + 1) * width
        };

        rows * embedding + projection + size(self.num_hidden_layers) * layer
    }
}

/// Refuses sizes that no BERT has; `path` names the configuration.
pub(crate) fn check_sizes(config: &BertConfig, path: &Path) -> Result<(), LoadError> {
    let sizes = [
        ("vocab_size", config.vocab_size, MOST_VOCABULARY),
        ("hidden_size", config.hidden_size, WIDEST),
        ("embedding_size", config.embedding_width(), WIDEST),
        ("num_hidden_layers", config.num_hidden_layers, MOST_LAYERS),
        ("intermediate_size", config.intermediate_size, WIDEST_INNER),
        (
            "max_position_embeddings",
            config.max_position_embeddings,
            MOST_POSITIONS,
        ),
        ("type_vocab_size", config.type_vocab_size, MOST_SEGMENTS),
    ];

    for (field, size, most) in sizes {
        if size > most {
            let advice = format!("no BERT is as large: at most {most} is accepted");
            let field = config.model_type.field(field);
            return Err(LoadError::field(path, field, &size, &advice));
        }
    }

    let numbers = config.numbers();
    if numbers > MOST_NUMBERS {
        let advice = format!(
            "with its other sizes the model has {numbers} numbers; at most {MOST_NUMBERS}, 16 GiB, \
             are accepted"
        );
        let (field, width) = (config.model_type.field("hidden_size"), config.hidden_size);
        return Err(LoadError::field(path, field, &width, &advice));
    }

    Ok(())
}

/// Refuses a configuration that the tensors of its model contradict, before memory is asked for by
/// it.
///
/// The configuration is at fault where the tensors agree with each other; where they do not, they
/// are, which is found when they are read.
pub(crate) fn check_against_tensors(
    config: &BertConfig,
    path: &Path,
    store: &TensorStore,
) -> Result<(), LoadError> {
    let names = config.model_type.names();
    let stored = |stem: &str| {
        let names = [names.body(stem), stem.to_owned()];
        names.into_iter().find_map(|name| {
            let shape = store.shape(&name)?.to_vec();
            Some((name, shape))
        })
    };

    let Some((word, &[vocabulary, width])) = stored(WORDS)
        .as_ref()
        .and_then(|(name, shape)| Some((name.clone(), <&[usize; 2]>::try_from(&shape[..]).ok()?)))
    else {
        return Ok(());
    };
    let file = store.path().file_name().unwrap_or_default().display();
    let refuse = |field: &'static str, found: usize, tensor: &str, stored: &[usize]| {
        let advice = format!("the tensor `{tensor}` of {file} has the shape {stored:?}");
        let field = config.model_type.field(field);
        Err(LoadError::field(path, field, &found, &advice))
    };
    let position = stored(POSITIONS);
    let segment = stored(SEGMENTS).filter(|_| config.model_type.has_segments());
    let agrees = |other: &Option<(String, Vec<usize>)>| {
        other
            .as_ref()
            .is_some_and(|(_, shape)| shape.get(1) == Some(&width))
    };

    if config.embedding_width() != width {
        let segments_agree = agrees(&segment) || !config.model_type.has_segments();
        if agrees(&position) && segments_agree {
            let field = if config.embedding_size.is_some() {
                "embedding_size"
            } else {
                "hidden_size"
            };
            let found = config.embedding_width();
            return refuse(field, found, &word, &[vocabulary, width]);
        }
        return Ok(());
    }

    let rows = [
        (
            "vocab_size",
            config.vocab_size,
            Some((word, vec![vocabulary, width])),
        ),
        (
            "max_position_embeddings",
            config.max_position_embeddings,
            position,
        ),
        ("type_vocab_size", config.type_vocab_size, segment),
        (
            "intermediate_size",
            config.intermediate_size,
            stored(&format!("{}0.{}.weight", names.layers, names.linears[4])),
        ),
        (
            "hidden_size",
            config.hidden_size,
            stored(&format!("{PROJECTION}.weight")).filter(|_| config.embedding_size.is_some()),
        ),
    ];

    for (field, size, tensor) in rows {
        let columns = match field {
            "intermediate_size" => config.hidden_size,
            _ => width,
        };
        if let Some((tensor, shape)) = tensor
            && shape.len() == 2
            && shape[1] == columns
            && shape[0] != size
        {
            return refuse(field, size, &tensor, &shape);
        }
    }

    let layers = layers(store, names);
    if layers != config.num_hidden_layers {
        let advice = format!("{file} has tensors of {layers} layers");
        let field = config.model_type.field("num_hidden_layers");
        let found = config.num_hidden_layers;
        return Err(LoadError::field(path, field, &found, &advice));
    }

    Ok(())
}

/// How many layers there are tensors of.
fn layers(store: &TensorStore, names: &Names) -> usize {
    let mut layers: Vec<&str> = store
        .names()
        .filter_map(|name| {
            let stem = name.strip_prefix(names.prefix).unwrap_or(name);
            stem.strip_prefix(names.layers)?.split('.').next()
        })
        .collect();
    layers.sort_unstable();
    layers.dedup();

    layers.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bert::examples::refused_field;

    #[track_caller]
    fn check_refused(field: &str, value: usize, expected: &str) {
        let folder =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reference/hf-peft/bert-tiny");
        let text = std::fs::read_to_string(folder.join("config.json")).unwrap();
        let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
        json[field] = value.into();

        let path = Path::new("config.json");
        let store = TensorStore::read_model(&folder).unwrap();
        let error = BertConfig::parse(&json.to_string(), path)
            .and_then(|config| check_against_tensors(&config, path, &store))
            .unwrap_err();
        let (found, advice) = refused_field(&error);
        assert_eq!((error.path(), found), (path, field));
        assert!(advice.contains(expected), "{advice}");
    }

    #[test]
    fn sizes_beyond_reason_are_refused_with_their_field() {
        check_refused("num_hidden_layers", 1_000_000, "at most 512");
        check_refused("hidden_size", 2_147_483_648, "at most 16384");
        check_refused("vocab_size", usize::MAX, "at most 4000000");
        check_refused("intermediate_size", 1 << 20, "at most 131072");

        let (large, json) = (
            16_384,
            include_str!("../../fixtures/reference/hf-peft/bert-tiny/config.json"),
        );
        let mut json: serde_json::Value = serde_json::from_str(json).unwrap();
        json["hidden_size"] = large.into();
        json["num_hidden_layers"] = 512.into();

        let error = BertConfig::parse(&json.to_string(), Path::new("config.json")).unwrap_err();
        assert!(
            error.kind().to_string().contains("16 GiB"),
            "{:?}",
            error.kind()
        );
    }

    #[test]
    fn a_configuration_that_the_tensors_contradict_is_at_fault() {
        check_refused(
            "vocab_size",
            158,
            "`bert.embeddings.word_embeddings.weight` of model.safetensors",
        );
        check_refused("hidden_size", 96, "[157, 48]");
        check_refused("max_position_embeddings", 65, "[64, 48]");
        check_refused("type_vocab_size", 3, "[2, 48]");
        check_refused("intermediate_size", 97, "[96, 48]");
        check_refused("num_hidden_layers", 4, "3 layers");
    }
}
