//! The classes of tokenizers that transformers makes anew, and what it makes.
//!
//! Of what `tokenizer.json` says of such a tokenizer, only pieces and added tokens are left: its
//! steps are those of the class, with the options of `tokenizer_config.json`. (Checked against
//! transformers 5.24.)

use serde_json::{Map, Value, json};

use crate::bert::added_tokens::Vocabulary;

/// The classes that are BERT's under some name, without `Tokenizer` or `TokenizerFast`.
const BERT_CLASSES: [&str; 10] = [
    "Bert",
    "ConvBert",
    "DPRContextEncoder",
    "DPRQuestionEncoder",
    "DistilBert",
    "Electra",
    "LayoutLM",
    "Lxmert",
    "MobileBert",
    "SqueezeBert",
];

/// The same of RoBERTa's.
const ROBERTA_CLASSES: [&str; 4] = ["Roberta", "Bart", "LED", "Longformer"];

/// Of which kind the pieces of other classes are that transformers makes anew.
const OTHER_KINDS: [(&str, &str); 8] = [
    ("Albert", "Unigram"),
    ("Deberta", "BPE"),
    ("Funnel", "WordPiece"),
    ("GPT2", "BPE"),
    ("Herbert", "BPE"),
    ("MBart", "Unigram"),
    ("T5", "Unigram"),
    ("XLNet", "Unigram"),
];

/// The types of models whose tokenizers are BERT's where no class is named.
const BERT_MODELS: [&str; 8] = [
    "bert",
    "distilbert",
    "electra",
    "mobilebert",
    "convbert",
    "ernie",
    "megatron-bert",
    "squeezebert",
];

/// The same for RoBERTa's.
const ROBERTA_MODELS: [&str; 3] = ["roberta", "roberta-prelayernorm", "data2vec-text"];

/// The same for XLM-RoBERTa's.
const XLM_ROBERTA_MODELS: [&str; 3] = ["xlm-roberta", "xmod", "gte"];

/// How a tokenizer is made of its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Bert,
    /// BERT's pieces between RoBERTa's tokens.
    Mpnet,
    /// BERT's, with a token for questions.
    Splinter,
    Roberta,
    XlmRoberta,
    Camembert,
    /// `tokenizer.json` says it all.
    Whole,
}

impl Class {
    /// The class of that name.
    pub(super) fn named(name: &str) -> Class {
        match stem(name) {
            Some("XLMRoberta") => Class::XlmRoberta,
            Some("Camembert") => Class::Camembert,
            Some("MPNet") => Class::Mpnet,
            Some("Splinter") => Class::Splinter,
            Some(name) if BERT_CLASSES.contains(&name) => Class::Bert,
            Some(name) if ROBERTA_CLASSES.contains(&name) => Class::Roberta,
            Some(_) | None => Class::Whole,
        }
    }

    /// The class of the tokenizers of a `model_type`.
    pub(super) fn of_model(model: &str) -> Class {
        match model {
            _ if BERT_MODELS.contains(&model) => Class::Bert,
            _ if ROBERTA_MODELS.contains(&model) => Class::Roberta,
            _ if XLM_ROBERTA_MODELS.contains(&model) => Class::XlmRoberta,
            "camembert" => Class::Camembert,
            "mpnet" => Class::Mpnet,
            "splinter" => Class::Splinter,
            _ => Class::Whole,
        }
    }

