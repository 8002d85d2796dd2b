//! The encoders that can be used, and what transformers calls their parts.
//!
//! They all are BERT's layers: what sets them apart is names, how tokens are placed, and the
//! head. Their sizes are in [`config`](mod@crate::bert::config).

/// Which encoder a model is, by transformers' `model_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Architecture {
    /// arXiv 1810.04805.
    #[serde(rename = "bert")]
    Bert,
    /// arXiv 1907.11692.
    #[serde(rename = "roberta")]
    Roberta,
    /// arXiv 1911.02116; RoBERTa of many languages.
    #[serde(rename = "xlm-roberta")]
    XlmRoberta,
    /// arXiv 1911.03894; a French RoBERTa.
    #[serde(rename = "camembert")]
    Camembert,
    /// arXiv 1910.01108.
    #[serde(rename = "distilbert")]
    DistilBert,
    /// arXiv 2003.10555.
    #[serde(rename = "electra")]
    Electra,
}

/// What a head's dense layer is followed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeadActivation {
    /// A hyperbolic tangent.
    Tanh,
    /// The rectified linear unit.
    Relu,
    /// The exact Gaussian error linear unit, whatever the layers have.
    Gelu,
}

/// The names of an encoder's parts in files, and what its classification head computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Names {
    /// What its classes are called in transformers, without `Model` or `ForSequenceClassification`.
    pub(crate) class: &'static str,
    /// Stands before the modules of the body, with its dot.
    pub(crate) prefix: &'static str,
    /// Stands before the number of a layer, after the prefix.
    pub(crate) layers: &'static str,
    /// The linear maps of a layer: query, key, value, attention output, and both halves of the
    /// feed-forward block.
    pub(crate) linears: [&'static str; 6],
    /// The normalization after a layer's attention.
    pub(crate) attention_norm: &'static str,
    /// The normalization at a layer's end.
    pub(crate) output_norm: &'static str,
    /// The dense layer of the classification head, with the prefix if it is a part of the body.
    pub(crate) pooler: &'static str,
    /// What follows it.
    pub(crate) activation: HeadActivation,
    /// Whether dropout comes before the dense layer, too.
    pub(crate) drops_before_pooler: bool,
    /// The last map of the classification head.
    pub(crate) classifier: &'static str,
    /// The special tokens that its tokenizers usually have.
    pub(crate) tokens: TokenNames,
}

/// What a tokenizer calls its special tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TokenNames {
    /// Starts every text.
    pub(crate) cls: &'static str,
    /// Ends every text.
    pub(crate) sep: &'static str,
    /// Fills a batch.
    pub(crate) pad: &'static str,
    /// Stands for a hidden word piece.
    pub(crate) mask: &'static str,
    /// Stands for what has no word pieces.
    pub(crate) unknown: &'static str,
}

/// Word embeddings, after the prefix.
pub(crate) const WORDS: &str = "embeddings.word_embeddings.weight";

/// Position embeddings, after the prefix.
pub(crate) const POSITIONS: &str = "embeddings.position_embeddings.weight";

/// Segment embeddings, after the prefix.
pub(crate) const SEGMENTS: &str = "embeddings.token_type_embeddings.weight";

/// The normalization of embeddings, after the prefix.
pub(crate) const EMBEDDING_NORM: &str = "embeddings.LayerNorm";

/// What brings embeddings to the width of the layers, after the prefix.
pub(crate) const PROJECTION: &str = "embeddings_project";

const BERT_TOKENS: TokenNames = TokenNames {
    cls: "[CLS]",
    sep: "[SEP]",
    pad: "[PAD]",
    mask: "[MASK]",
    unknown: "[UNK]",
};

const ROBERTA_TOKENS: TokenNames = TokenNames {
    cls: "<s>",
    sep: "</s>",
    pad: "<pad>",
    mask: "<mask>",
    unknown: "<unk>",
};

const BERT: Names = Names {
    class: "Bert",
    prefix: "bert.",
    layers: "encoder.layer.",
    linears: [
        "attention.self.query",
        "attention.self.key",
        "attention.self.value",
        "attention.output.dense",
        "intermediate.dense",
        "output.dense",
    ],
    attention_norm: "attention.output.LayerNorm",
    output_norm: "output.LayerNorm",
    pooler: "bert.pooler.dense",
    activation: HeadActivation::Tanh,
    drops_before_pooler: false,
    classifier: "classifier",
    tokens: BERT_TOKENS,
};

const ROBERTA: Names = Names {
    class: "Roberta",
    prefix: "roberta.",
    pooler: "classifier.dense",
    drops_before_pooler: true,
    classifier: "classifier.out_proj",
    tokens: ROBERTA_TOKENS,
    ..BERT
};

const XLM_ROBERTA: Names = Names {
    class: "XLMRoberta",
    ..ROBERTA
};

const CAMEMBERT: Names = Names {
    class: "Camembert",
    ..ROBERTA
};

const DISTILBERT: Names = Names {
    class: "DistilBert",
    prefix: "distilbert.",
    layers: "transformer.layer.",
    linears: [
        "attention.q_lin",
        "attention.k_lin",
        "attention.v_lin",
        "attention.out_lin",
        "ffn.lin1",
        "ffn.lin2",
    ],
    attention_norm: "sa_layer_norm",
    output_norm: "output_layer_norm",
    pooler: "pre_classifier",
    activation: HeadActivation::Relu,
    ..BERT
};

const ELECTRA: Names = Names {
    class: "Electra",
    prefix: "electra.",
    pooler: "classifier.dense",
    activation: HeadActivation::Gelu,
    drops_before_pooler: true,
    classifier: "classifier.out_proj",
    ..BERT
};

