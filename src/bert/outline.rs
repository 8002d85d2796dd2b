//! What a model folder says without its weights.

use burn::tensor::Device;

use crate::bert::adapter::{Adapter, Attached};
use crate::bert::checkpoint::Source;
use crate::bert::config::BertConfig;
use crate::bert::error::LoadError;
use crate::bert::loading::{adapter, config_file, longest_text, notices, stored_head};
use crate::bert::model::ScoreModel;

/// What can be said of a model without reading its weights.
#[derive(Debug)]
pub(crate) struct Outline {
    /// The most tokens a text may have.
    pub(crate) max_length: usize,
    /// The [notices](crate::bert::loading::LoadedModel::notices) that the model will have.
    pub(crate) notices: Vec<String>,
}

/// Reads what is small of the model that `source` found; its weights may still be unusable.
pub(crate) fn outline(source: &Source, max_length: Option<usize>) -> Result<Outline, LoadError> {
    let config = BertConfig::read(&config_file(source))?;
    let max_length = longest_text(source, &config, max_length)?;

    let mut attached = Attached::default();
    if let Some(adapter) = adapter(source)? {
        let mut model = without_weights(source, &adapter, &config);
        // Whose fault it is that they do not fit together is found when the weights are read.
        attached = adapter.attach_to(&mut model).unwrap_or_default();
    }

    Ok(Outline {
        max_length,
        notices: notices(source, &attached)?,
    })
}

/// The adapter of the model that `source` found, on a model whose weights are not read; `None`
/// where it has none.
pub(crate) fn adapter_alone(source: &Source) -> Result<Option<ScoreModel>, LoadError> {
    let Some(adapter) = adapter(source)? else {
        return Ok(None);
    };
    let config = BertConfig::read(&config_file(source))?;
    let mut model = without_weights(source, &adapter, &config);
    adapter.attach_to(&mut model)?;
    Ok(Some(model))
}

/// A model of that shape, whose zeros take no room until somebody asks for them.
fn without_weights(source: &Source, adapter: &Adapter, config: &BertConfig) -> ScoreModel {
    let head = match &source.checkpoint {
        Some(checkpoint) => checkpoint.head,
        None => stored_head(None, Some(adapter), config.model_type),
    };
    ScoreModel::zeros(config, head, &Device::flex())
}
