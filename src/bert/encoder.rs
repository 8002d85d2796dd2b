//! The BERT encoder (arXiv 1810.04805) and its kin: embeddings and transformer layers.
//!
//! Scoring heads are in [`model`](mod@crate::bert::model). Parameters start at
//! zero; [`weights`](mod@crate::bert::weights) fills them.

use burn::module::{Module, Param};
use burn::nn::{Dropout, DropoutConfig, LayerNorm, LayerNormConfig};
use burn::tensor::module::{attention, embedding};
use burn::tensor::ops::AttentionModuleOptions;
use burn::tensor::{Bool, Device, Int, Tensor, activation};

use crate::bert::batch::TokenBatch;
use crate::bert::config::{BertConfig, HiddenActivation};
use crate::bert::linear::AdaptedLinear;

/// Word, position and segment embeddings, normalized.
#[derive(Module, Debug)]
pub(crate) struct Embeddings {
    /// `[vocabulary, width]`.
    pub(crate) word: Param<Tensor<2>>,
    /// `[positions, width]`.
    pub(crate) position: Param<Tensor<2>>,
    /// `[segments, width]`; only the first row is used.
    pub(crate) segment: Option<Param<Tensor<2>>>,
    /// Of the sum of the three.
    pub(crate) norm: LayerNorm,
    /// Only while training.
    pub(crate) dropout: Dropout,
    /// From `width` to `hidden`, where these differ.
    pub(crate) projection: Option<AdaptedLinear>,
    /// [`BertConfig::uncounted`].
    #[module(skip)]
    pub(super) uncounted: Option<u32>,
}

impl Embeddings {
    fn zeros(config: &BertConfig, device: &Device) -> Embeddings {
        use burn::module::Initializer::Zeros;

        let (width, hidden) = (config.embedding_width(), config.hidden_size);
        let segments = config.model_type.has_segments();
        Embeddings {
            word: Zeros.init([config.vocab_size, width], device),
            position: Zeros.init([config.max_position_embeddings, width], device),
            segment: segments.then(|| Zeros.init([config.type_vocab_size, width], device)),
            norm: norm(width, config, device),
            dropout: DropoutConfig::new(config.hidden_dropout_prob).init(),
            projection: (width != hidden).then(|| AdaptedLinear::zeros(width, hidden, device)),
            uncounted: config.uncounted(),
        }
    }

    /// Maps ids `[rows, tokens]` to `[rows, tokens, hidden]`.
    pub(crate) fn forward(&self, ids: Tensor<2, Int>) -> Tensor<3> {
        let words = embedding(self.word.val(), ids.clone());
        let places = self.places(ids);
        let places = match &self.segment {
            Some(segment) => places + segment.val().slice_dim(0, 0..1).unsqueeze(),
            None => places,
        };

        let sum = self.dropout.forward(self.norm.forward(words + places));
        match &self.projection {
            Some(projection) => projection.forward(sum),
            None => sum,
        }
    }

    /// The embeddings of where tokens are, `[rows or 1, tokens, width]`.
    fn places(&self, ids: Tensor<2, Int>) -> Tensor<3> {
        let [_, tokens] = ids.dims();
        match self.uncounted {
            None => self.position.val().slice_dim(0, 0..tokens).unsqueeze(),
            // As transformers counts: padding anywhere stays at its own id.
            Some(padding) => {
                let counted = ids.not_equal_elem(padding).int();
                let places = counted.clone().cumsum(1) * counted + padding;
                embedding(self.position.val(), places)
            }
        }
    }
}

