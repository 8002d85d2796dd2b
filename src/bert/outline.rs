//! What a model folder says without its weights.

use burn::tensor::Device;

use crate::bert::checkpoint::Source;
use crate::bert::config::BertConfig;
use crate::bert::error::LoadError;
use crate::bert::loading::{adapter, config_file, ignored_notice, longest_text, stored_head};
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

    let mut notices = Vec::new();
    if let Some(adapter) = adapter(source)? {
        let head = match &source.checkpoint {
            Some(checkpoint) => checkpoint.head,
            None => stored_head(None, Some(&adapter), config.model_type),
        };
        let mut model = ScoreModel::zeros(&config, head, &Device::flex());
        // Whose fault it is that they do not fit together is found when the weights are read.
        if let Ok(attached) = adapter.attach_to(&mut model) {
            notices.extend(ignored_notice(source, &attached.ignored));
        }
    }

    Ok(Outline {
        max_length,
        notices,
    })
}
