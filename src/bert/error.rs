//! `LoadError`: why a model, tokenizer, adapter or checkpoint cannot be used.

use std::io;
use std::path::{Path, PathBuf};

use crate::files::json::JsonError;

/// A model, tokenizer, adapter or checkpoint could not be read.
#[derive(Debug, thiserror::Error)]
#[error("failed to load {}", path.display())]
pub struct LoadError {
    path: PathBuf,
    #[source]
    kind: LoadErrorKind,
}

impl LoadError {
    /// `kind` is what is wrong with the file or folder `path`.
    pub fn new(path: &Path, kind: impl Into<LoadErrorKind>) -> LoadError {
        LoadError {
            path: path.to_owned(),
            kind: kind.into(),
        }
    }

    /// The folder `path` is no model, for `reason`.
    pub(crate) fn folder(path: &Path, reason: impl Into<String>) -> LoadError {
        LoadError::new(path, LoadErrorKind::Folder(reason.into()))
    }

    /// The field `field` of `path` has a value that cannot be used.
    pub fn field(path: &Path, field: &str, value: &dyn ToString, advice: &str) -> LoadError {
        let kind = LoadErrorKind::Field {
            field: field.to_owned(),
            value: shortened(&value.to_string()),
            advice: advice.to_owned(),
        };
        LoadError::new(path, kind)
    }

    /// The file or folder that could not be loaded.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is wrong with it.
    pub fn kind(&self) -> &LoadErrorKind {
        &self.kind
    }
}

/// At most 80 characters of a value, for a message of one line.
fn shortened(value: &str) -> String {
    match value.char_indices().nth(80) {
        Some((end, _)) => format!("{}...", &value[..end]),
        None => value.to_owned(),
    }
}

impl From<serde_json::Error> for LoadErrorKind {
    fn from(error: serde_json::Error) -> LoadErrorKind {
        LoadErrorKind::Json(error.into())
    }
}

/// What is wrong with a file of a model.
#[derive(Debug, thiserror::Error)]
pub enum LoadErrorKind {
    /// The operating system refused.
    #[error("cannot be read")]
    Io(#[from] io::Error),
    /// Not JSON, or a field is missing or of the wrong type.
    #[error("not the JSON that was expected")]
    Json(#[from] JsonError),
    /// A field has a value that this program cannot use.
    #[error("`{field}` is {value}; {advice}")]
    Field {
        /// The field's name.
        field: String,
        /// Its value.
        value: String,
        /// What would do.
        advice: String,
    },
    /// The folder is not there, or is no folder, or lacks what makes it a model.
    #[error("{0}")]
    Folder(String),
    /// What Git has in the place of a large file until it is fetched.
    #[error("this is a pointer of Git LFS, and not the weights: `git lfs pull` brings them")]
    Pointer,
    /// Not a safetensors file, or cut off.
    #[error("not a complete safetensors file")]
    Safetensors(#[from] safetensors::SafeTensorError),
    /// A tensor's name stands in the files more than once: nobody can tell which of them is meant.
    #[error(
        "tensor `{tensor}` comes twice: write the file again, or copy it again from where the \
         model is from"
    )]
    TensorTwice {
        /// The name.
        tensor: String,
    },
    /// A tensor is stored in a number format that cannot be decoded.
    #[error("tensor `{tensor}` has the type {dtype}; F32, F16 and BF16 can be read")]
    TensorType {
        /// The tensor's name in the file.
        tensor: String,
        /// Its number format.
        dtype: String,
    },
    /// A tensor that the model needs is not there.
    #[error("tensor `{tensor}` of shape {expected:?} is missing")]
    TensorMissing {
        /// The name looked for.
        tensor: String,
        /// The shape it should have.
        expected: Vec<usize>,
    },
    /// A tensor does not fit the model.
    #[error("tensor `{tensor}` has the shape {found:?}; expected {expected:?}")]
    TensorShape {
        /// The tensor's name in the file.
        tensor: String,
        /// The shape it should have.
        expected: Vec<usize>,
        /// The shape it has.
        found: Vec<usize>,
    },
    /// A tensor that belongs to nothing in the model.
    #[error("tensor `{tensor}` belongs to no module of this model")]
    TensorUnknown {
        /// The tensor's name in the file.
        tensor: String,
    },
    /// An adapter has embeddings of more or fewer words than its base.
    #[error(
        "tensor `{tensor}` has {rows} rows, and the base model has a vocabulary of {vocabulary}: \
         the adapter was trained on a base with resized embeddings; save that base, resized with \
         transformers' resize_token_embeddings, and name its folder with --base"
    )]
    Vocabulary {
        /// The tensor's name in the file.
        tensor: String,
        /// Its rows.
        rows: usize,
        /// The words of the base.
        vocabulary: usize,
    },
    /// A number in a tensor is NaN or infinite.
    #[error("tensor `{tensor}` contains {value}; weights must be finite numbers")]
    TensorNotFinite {
        /// The tensor's name in the file.
        tensor: String,
        /// The number.
        value: f32,
    },
    /// There is no scoring head in the weights.
    #[error(
        "there is no scoring head (`{tensor}`); give a model that was trained to rescore, or its \
         adapter"
    )]
    NoHead {
        /// The name looked for.
        tensor: String,
    },
    /// The model gives several numbers a text, as classifiers do.
    #[error(
        "the model gives {labels} scores a text (`{tensor}` has {labels} rows), and a rescorer \
         gives one; train it with num_labels=1"
    )]
    Labels {
        /// The weights of the scores.
        tensor: String,
        /// How many there are.
        labels: usize,
    },
    /// The tokenizer file cannot be used.
    #[error("not a usable tokenizer: {0}")]
    Tokenizer(String),
    /// The graph of an ONNX file cannot be used.
    #[error("not a usable ONNX model: {0}")]
    Onnx(String),
    /// A pattern in an adapter's configuration is no regular expression.
    #[error(
        "`{field}` contains the pattern `{pattern}`, which is not a regular expression, or takes \
         too long to match"
    )]
    Pattern {
        /// The field that has the pattern.
        field: String,
        /// The pattern.
        pattern: String,
    },
}