impl Architecture {
    /// Every one.
    pub(crate) const ALL: [Architecture; 6] = [
        Architecture::Bert,
        Architecture::Roberta,
        Architecture::XlmRoberta,
        Architecture::Camembert,
        Architecture::DistilBert,
        Architecture::Electra,
    ];

    /// What its parts are called.
    pub(crate) fn names(self) -> &'static Names {
        match self {
            Architecture::Bert => &BERT,
            Architecture::Roberta => &ROBERTA,
            Architecture::XlmRoberta => &XLM_ROBERTA,
            Architecture::Camembert => &CAMEMBERT,
            Architecture::DistilBert => &DISTILBERT,
            Architecture::Electra => &ELECTRA,
        }
    }

    /// Whether positions count from the id of the padding token, which itself is not counted.
    pub(crate) fn counts_from_padding(self) -> bool {
        self.names().prefix == ROBERTA.prefix
    }

    /// Whether tokens have segments.
    pub(crate) fn has_segments(self) -> bool {
        self != Architecture::DistilBert
    }

    /// What `config.json` calls the size or setting that BERT calls `field`.
    pub(crate) fn field(self, field: &'static str) -> &'static str {
        if self != Architecture::DistilBert {
            return field;
        }

        match field {
            "hidden_size" => "dim",
            "num_hidden_layers" => "n_layers",
            "num_attention_heads" => "n_heads",
            "intermediate_size" => "hidden_dim",
            "hidden_act" => "activation",
            "hidden_dropout_prob" => "dropout",
            "attention_probs_dropout_prob" => "attention_dropout",
            "classifier_dropout" => "seq_classif_dropout",
            other => other,
        }
    }
}

impl Names {
    /// The full name of a part of the body.
    pub(crate) fn body(&self, part: &str) -> String {
        format!("{}{part}", self.prefix)
    }

    /// The full name of a part of a layer.
    pub(crate) fn layer(&self, layer: usize, part: &str) -> String {
        format!("{}{}{layer}.{part}", self.prefix, self.layers)
    }

    /// Whether `name`, without the prefix, is a part of the body that every model has.
    pub(crate) fn is_in_body(&self, name: &str) -> bool {
        let stack = self.layers.split('.').next().unwrap_or_default();
        let first = name.split('.').next().unwrap_or_default();
        [stack, "embeddings", PROJECTION].contains(&first)
    }

    /// Whether the head's dense layer belongs to the classifier, so that PEFT trains and stores
    /// both of them whole.
    pub(crate) fn pooler_is_classifiers(&self) -> bool {
        !self.pooler.starts_with(self.prefix)
    }
}

impl TokenNames {
    /// The special tokens of a tokenizer that knows those of `has`: these, or else those
    /// of the other family where they are complete.
    #[must_use]
    pub(crate) fn or_others(self, has: impl Fn(&str) -> bool) -> TokenNames {
        let complete = |names: &TokenNames| [names.cls, names.sep, names.pad].into_iter().all(&has);
        let known = [self, BERT_TOKENS, ROBERTA_TOKENS];
        known.into_iter().find(complete).unwrap_or(self)
    }
}

/// Where a linear map is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place<'a> {
    /// In a layer, from 0, as which of [`Names::linears`].
    Layer {
        /// The layer's number.
        layer: usize,
        /// The index in [`Names::linears`].
        linear: usize,
        /// Its name in the layer.
        part: &'a str,
    },
    /// The head's dense layer.
    Pooler,
    /// Between embeddings and layers.
    Projection,
}

/// Where the linear map called `module` is, in whatever architecture has it.
pub(crate) fn place(module: &str) -> Option<Place<'_>> {
    let names = Architecture::ALL.map(Architecture::names);
    names.into_iter().find_map(|names| {
        if module == names.pooler {
            return Some(Place::Pooler);
        }

        let stem = module.strip_prefix(names.prefix)?;
        if stem == PROJECTION {
            return Some(Place::Projection);
        }

        let (layer, part) = stem.strip_prefix(names.layers)?.split_once('.')?;
        let linear = names.linears.iter().position(|linear| *linear == part)?;
        let layer = layer.parse().ok()?;
        Some(Place::Layer {
            layer,
            linear,
            part,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_have_places() {
        let in_layer = |layer, linear, part| {
            Some(Place::Layer {
                layer,
                linear,
                part,
            })
        };
        let expected = in_layer(11, 5, "output.dense");
        assert_eq!(place("bert.encoder.layer.11.output.dense"), expected);
        assert_eq!(place("electra.encoder.layer.11.output.dense"), expected);
        assert_eq!(
            place("distilbert.transformer.layer.0.attention.q_lin"),
            in_layer(0, 0, "attention.q_lin")
        );

        assert_eq!(place("bert.pooler.dense"), Some(Place::Pooler));
        assert_eq!(place("pre_classifier"), Some(Place::Pooler));
        assert_eq!(place("electra.embeddings_project"), Some(Place::Projection));
        assert_eq!(place("bert.encoder.layer.1.attention.q_lin"), None);
        assert_eq!(place("classifier"), None);
    }

    #[test]
    fn a_tokenizer_of_either_family_is_taken() {
        let only = |tokens: TokenNames| {
            move |token: &str| [tokens.cls, tokens.sep, tokens.pad].contains(&token)
        };
        for architecture in Architecture::ALL {
            let tokens = architecture.names().tokens;
            assert_eq!(tokens.or_others(only(BERT_TOKENS)), BERT_TOKENS);
            assert_eq!(tokens.or_others(only(ROBERTA_TOKENS)), ROBERTA_TOKENS);
            assert_eq!(tokens.or_others(|_| false), tokens);
        }
    }
}