/// Self-attention and feed-forward block, each followed by a residual sum and a
/// normalization.
#[derive(Module, Debug)]
pub(crate) struct EncoderLayer {
    /// What a token asks for.
    pub(crate) query: AdaptedLinear,
    /// Of what is asked.
    pub(crate) key: AdaptedLinear,
    /// Of what is gathered.
    pub(crate) value: AdaptedLinear,
    /// Of what was gathered.
    pub(crate) attention_output: AdaptedLinear,
    /// After the attention.
    pub(crate) attention_norm: LayerNorm,
    /// The first half of the feed-forward block.
    pub(crate) intermediate: AdaptedLinear,
    /// The second half.
    pub(crate) output: AdaptedLinear,
    /// At the end.
    pub(crate) output_norm: LayerNorm,
    /// Of both blocks' outputs, only while training.
    pub(crate) dropout: Dropout,
    /// Of attention weights, only while training.
    pub(crate) attention_dropout: Dropout,
    pub(super) heads: usize,
    #[module(skip)]
    pub(super) activation: HiddenActivation,
}

/// The fields of a layer that are linear maps, in the order of [`EncoderLayer::linears`].
pub(crate) const LINEARS: [&str; 6] = [
    "query",
    "key",
    "value",
    "attention_output",
    "intermediate",
    "output",
];

impl EncoderLayer {
    fn zeros(config: &BertConfig, device: &Device) -> EncoderLayer {
        let [hidden, inner] = [config.hidden_size, config.intermediate_size];
        let square = || AdaptedLinear::zeros(hidden, hidden, device);

        EncoderLayer {
            query: square(),
            key: square(),
            value: square(),
            attention_output: square(),
            attention_norm: norm(hidden, config, device),
            intermediate: AdaptedLinear::zeros(hidden, inner, device),
            output: AdaptedLinear::zeros(inner, hidden, device),
            output_norm: norm(hidden, config, device),
            dropout: DropoutConfig::new(config.hidden_dropout_prob).init(),
            attention_dropout: DropoutConfig::new(config.attention_probs_dropout_prob).init(),
            heads: config.num_attention_heads,
            activation: config.hidden_act,
        }
    }

    /// Its maps in the order of [`Names::linears`](crate::bert::architecture::Names::linears).
    pub(super) fn linears(&self) -> [&AdaptedLinear; LINEARS.len()] {
        [
            &self.query,
            &self.key,
            &self.value,
            &self.attention_output,
            &self.intermediate,
            &self.output,
        ]
    }

    /// The same, to be changed.
    pub(super) fn linears_mut(&mut self) -> [&mut AdaptedLinear; LINEARS.len()] {
        [
            &mut self.query,
            &mut self.key,
            &mut self.value,
            &mut self.attention_output,
            &mut self.intermediate,
            &mut self.output,
        ]
    }

    /// Maps `[rows, tokens, hidden]` to the same shape. `padding` is `[rows, tokens]`,
    /// true where there is no token.
    pub(crate) fn forward(
        &self,
        hidden: Tensor<3>,
        padding: Option<&Tensor<2, Bool>>,
    ) -> Tensor<3> {
        let attended = self.attend(hidden.clone(), hidden.clone(), padding);
        self.rest(hidden, attended)
    }

    /// Maps `[rows, tokens, hidden]` to the result of the first token alone, `[rows, hidden]`.
    pub(crate) fn forward_first(
        &self,
        hidden: Tensor<3>,
        padding: Option<&Tensor<2, Bool>>,
    ) -> Tensor<2> {
        let [rows, _, width] = hidden.dims();
        let first = hidden.clone().slice([0..rows, 0..1]);
        let attended = self.attend(first.clone(), hidden, padding);
        self.rest(first, attended).reshape([rows, width])
    }

