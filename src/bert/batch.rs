//! Texts as tokens, and batches of them.
//!
//! Tokenizing and batching only; nothing here runs a model.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::tensor::{Bool, Device, Int, Tensor, TensorData};
use tokenizers::{Tokenizer, TruncationDirection, TruncationParams};

use crate::bert::architecture::TokenNames;
use crate::bert::config::BertConfig;
use crate::bert::cut_side::{cut_side, kept};
use crate::bert::error::{LoadError, LoadErrorKind};
use crate::bert::guard::guarded;
use crate::bert::tokenizer_file::read_with_options;
use crate::rescore::TokenCounts;

/// Rows of token ids of one width, padded at the end.
#[derive(Debug, Clone)]
pub struct TokenBatch {
    /// `[rows, width]`.
    pub ids: Tensor<2, Int>,
    /// `[rows, width]`, true where there is a token.
    pub mask: Tensor<2, Bool>,
    /// The length of the longest.
    pub width: usize,
    padded: bool,
}

impl TokenBatch {
    /// A batch of texts, each of at least one token; shorter ones are padded with `pad`.
    ///
    /// # Panics
    ///
    /// When there is no text.
    pub fn new(texts: &[&[u32]], pad: u32, device: &Device) -> TokenBatch {
        let rows = texts.len();
        let width = texts
            .iter()
            .map(|ids| ids.len())
            .max()
            .expect("a batch has a text");

        let mut ids = vec![i64::from(pad); rows * width];
        let mut mask = vec![false; rows * width];
        for (row, text) in texts.iter().enumerate() {
            for (column, id) in text.iter().enumerate() {
                ids[row * width + column] = i64::from(*id);
                mask[row * width + column] = true;
            }
        }

        let padded = mask.contains(&false);
        TokenBatch {
            ids: Tensor::from_data(TensorData::new(ids, [rows, width]), device),
            mask: Tensor::from_data(TensorData::new(mask, [rows, width]), device),
            width,
            padded,
        }
    }

    /// `[rows, width]`, true where there is no token; `None` where every row is full.
    pub(crate) fn padding(&self) -> Option<Tensor<2, Bool>> {
        self.padded.then(|| self.mask.clone().bool_not())
    }
}

/// A text as the model reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TokenizedText {
    /// `[CLS]` or what stands for it, the word pieces, `[SEP]`.
    pub(crate) ids: Vec<u32>,
    /// Whether word pieces were cut off.
    pub(crate) truncated: bool,
}

/// The ids of the tokens that have a meaning to the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SpecialTokens {
    /// Starts every text.
    pub(crate) cls: u32,
    /// Ends every text.
    pub(crate) sep: u32,
    /// Fills a batch.
    pub(crate) pad: u32,
    /// Stands for a hidden word piece, where the tokenizer has it.
    pub(crate) mask: Option<u32>,
    /// Stands for a word that has no word pieces, where the tokenizer has it.
    pub(crate) unknown: Option<u32>,
}

/// What a model asks of its tokenizer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TokenizerNeeds<'a> {
    /// What errors call the model.
    pub(crate) model: &'a str,
    /// Its usual special tokens.
    pub(crate) tokens: TokenNames,
    /// How many word pieces it has embeddings for.
    pub(crate) vocabulary: usize,
}

impl From<&BertConfig> for TokenizerNeeds<'static> {
    fn from(config: &BertConfig) -> TokenizerNeeds<'static> {
        let names = config.model_type.names();
        TokenizerNeeds {
            model: names.class,
            tokens: names.tokens,
            vocabulary: config.vocab_size,
        }
    }
}

/// Splits texts into word pieces.
#[derive(Debug)]
pub struct TextTokenizer {
    tokenizer: Tokenizer,
    special: SpecialTokens,
    max_length: usize,
    cut_side: TruncationDirection,
    path: PathBuf,
}