    /// What transformers calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Class::Bert => "BertTokenizer",
            Class::Mpnet => "MPNetTokenizer",
            Class::Splinter => "SplinterTokenizer",
            Class::Roberta => "RobertaTokenizer",
            Class::XlmRoberta => "XLMRobertaTokenizer",
            Class::Camembert => "CamembertTokenizer",
            Class::Whole => "PreTrainedTokenizerFast",
        }
    }

    /// Why lists of its pieces are read as those of no other class, and what to do instead.
    pub(super) fn only_reader(self) -> &'static str {
        match self {
            Class::Bert => {
                "vocab.txt alone is read as BertTokenizer reads it, and this class splits texts \
                 or marks their ends in another way: make a tokenizer.json with transformers' \
                 AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER); a class that \
                 transformers has in Python alone writes none, and cannot be used here"
            }
            _ => {
                "vocab.json with merges.txt is read as RobertaTokenizer reads it, and this class \
                 splits texts in another way: make a tokenizer.json of it with transformers' \
                 AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)"
            }
        }
    }

    /// Whether it has word pieces, which it splits words into as BERT's does.
    pub(super) fn is_of_word_pieces(self) -> bool {
        matches!(self, Class::Bert | Class::Mpnet | Class::Splinter)
    }

    fn is_of_unigrams(self) -> bool {
        matches!(self, Class::XlmRoberta | Class::Camembert)
    }

    /// Whether it makes tokenizers with the pieces that `tokenizer` has.
    pub(super) fn makes(self, tokenizer: &Value) -> bool {
        let model = &tokenizer["model"];
        match self {
            Class::Bert | Class::Mpnet | Class::Splinter => is_of_word_pieces(tokenizer),
            Class::Roberta => {
                model["type"] == "BPE" || (model["type"].is_null() && model["merges"].is_array())
            }
            Class::XlmRoberta | Class::Camembert => model["type"] == "Unigram",
            Class::Whole => false,
        }
    }

    /// The token that has a role where no file names one.
    pub(super) fn default_token(self, role: &str) -> Option<&'static str> {
        match (self, role) {
            (Class::Bert | Class::Splinter | Class::Mpnet, "unk_token") => Some("[UNK]"),
            (Class::Bert | Class::Splinter, "sep_token") => Some("[SEP]"),
            (Class::Bert | Class::Splinter, "pad_token") => Some("[PAD]"),
            (Class::Bert | Class::Splinter, "cls_token") => Some("[CLS]"),
            (Class::Bert | Class::Splinter, "mask_token") => Some("[MASK]"),
            (Class::Whole | Class::Bert | Class::Splinter, _) => None,
            (_, "bos_token" | "cls_token") => Some("<s>"),
            (_, "eos_token" | "sep_token") => Some("</s>"),
            (_, "unk_token") => Some("<unk>"),
            (_, "pad_token") => Some("<pad>"),
            (_, "mask_token") => Some("<mask>"),
            _ => None,
        }
    }

    /// The special tokens without a role that it has where no file names any.
    pub(super) fn default_extra(self) -> &'static [&'static str] {
        match self {
            Class::Splinter => &["[QUESTION]"],
            Class::Camembert => &["<s>NOTUSED", "</s>NOTUSED", "<unk>NOTUSED"],
            _ => &[],
        }
    }

    /// The roles of the tokens that begin and end a text.
    pub(super) fn around(self) -> [&'static str; 2] {
        if self.is_of_unigrams() {
            ["bos_token", "eos_token"]
        } else {
            ["cls_token", "sep_token"]
        }
    }

    /// What it makes of a text before it splits words, by the names of the steps; `flag` gives an
    /// option, or its default.
    pub(super) fn steps(
        self,
        tokenizer: &Value,
        strip_accents: Option<bool>,
        flag: impl Fn(&str, bool) -> bool,
    ) -> Vec<(&'static str, Value)> {
        if !self.makes(tokenizer) {
            return Vec::new();
        }

        let (normalizer, words) = match self {
            Class::Bert | Class::Mpnet | Class::Splinter => (
                json!({
                    "type": "BertNormalizer",
                    "clean_text": true,
                    "handle_chinese_chars": flag("tokenize_chinese_chars", true),
                    "strip_accents": strip_accents,
                    "lowercase": flag("do_lower_case", true),
                }),
                json!({"type": "BertPreTokenizer"}),
            ),
            Class::Roberta => {
                let stored = &tokenizer["pre_tokenizer"];
                let mut step =
                    json!({"type": "ByteLevel", "trim_offsets": true, "use_regex": true});
                if stored["type"] == "ByteLevel" {
                    step = stored.clone();
                }
                if step["use_regex"] == false {
                    step["use_regex"] = json!(true);
                }
                step["add_prefix_space"] = json!(flag("add_prefix_space", false));
                (Value::Null, step)
            }
            Class::XlmRoberta | Class::Camembert => {
                let scheme = if flag("add_prefix_space", true) {
                    "always"
                } else {
                    "never"
                };
                let space = json!({"type": "Metaspace", "replacement": "\u{2581}",
                    "prepend_scheme": scheme, "split": true});
                let step = json!({"type": "Sequence",
                    "pretokenizers": [{"type": "WhitespaceSplit"}, space]});
                (precompiled(&tokenizer["normalizer"]), step)
            }
            Class::Whole => return Vec::new(),
        };

        vec![("normalizer", normalizer), ("pre_tokenizer", words)]
    }

    /// What it sets of the model with the pieces, where the piece `unknown` stands for what has no
    /// other; only what is not so yet.
    pub(super) fn model_fields(
        self,
        tokenizer: &Value,
        vocabulary: &Vocabulary<'_>,
        unknown: Option<&str>,
    ) -> Vec<(&'static str, Value)> {
        let mut fields = match self {
            Class::Bert | Class::Mpnet | Class::Splinter => vec![
                ("continuing_subword_prefix", json!("##")),
                ("max_input_chars_per_word", json!(100)),
            ],
            Class::Roberta => vec![
                ("dropout", Value::Null),
                ("unk_token", Value::Null),
                ("continuing_subword_prefix", json!("")),
                ("end_of_word_suffix", json!("")),
                ("fuse_unk", json!(false)),
                ("byte_fallback", json!(false)),
                ("ignore_merges", json!(false)),
            ],
            Class::XlmRoberta => vec![("unk_id", json!(3)), ("byte_fallback", json!(false))],
            Class::Camembert => {
                let id = unknown.and_then(|unknown| vocabulary.id(unknown));
                vec![
                    ("unk_id", json!(id.unwrap_or(0))),
                    ("byte_fallback", json!(false)),
                ]
            }
            Class::Whole => Vec::new(),
        };
        if self.is_of_word_pieces()
            && let Some(unknown) = unknown
        {
            fields.push(("unk_token", json!(unknown)));
        }

        let model = &tokenizer["model"];
        let differs = |(field, wanted): &(&str, Value)| {
            model[*field] != *wanted && !(is_off(&model[*field]) && is_off(wanted))
        };
        fields.retain(differs);
        fields
    }

    /// What puts tokens, with their ids, before and after a text.
    pub(super) fn post_processor(self, around: [(&str, u64); 2], space: bool) -> Value {
        let [(first, first_id), (last, last_id)] = around;
        if matches!(self, Class::Roberta | Class::Mpnet) {
            return json!({"type": "RobertaProcessing", "sep": [last, last_id],
                "cls": [first, first_id], "trim_offsets": true, "add_prefix_space": space});
        }

        let token =
            |name: &str, segment: u8| json!({"SpecialToken": {"id": name, "type_id": segment}});
        let text = |name: &str, segment: u8| json!({"Sequence": {"id": name, "type_id": segment}});
        let single = [token(first, 0), text("A", 0), token(last, 0)];
        let pair = if self.is_of_word_pieces() {
            vec![text("B", 1), token(last, 1)]
        } else {
            vec![token(last, 0), text("B", 0), token(last, 0)]
        };
        let pair: Vec<Value> = single.iter().cloned().chain(pair).collect();
        let mut tokens = Map::new();
        for (name, id) in around {
            let token = json!({"id": name, "ids": [id], "tokens": [name]});
            tokens.insert(name.to_owned(), token);
        }

        json!({"type": "TemplateProcessing", "single": single, "pair": pair,
            "special_tokens": tokens})
    }
}