    /// What the tokens `asking` `[rows, some, hidden]` gather from `hidden` `[rows, tokens,
    /// hidden]`.
    fn attend(
        &self,
        asking: Tensor<3>,
        hidden: Tensor<3>,
        padding: Option<&Tensor<2, Bool>>,
    ) -> Tensor<3> {
        let [rows, some, width] = asking.dims();
        let [_, tokens, _] = hidden.dims();
        let size = width / self.heads;
        let split = |x: Tensor<3>, count: usize| -> Tensor<4> {
            x.reshape([rows, count, self.heads, size]).swap_dims(1, 2)
        };
        let query = split(self.query.forward(asking), some);
        let key = split(self.key.forward(hidden.clone()), tokens);
        let value = split(self.value.forward(hidden), tokens);
        let mask: Option<Tensor<4, Bool>> = padding.map(|padding| {
            padding
                .clone()
                .reshape([rows, 1, 1, tokens])
                .expand([rows, self.heads, some, tokens])
        });
        let gathered = if query.device().is_autodiff() {
            let weights = query.matmul(key.swap_dims(2, 3)) / (size as f64).sqrt();
            let weights = match mask {
                Some(mask) => weights.mask_fill(mask, f32::MIN),
                None => weights,
            };
            self.attention_dropout
                .forward(activation::softmax(weights, 3))
                .matmul(value)
        } else {
            attention(
                query,
                key,
                value,
                mask,
                None,
                AttentionModuleOptions::default(),
            )
        };

        gathered.swap_dims(1, 2).reshape([rows, some, width])
    }

    /// Everything after the attention.
    fn rest(&self, hidden: Tensor<3>, attended: Tensor<3>) -> Tensor<3> {
        let attended = self
            .dropout
            .forward(self.attention_output.forward(attended));
        let hidden = self.attention_norm.forward(attended + hidden);
        let inner = self.intermediate.forward(hidden.clone());
        let inner = match self.activation {
            HiddenActivation::Gelu => activation::gelu(inner),
            HiddenActivation::GeluTanh => activation::gelu_approximate(inner),
            HiddenActivation::Relu => activation::relu(inner),
        };
        let output = self.dropout.forward(self.output.forward(inner));

        self.output_norm.forward(output + hidden)
    }
}

/// The body of a model.
#[derive(Module, Debug)]
pub struct Encoder {
    /// What the layers start from.
    pub(crate) embeddings: Embeddings,
    /// At least one, the lowest first.
    pub(crate) layers: Vec<EncoderLayer>,
    /// What normalizations add to variances.
    pub(super) epsilon: f64,
}

impl Encoder {
    /// An encoder of zeros, allocated when first used.
    pub(crate) fn zeros(config: &BertConfig, device: &Device) -> Encoder {
        Encoder {
            embeddings: Embeddings::zeros(config, device),
            layers: (0..config.num_hidden_layers)
                .map(|_| EncoderLayer::zeros(config, device))
                .collect(),
            epsilon: config.layer_norm_eps,
        }
    }

    /// The last layer's representation of every token, `[rows, tokens, hidden]`.
    /// Rows of padding hold numbers without a meaning.
    pub(crate) fn forward(&self, batch: &TokenBatch) -> Tensor<3> {
        let padding = batch.padding();
        let mut hidden = self.embeddings.forward(batch.ids.clone());
        for layer in &self.layers {
            hidden = layer.forward(hidden, padding.as_ref());
        }
        hidden
    }

    /// The last layer's representation of the first token, `[rows, hidden]`.
    ///
    /// Equal to the first token of [`Encoder::forward`], but the last layer
    /// computes nothing for the other tokens than what the first asks of them.
    ///
    /// # Panics
    ///
    /// When there is no layer; a model has one at least.
    pub(crate) fn forward_first(&self, batch: &TokenBatch) -> Tensor<2> {
        let padding = batch.padding();
        let mut hidden = self.embeddings.forward(batch.ids.clone());
        let (last, lower) = self
            .layers
            .split_last()
            .expect("a model has at least one layer");
        for layer in lower {
            hidden = layer.forward(hidden, padding.as_ref());
        }
        last.forward_first(hidden, padding.as_ref())
    }
}

/// A layer normalization of rows of `width`, with the model's epsilon.
pub(crate) fn norm(width: usize, config: &BertConfig, device: &Device) -> LayerNorm {
    LayerNormConfig::new(width)
        .with_epsilon(config.layer_norm_eps)
        .init(device)
}