impl TextTokenizer {
    /// Reads `tokenizer.json` or lists of pieces, for a model that `needs` it; the options in a
    /// `tokenizer_config.json` beside them come first.
    ///
    /// Padding and truncation of the file are overridden, but for the side: texts are cut to
    /// `max_length` tokens, `[CLS]` and `[SEP]` included (at least 3). A tokenizer
    /// that lacks special tokens, does not put them around a text, or has ids
    /// the model has no embedding for, is an error.
    pub(crate) fn read<'a>(
        path: &Path,
        needs: impl Into<TokenizerNeeds<'a>>,
        max_length: usize,
    ) -> Result<TextTokenizer, LoadError> {
        let TokenizerNeeds {
            model,
            tokens,
            vocabulary,
        } = needs.into();
        let refuse = |reason: String| LoadError::new(path, LoadErrorKind::Tokenizer(reason));
        let (mut tokenizer, stored, options) = read_with_options(path)?;
        let cut_side = cut_side(&options, stored)?;
        let tokens = tokens.or_others(|token| tokenizer.token_to_id(token).is_some());
        // What a file beside it names is that file's fault.
        let named = |token: &str, problem: &str| {
            let (file, field) = options.origin(token)?;
            let reason = format!("`{field}` names the token `{token}`, {problem}");
            Some(LoadError::new(file, LoadErrorKind::Tokenizer(reason)))
        };
        let id = |token: &str| {
            tokenizer.token_to_id(token).ok_or_else(|| {
                let problem = "which the tokenizer does not have: name one that it has";
                named(token, problem).unwrap_or_else(|| {
                    refuse(format!(
                        "it has no {token} token; it must be a tokenizer of {model} models"
                    ))
                })
            })
        };
        let [first, last] = options.around();
        // What is named decides only where the post-processor says so.
        let wanted = match [first, last] {
            [None, None] => Some([id(tokens.cls)?, id(tokens.sep)?]),
            _ => None,
        };
        let role = |role, usual| tokenizer.token_to_id(options.meant(role).unwrap_or(usual));
        let pad = id(options.meant("pad_token").unwrap_or(tokens.pad))?;
        let mask = role("mask_token", tokens.mask);
        let unknown = role("unk_token", tokens.unknown);

        let pieces = tokenizer.get_vocab(true).into_iter();
        let largest = pieces.map(|(piece, id)| (id, piece)).max();
        if let Some((largest, piece)) = largest
            && largest as usize >= vocabulary
        {
            let lack = format!(
                "has no {piece} token among the {vocabulary} of the model's vocabulary: its id \
                 would be {largest}"
            );
            let file = path.file_name().unwrap_or_default().display();
            let advice = "leave it out, or save the model with as many embeddings";
            if let Some(error) = named(&piece, &format!("but {file} {lack}; {advice}")) {
                return Err(error);
            }
            // A special token that no file has gets the next id.
            let is_special = [tokens.cls, tokens.sep, tokens.pad].contains(&piece.as_str());
            return Err(refuse(if is_special {
                format!("it {lack}")
            } else {
                format!(
                    "its largest id is {largest} (`{piece}`), but the model has a vocabulary of \
                     {vocabulary}"
                )
            }));
        }

        let around = guarded(|| tokenizer.encode("", true))
            .and_then(|around| around.map_err(|error| error.to_string()))
            .map_err(|problem| {
                refuse(format!(
                    "its `post_processor` cannot put {} and {} around a text ({problem}); it needs \
                     that of {model} models",
                    tokens.cls, tokens.sep
                ))
            })?;
        let [cls, sep] = match *around.get_ids() {
            [cls, sep] if wanted.is_none_or(|wanted| wanted == [cls, sep]) => [cls, sep],
            _ => {
                return Err(refuse(format!(
                    "it does not put {} and {} around a text; it needs the post-processor of \
                     {model} models, or a cls_token and a sep_token in tokenizer_config.json",
                    first.unwrap_or(tokens.cls),
                    last.unwrap_or(tokens.sep)
                )));
            }
        };
        let special = SpecialTokens {
            cls,
            sep,
            pad,
            mask,
            unknown,
        };
        tokenizer
            .with_truncation(Some(TruncationParams {
                max_length,
                direction: cut_side,
                ..TruncationParams::default()
            }))
            .map_err(|error| refuse(error.to_string()))?;
        Ok(TextTokenizer {
            tokenizer,
            special,
            max_length,
            cut_side,
            path: path.to_owned(),
        })
    }

    /// The ids of the special tokens.
    pub(crate) fn special(&self) -> SpecialTokens {
        self.special
    }

    /// The most tokens a text may have.
    pub(crate) fn max_length(&self) -> usize {
        self.max_length
    }

    /// The tokens of a text.
    ///
    /// A text that the tokenizer cannot read is an error of the tokenizer's file.
    pub(crate) fn tokenize(&self, text: &str) -> Result<TokenizedText, LoadError> {
        // Of a text that is cut anyway, no more than the end that is kept need be read.
        if let Some(part) = kept(text, self.cut_side) {
            let tokens = self.encode(part)?;
            if tokens.truncated {
                return Ok(tokens);
            }
        }
        self.encode(text)
    }

    /// How many tokens a text has, but for the first and the last, which every text has.
    pub(crate) fn counts(&self, text: &TokenizedText) -> TokenCounts {
        let unknown = self.special.unknown;
        TokenCounts {
            texts: 1,
            tokens: text.ids.len().saturating_sub(2),
            unknown: text.ids.iter().filter(|id| Some(**id) == unknown).count(),
        }
    }

    fn encode(&self, text: &str) -> Result<TokenizedText, LoadError> {
        let refuse = |reason| LoadError::new(&self.path, LoadErrorKind::Tokenizer(reason));
        let gave_up = |panic| {
            refuse(format!(
                "its library gives up on a text ({panic}); copy the file again from where the \
                 model is from"
            ))
        };
        let encoding = guarded(|| self.tokenizer.encode_fast(text, true))
            .map_err(gave_up)?
            .map_err(|error| refuse(error.to_string()))?;
        let truncated = !encoding.get_overflowing().is_empty();
        Ok(TokenizedText {
            ids: encoding.get_ids().to_vec(),
            truncated,
        })
    }
}