/// The name of a class without what the names of all end in.
fn stem(name: &str) -> Option<&str> {
    let name = name.strip_suffix("Fast").unwrap_or(name);
    name.strip_suffix("Tokenizer")
}

/// The kind of the pieces in `tokenizer` and that of the class `name`, where they are two.
pub(super) fn two_kinds<'a>(tokenizer: &'a Value, name: &str) -> Option<[&'a str; 2]> {
    let model = &tokenizer["model"];
    let stored = match model["type"].as_str() {
        Some(kind) => kind,
        None if model["merges"].is_array() => "BPE",
        None if model["vocab"].is_object() => "WordPiece",
        None => return None,
    };
    let wanted = match Class::named(name) {
        Class::Bert | Class::Mpnet | Class::Splinter => "WordPiece",
        Class::Roberta => "BPE",
        Class::XlmRoberta | Class::Camembert => "Unigram",
        Class::Whole => {
            let name = stem(name)?;
            let mut others = OTHER_KINDS.iter();
            others.find(|(other, _)| *other == name)?.1
        }
    };
    (stored != wanted).then_some([stored, wanted])
}

/// Whether the pieces are those of BERT's tokenizers. Old files do not name the kind.
pub(super) fn is_of_word_pieces(tokenizer: &Value) -> bool {
    let model = &tokenizer["model"];
    model["type"] == "WordPiece" || (model["type"].is_null() && model["merges"].is_null())
}

