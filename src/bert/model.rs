//! An encoder with one score per text.
//!
//! Higher scores are better. Two heads exist and are not interchangeable; see
//! [`HeadKind`]. Loading and saving is in [`weights`](mod@crate::bert::weights).

use burn::module::Module;
use burn::nn::{Dropout, DropoutConfig};
use burn::tensor::{Device, Tensor, activation};

use crate::bert::architecture::{Architecture, HeadActivation, Names, PROJECTION};
use crate::bert::batch::TokenBatch;
use crate::bert::config::BertConfig;
use crate::bert::encoder::Encoder;
use crate::bert::linear::AdaptedLinear;

/// How the representation of `[CLS]` becomes a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum HeadKind {
    /// A linear map of it, as in RescoreBERT (arXiv 2202.01094).
    #[serde(rename = "cls_linear")]
    ClsLinear,
    /// A dense layer and an activation come first, as in Hugging Face's
    /// `BertForSequenceClassification` and its like.
    #[serde(rename = "hf_pooled")]
    HfPooled,
}

impl HeadKind {
    /// The module name of the last linear map in files.
    pub fn module(self, names: &Names) -> &'static str {
        match self {
            HeadKind::ClsLinear => LINEAR_HEAD,
            HeadKind::HfPooled => names.classifier,
        }
    }
}

/// The module name of a `cls_linear` head, whatever the encoder.
pub const LINEAR_HEAD: &str = "score";

/// An encoder with a scoring head.
#[derive(Module, Debug)]
pub struct ScoreModel {
    /// The body.
    pub encoder: Encoder,
    /// The dense layer of an `hf_pooled` head.
    pub pooler: Option<AdaptedLinear>,
    /// From `hidden` to one score; never carries an adapter.
    pub classifier: AdaptedLinear,
    /// Before the last linear map, only while training.
    pub dropout: Dropout,
    /// Which encoder it is: what its parts are called, and what its head computes.
    #[module(skip)]
    pub architecture: Architecture,
}

impl ScoreModel {
    /// A model of zeros, allocated when first used.
    pub fn zeros(config: &BertConfig, head: HeadKind, device: &Device) -> ScoreModel {
        let hidden = config.hidden_size;
        let pooler = match head {
            HeadKind::ClsLinear => None,
            HeadKind::HfPooled => Some(AdaptedLinear::zeros(hidden, hidden, device)),
        };
        ScoreModel {
            encoder: Encoder::zeros(config, device),
            pooler,
            classifier: AdaptedLinear::zeros(hidden, 1, device),
            dropout: DropoutConfig::new(config.head_dropout()).init(),
            architecture: config.model_type,
        }
    }

    /// Which head it has.
    pub fn head(&self) -> HeadKind {
        if self.pooler.is_some() {
            HeadKind::HfPooled
        } else {
            HeadKind::ClsLinear
        }
    }

    /// The last layer's representation of `[CLS]`, `[rows, hidden]`.
    pub fn cls(&self, batch: &TokenBatch) -> Tensor<2> {
        self.encoder.forward_first(batch)
    }

    /// Maps representations of `[CLS]`, `[rows, hidden]`, to scores, `[rows]`.
    pub fn score_cls(&self, cls: Tensor<2>) -> Tensor<1> {
        let [rows, _] = cls.dims();
        let names = self.names();
        let pooled = match &self.pooler {
            Some(pooler) => {
                let cls = if names.drops_before_pooler {
                    self.dropout.forward(cls)
                } else {
                    cls
                };
                let pooled = pooler.forward(cls);
                match names.activation {
                    HeadActivation::Tanh => pooled.tanh(),
                    HeadActivation::Relu => activation::relu(pooled),
                    HeadActivation::Gelu => activation::gelu(pooled),
                }
            }
            None => cls,
        };
        // A sum per row, not a matrix-vector product, whose kernel depends on the number of rows.
        let weighted = self.dropout.forward(pooled) * self.classifier.weight.val().transpose();
        weighted.sum_dim(1).reshape([rows]) + self.classifier.bias.val()
    }

    /// Scores, `[rows]`; higher is better.
    pub fn forward(&self, batch: &TokenBatch) -> Tensor<1> {
        self.score_cls(self.cls(batch))
    }

    /// What its parts are called in files.
    pub fn names(&self) -> &'static Names {
        self.architecture.names()
    }

    /// Every map that can carry an adapter, with its Hugging Face module name: that of
    /// the embeddings, where there is one; layer by layer query, key, value, attention
    /// output, intermediate and output; then the pooler. The classifier is not among them.
    pub fn linears(&self) -> Vec<(String, &AdaptedLinear)> {
        let names = self.names();
        let projection = self.encoder.embeddings.projection.iter();
        let mut linears: Vec<(String, &AdaptedLinear)> = projection
            .map(|projection| (names.body(PROJECTION), projection))
            .collect();
        for (index, layer) in self.encoder.layers.iter().enumerate() {
            for (part, map) in names.linears.into_iter().zip(layer.linears()) {
                linears.push((names.layer(index, part), map));
            }
        }
        if let Some(pooler) = &self.pooler {
            linears.push((names.pooler.to_owned(), pooler));
        }
        linears
    }

    /// Calls `f` for every map that can carry an adapter, in the order and with
    /// the names of [`ScoreModel::linears`].
    pub fn for_each_linear_mut(&mut self, f: &mut dyn FnMut(&str, &mut AdaptedLinear)) {
        let names = self.names();
        if let Some(projection) = &mut self.encoder.embeddings.projection {
            f(&names.body(PROJECTION), projection);
        }
        for (index, layer) in self.encoder.layers.iter_mut().enumerate() {
            for (part, map) in names.linears.into_iter().zip(layer.linears_mut()) {
                f(&names.layer(index, part), map);
            }
        }
        if let Some(pooler) = &mut self.pooler {
            f(names.pooler, pooler);
        }
    }

    /// Folds every adapter into its weight.
    pub fn merge(&mut self) {
        self.for_each_linear_mut(&mut |_, linear| linear.merge());
    }
}