/// Indices of texts by length, shortest first; equal lengths keep their order.
pub(crate) fn by_length(lengths: &[usize]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|index| lengths[*index]);
    order
}

/// Batches for training: sorted by length, at most `token_budget` tokens each with
/// padding, at least one text each. The values index `lengths`.
pub(crate) fn padded_batches(lengths: &[usize], token_budget: usize) -> Vec<Vec<usize>> {
    let mut batches: Vec<Vec<usize>> = Vec::new();
    for index in by_length(lengths) {
        // Texts come by length: the newest is the widest.
        match batches.last_mut() {
            Some(batch) if (batch.len() + 1) * lengths[index] <= token_budget => batch.push(index),
            Some(_) | None => batches.push(vec![index]),
        }
    }
    batches
}

/// Batches for scoring: every batch holds texts of one length, so that there is no
/// padding, and at most `token_budget` tokens, but at least one text.
///
/// Longest first: the last batches to be started are the shortest, which
/// evens out the work of threads.
pub(crate) fn even_batches(lengths: &[usize], token_budget: usize) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, length) in lengths.iter().enumerate() {
        groups.entry(*length).or_default().push(index);
    }
    let mut batches = Vec::new();
    for (length, group) in groups.iter().rev() {
        let rows = (token_budget / length.max(&1)).max(1);
        batches.extend(group.chunks(rows).map(<[usize]>::to_vec));
    }
    batches
}