/// The tokens that a post-processor puts before and after a text, where it puts one each.
pub(super) fn around(step: &Value) -> Option<[(&str, u64); 2]> {
    if ["RobertaProcessing", "BertProcessing"].contains(&step["type"].as_str()?) {
        let (cls, sep) = (&step["cls"], &step["sep"]);
        return Some([
            (cls[0].as_str()?, cls[1].as_u64()?),
            (sep[0].as_str()?, sep[1].as_u64()?),
        ]);
    }

    let [first, text, last] = step["single"].as_array()?.as_slice() else {
        return None;
    };
    text.get("Sequence")?;
    let id = |name: &str| match step["special_tokens"][name]["ids"].as_array()?.as_slice() {
        [id] => id.as_u64(),
        _ => None,
    };
    let first = first["SpecialToken"]["id"].as_str()?;
    let last = last["SpecialToken"]["id"].as_str()?;
    Some([(first, id(first)?), (last, id(last)?)])
}

/// Whether a step that splits words puts a space before the first, where it is sentencepiece's.
pub(super) fn space_before(step: &Value) -> Option<bool> {
    let steps = match step["pretokenizers"].as_array() {
        Some(steps) => steps.as_slice(),
        None => std::slice::from_ref(step),
    };
    let mut steps = steps.iter();
    let step = steps.find(|step| step["type"] == "Metaspace")?;
    match step["prepend_scheme"].as_str() {
        Some(scheme) => Some(scheme != "never"),
        None => step["add_prefix_space"].as_bool(),
    }
}

/// Whether a normalizer does to words what the class's does: sentencepiece's, which also makes one
/// space of several.
pub(super) fn is_usual(stored: &Value, wanted: &Value) -> bool {
    let steps = stored["normalizers"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let is_known = |step: &Value| {
        step == wanted || (step["type"] == "Replace" && step["pattern"]["Regex"] == " {2,}")
    };
    !steps.is_empty() && steps.iter().all(is_known)
}

/// What `field` of a step comes to: accents go with capitals where nothing else is said.
pub(super) fn meant<'a>(step: &'a Value, field: &str) -> &'a Value {
    match &step[field] {
        Value::Null if field == "strip_accents" => &step["lowercase"],
        value => value,
    }
}

/// Whether a setting has no effect.
fn is_off(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

/// The step with sentencepiece's table of characters, the only one that such a class keeps.
fn precompiled(normalizer: &Value) -> Value {
    let steps = match normalizer["normalizers"].as_array() {
        Some(steps) => steps.as_slice(),
        None => std::slice::from_ref(normalizer),
    };
    let mut steps = steps.iter();
    let found = steps.find(|step| step["type"] == "Precompiled");
    found.cloned().unwrap_or(Value::Null)
}