/// Batches for scoring where texts lie one after the other without padding: texts in their order,
/// at most `token_budget` tokens in a batch, at least one text.
pub(crate) fn consecutive_batches(lengths: &[usize], token_budget: usize) -> Vec<Vec<usize>> {
    let mut batches: Vec<Vec<usize>> = Vec::new();
    let mut tokens = 0;

    for (index, length) in lengths.iter().enumerate() {
        tokens += length;
        match batches.last_mut() {
            Some(batch) if tokens <= token_budget => batch.push(index),
            Some(_) | None => {
                batches.push(vec![index]);
                tokens = *length;
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reference/hf-peft/bert-tiny")
    }

    fn config() -> BertConfig {
        BertConfig::read(&root().join("config.json")).unwrap()
    }

    /// The reference tokenizer with its file changed.
    fn read_changed(
        change: impl Fn(&mut serde_json::Value),
        config: &BertConfig,
    ) -> Result<TextTokenizer, LoadError> {
        let text = std::fs::read_to_string(root().join("tokenizer.json")).unwrap();
        let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
        change(&mut value);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokenizer.json");
        std::fs::write(&path, value.to_string()).unwrap();
        TextTokenizer::read(&path, config, 8)
    }

    #[track_caller]
    fn check_refused(change: impl Fn(&mut serde_json::Value), part: &str) {
        let error = read_changed(change, &config()).unwrap_err();
        let LoadErrorKind::Tokenizer(reason) = error.kind() else {
            panic!("{error:?}")
        };
        assert!(reason.contains(part), "{reason}");
    }

    #[test]
    fn a_tokenizer_without_special_tokens_is_refused() {
        let rename = |token: &'static str| {
            move |file: &mut serde_json::Value| {
                let text = file
                    .to_string()
                    .replace(&format!("\"{token}\""), "\"[gone]\"");
                *file = serde_json::from_str(&text).unwrap();
            }
        };
        check_refused(rename("[PAD]"), "no [PAD] token");
        check_refused(rename("[SEP]"), "no [SEP] token");
        check_refused(
            |file| file["post_processor"] = serde_json::Value::Null,
            "around a text",
        );
    }

    #[test]
    fn an_id_without_an_embedding_and_a_broken_file_are_refused() {
        let small = BertConfig {
            vocab_size: 156,
            ..config()
        };
        let error = read_changed(|_| {}, &small).unwrap_err();

        assert!(
            error.kind().to_string().contains("largest id is 156"),
            "{:?}",
            error.kind()
        );
        check_refused(|file| *file = serde_json::json!({"version": "1.0"}), "");
    }

    #[test]
    fn padding_and_truncation_of_the_file_do_not_count() {
        let set = |file: &mut serde_json::Value| {
            file["padding"] = serde_json::json!({
                "strategy": {"Fixed": 6}, "direction": "Right", "pad_to_multiple_of": null,
                "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"
            });
            file["truncation"] = serde_json::json!({
                "direction": "Right", "max_length": 4, "strategy": "LongestFirst", "stride": 0
            });
        };

        let tokenizer = read_changed(set, &config()).unwrap();
        let short = tokenizer.tokenize("the").unwrap();
        assert_eq!(
            short,
            TokenizedText {
                ids: vec![2, 53, 3],
                truncated: false
            }
        );

        let full = tokenizer.tokenize("the the the the the the").unwrap();
        assert_eq!((full.ids.len(), full.truncated), (8, false));
        let long = tokenizer.tokenize("the the the the the the the").unwrap();
        assert_eq!((long.ids.len(), long.truncated), (8, true));
        assert_eq!(long.ids[7], tokenizer.special().sep);
    }

    #[test]
    fn batches_hold_every_text_once_within_the_budget() {
        let lengths = [3, 9, 3, 5, 3, 40, 5, 3];
        let consecutive = consecutive_batches(&lengths, 10);
        assert_eq!(
            consecutive,
            [vec![0], vec![1], vec![2, 3], vec![4], vec![5], vec![6, 7]]
        );
        for batches in [
            even_batches(&lengths, 10),
            padded_batches(&lengths, 10),
            consecutive,
        ] {
            let mut all: Vec<usize> = batches.concat();
            all.sort_unstable();
            assert_eq!(all, (0..lengths.len()).collect::<Vec<_>>());
            for batch in batches {
                let width = batch.iter().map(|index| lengths[*index]).max().unwrap();
                assert!(batch.len() == 1 || batch.len() * width <= 10, "{batch:?}");
            }
        }

        assert_eq!(
            even_batches(&lengths, 10)[..3],
            [vec![5], vec![1], vec![3, 6]]
        );
        assert_eq!(
            padded_batches(&lengths, 10)[..2],
            [vec![0, 2, 4], vec![7, 3]]
        );
        assert!(even_batches(&[], 10).is_empty() && padded_batches(&[], 10).is_empty());
    }

    #[test]
    fn only_a_batch_with_gaps_has_padding() {
        let device = Device::flex();
        assert!(
            TokenBatch::new(&[&[2, 3], &[2, 3]], 0, &device)
                .padding()
                .is_none()
        );

        let batch = TokenBatch::new(&[&[2, 5, 3], &[2, 3]], 0, &device);
        let padding: Vec<bool> = batch.padding().unwrap().into_data().iter().collect();
        assert_eq!(padding, [false, false, false, false, false, true]);
        assert_eq!(batch.ids.dims(), [2, 3]);
    }
}
