//! What transformers 5.24 reads of such folders.

use std::fs;

use super::*;

use crate::bert::architecture::Architecture;
use crate::bert::batch::{TextTokenizer, TokenizerNeeds};
use crate::bert::error::LoadErrorKind;
use crate::bert::examples::root;
use crate::bert::tokenizer_source::{find, options_for, read};

mod cut;
mod lists;

/// A folder with the reference tokenizer, of which `steps` are others, and `files` beside it.
fn folder(steps: &Value, files: &[(&str, Value)]) -> tempfile::TempDir {
    let text = fs::read(root().join("../hf-peft/bert-tiny/tokenizer.json")).unwrap();
    let mut whole = or_null(&text);
    for (name, step) in steps.as_object().unwrap() {
        whole[name] = step.clone();
    }

    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("tokenizer.json"), whole.to_string()).unwrap();
    for (name, content) in files {
        fs::write(folder.path().join(name), content.to_string()).unwrap();
    }
    folder
}

/// What is read of such a folder.
fn tokenizer(steps: &Value, files: &[(&str, Value)]) -> Value {
    let folder = folder(steps, files);
    or_null(&read(&folder.path().join("tokenizer.json")).unwrap().whole)
}

fn bert(lowercase: bool, strip_accents: Option<bool>, chinese: bool) -> Value {
    json!({"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": chinese,
        "strip_accents": strip_accents, "lowercase": lowercase})
}

#[test]
fn options_come_before_the_tokenizer_file() {
    let none = json!({});
    let read =
        |options: &Value| tokenizer(&none, &[(OPTIONS, options.clone())])["normalizer"].clone();

    let options = json!({"tokenizer_class": "BertTokenizer", "do_lower_case": false,
        "strip_accents": true, "tokenize_chinese_chars": false});
    assert_eq!(read(&options), bert(false, Some(true), false));

    // No class has an option of that name.
    let options = json!({"tokenizer_class": "BertTokenizer", "clean_text": false});
    assert_eq!(read(&options), bert(true, None, true));

    let options = json!({"tokenizer_class": "PreTrainedTokenizerFast", "do_lower_case": false});
    assert_eq!(read(&options), read(&none));
    assert_eq!(read(&json!({"do_lower_case": null})), read(&none));
}

/// Expected values are those that transformers 5.24 loads of such folders.
#[test]
fn defaults_of_the_class_come_before_the_tokenizer_file() {
    let sequence = json!({"type": "Sequence",
        "normalizers": [{"type": "NFD"}, {"type": "StripAccents"}]});
    let stored = [
        bert(false, None, true),
        bert(true, Some(false), true),
        bert(false, Some(true), false),
        Value::Null,
        sequence,
    ];
    let model = |kind: &str| ("config.json", json!({"model_type": kind}));
    let class = |name: &str| (OPTIONS, json!({"tokenizer_class": name}));
    let bare = (OPTIONS, json!({"model_max_length": 64}));

    for normalizer in &stored {
        let check = |files: &[(&str, Value)], expected: &Value| {
            let steps = json!({"normalizer": normalizer});
            let found = tokenizer(&steps, files);
            assert_eq!(found["normalizer"], *expected, "{files:?}");
        };

        for name in ["BertTokenizer", "BertTokenizerFast", "ElectraTokenizer"] {
            check(&[class(name)], &bert(true, None, true));
            check(&[class(name), model("roberta")], &bert(true, None, true));
        }
        for kind in ["bert", "distilbert", "electra"] {
            check(&[model(kind)], &bert(true, None, true));
            check(&[model(kind), bare.clone()], &bert(true, None, true));
        }
        for name in [
            "PreTrainedTokenizerFast",
            "TokenizersBackend",
            "MyTokenizer",
        ] {
            check(&[class(name), model("bert")], normalizer);
        }
        let cased = (OPTIONS, json!({"do_lower_case": false}));
        check(&[model("bert"), cased], &bert(false, None, true));
        check(&[], normalizer);

        // A checkpoint of this program's has no other file than tokenizer.json.
        check(&[model("bert"), (CHECKPOINT_FILE, json!({}))], normalizer);
    }
}

#[test]
fn a_space_before_the_first_word_is_an_option() {
    let steps = |space: bool| {
        json!({"normalizer": null, "model": {"type": "BPE"},
            "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": space}})
    };
    let check = |stored: bool, options: Value, expected: bool| {
        let found = tokenizer(&steps(stored), &[(OPTIONS, options.clone())]);
        assert_eq!(
            found["pre_tokenizer"]["add_prefix_space"], expected,
            "{options}"
        );
    };

    let class = |name: &str| json!({"tokenizer_class": name, "add_prefix_space": true});
    check(false, class("RobertaTokenizer"), true);
    check(false, class("GPT2Tokenizer"), false);
    check(true, json!({"tokenizer_class": "RobertaTokenizer"}), false);
    check(
        true,
        json!({"tokenizer_class": "RobertaTokenizerFast"}),
        false,
    );
    check(
        true,
        json!({"tokenizer_class": "PreTrainedTokenizerFast"}),
        true,
    );
}

#[test]
fn what_a_default_takes_the_place_of_is_said() {
    let said = |normalizer: Value, options: Value| {
        let folder = folder(&json!({"normalizer": normalizer}), &[(OPTIONS, options)]);
        read(&folder.path().join("tokenizer.json"))
            .unwrap()
            .overruled
    };
    let class = json!({"tokenizer_class": "BertTokenizer"});

    let text = said(bert(false, None, true), class.clone()).unwrap();
    assert!(text.contains("`lowercase` is false"), "{text}");
    assert!(text.contains("Write `do_lower_case` into"), "{text}");
    let text = said(bert(true, Some(false), true), class.clone()).unwrap();
    assert!(text.contains("`strip_accents` is false"), "{text}");
    let text = said(Value::Null, class.clone()).unwrap();
    assert!(text.contains("PreTrainedTokenizerFast"), "{text}");

    assert_eq!(said(bert(true, Some(true), true), class), None);
    let cased = json!({"tokenizer_class": "BertTokenizer", "do_lower_case": false});
    assert_eq!(said(bert(true, None, true), cased), None);
    let whole = json!({"tokenizer_class": "PreTrainedTokenizerFast"});
    assert_eq!(said(bert(false, None, true), whole), None);
}

#[test]
fn what_is_written_is_read_back_as_the_same_tokenizer() {
    let config = ("config.json", json!({"model_type": "bert"}));
    let cased = (OPTIONS, json!({"do_lower_case": false, "auto_map": {}}));
    let own = (CHECKPOINT_FILE, json!({}));
    let beside = [
        vec![config.clone()],
        vec![config.clone(), cased],
        vec![config.clone(), own],
        vec![(OPTIONS, json!({"tokenizer_class": "BertTokenizer"}))],
    ];

    for files in beside {
        for normalizer in [bert(false, None, true), bert(true, Some(false), false)] {
            let from = folder(&json!({"normalizer": normalizer}), &files);
            let path = from.path().join("tokenizer.json");
            let whole = read(&path).unwrap().whole;
            let options = options_for(&path, &whole).unwrap().unwrap();
            assert!(!options.contains("auto_map"), "{options}");

            let to = tempfile::tempdir().unwrap();
            let written = to.path().join("tokenizer.json");
            fs::write(&written, &whole).unwrap();
            fs::write(to.path().join(OPTIONS), options).unwrap();
            fs::write(to.path().join("config.json"), config.1.to_string()).unwrap();
            assert_eq!(or_null(&read(&written).unwrap().whole), or_null(&whole));
            assert_eq!(read(&written).unwrap().overruled, None);
        }
    }
}

#[test]
fn what_the_class_puts_around_a_text_in_place_of_the_file_is_said() {
    let said = |from: &str, step: &str, files: &[(&str, Value)]| {
        let folder = copied(from, files);
        let path = folder.path().join("tokenizer.json");
        let mut whole = or_null(&fs::read(&path).unwrap());
        whole[step] = match step {
            "post_processor" => Value::Null,
            _ => json!({"type": "Metaspace", "replacement": "\u{2581}",
                "prepend_scheme": "never", "split": true}),
        };
        fs::write(&path, whole.to_string()).unwrap();
        read(&path).unwrap().overruled
    };

    let class = (OPTIONS, json!({"tokenizer_class": "BertTokenizer"}));
    let text = said("hf-peft/bert-tiny", "post_processor", &[class]).unwrap();
    assert!(text.contains("does not put [CLS] and [SEP]"), "{text}");
    let named = json!({"tokenizer_class": "BertTokenizer", "cls_token": "[CLS]",
        "sep_token": "[SEP]"});
    let none = said("hf-peft/bert-tiny", "post_processor", &[(OPTIONS, named)]);
    assert_eq!(none, None);

    let of = |options: Value| {
        let model = (MODEL, json!({"model_type": "xlm-roberta"}));
        said(
            "encoders/xlm-roberta",
            "pre_tokenizer",
            &[model, (OPTIONS, options)],
        )
    };
    let text = of(json!({})).unwrap();
    assert!(text.contains("Write `add_prefix_space`"), "{text}");
    assert_eq!(of(json!({"add_prefix_space": true})), None);
}

const MODEL: &str = "config.json";
const SPECIALS: &str = "special_tokens_map.json";
const ADDED: &str = "added_tokens.json";

/// A copy of a reference tokenizer with the files `files` beside it.
fn copied(from: &str, files: &[(&str, Value)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let from = root().join("..").join(from).join("tokenizer.json");
    fs::copy(from, folder.path().join("tokenizer.json")).unwrap();
    for (name, content) in files {
        fs::write(folder.path().join(name), content.to_string()).unwrap();
    }
    folder
}

/// The same with the pieces alone in the place of `tokenizer.json`.
fn as_lists(folder: &Path) {
    let path = folder.join("tokenizer.json");
    let model = or_null(&fs::read(&path).unwrap())["model"].clone();
    fs::remove_file(path).unwrap();
    if model["type"] == "BPE" {
        fs::write(folder.join("vocab.json"), model["vocab"].to_string()).unwrap();
        let merges = model["merges"].as_array().unwrap().iter();
        let merges = merges.map(|merge| {
            let part = |index: usize| merge[index].as_str().unwrap();
            format!("{} {}\n", part(0), part(1))
        });
        let merges: String = merges.collect();
        let text = format!("#version: 0.2\n{merges}");
        fs::write(folder.join("merges.txt"), text).unwrap();
        return;
    }

    let pieces = model["vocab"].as_object().unwrap();
    let mut pieces: Vec<(u64, &String)> = pieces
        .iter()
        .map(|(piece, id)| (id.as_u64().unwrap(), piece))
        .collect();
    pieces.sort_unstable();
    let lines: Vec<&str> = pieces.iter().map(|(_, piece)| piece.as_str()).collect();
    fs::write(folder.join("vocab.txt"), lines.join("\n")).unwrap();
}

fn tokens(folder: &Path, text: &str) -> Result<Vec<u32>, LoadError> {
    let needs = TokenizerNeeds {
        model: "BERT",
        tokens: Architecture::Bert.names().tokens,
        vocabulary: 300,
    };
    let tokenizer = TextTokenizer::read(&find(&[folder]), needs, 32)?;
    Ok(tokenizer.tokenize(text)?.ids)
}

/// Tokens of a folder, and those of what is written of it.
#[track_caller]
fn check_tokens(folder: &Path, text: &str, expected: &[u32]) {
    assert_eq!(tokens(folder, text).unwrap(), expected);

    let path = find(&[folder]);
    let whole = read(&path).unwrap().whole;
    let to = tempfile::tempdir().unwrap();
    fs::write(to.path().join("tokenizer.json"), &whole).unwrap();
    if let Some(options) = options_for(&path, &whole).unwrap() {
        fs::write(to.path().join(OPTIONS), options).unwrap();
    }
    fs::copy(folder.join(MODEL), to.path().join(MODEL)).unwrap();
    assert_eq!(tokens(to.path(), text).unwrap(), expected, "as written");
}

/// Expected tokens are those of transformers 5.24: with `tokenizer.json`, and with `vocab.txt`.
#[test]
fn tokens_that_other_files_name_are_those_of_transformers() {
    let check = |files: &[(&str, Value)], whole: &[u32], pieces: &[u32]| {
        let model = [(MODEL, json!({"model_type": "bert"}))];
        let folder = copied("hf-peft/bert-tiny", &[&model, files].concat());
        let text = "the THE zebra q [SEP]";
        check_tokens(folder.path(), text, whole);
        as_lists(folder.path());
        check_tokens(folder.path(), text, pieces);
    };
    let both = |files: &[(&str, Value)], expected: &[u32]| check(files, expected, expected);

    both(&[], &[2, 53, 53, 1, 1, 3, 3]);
    let (whole, pieces) = ([53, 53, 53, 0, 0, 3, 4], [53, 53, 53, 0, 0, 0, 0, 0, 4]);
    let sep = json!({"__type": "AddedToken", "content": "[MASK]"});
    let options = json!({"cls_token": "the", "sep_token": sep, "unk_token": "[PAD]"});
    check(&[(OPTIONS, options)], &whole, &pieces);
    let sep = json!({"content": "[MASK]", "lstrip": false});
    let named = json!({"cls_token": "the", "sep_token": sep, "unk_token": "[PAD]"});
    let other = (OPTIONS, json!({"cls_token": "[PAD]"}));
    check(&[(SPECIALS, named), other], &whole, &pieces);

    // A decoder has it all: the other two files are not read.
    let decoder = json!({
        "9": {"content": "zebra", "special": true},
        "5": {"content": "THE", "lstrip": false, "rstrip": false, "normalized": false,
            "single_word": true, "special": false},
    });
    let options = (OPTIONS, json!({"added_tokens_decoder": decoder}));
    let others = [
        options,
        (SPECIALS, json!({"cls_token": "the"})),
        (ADDED, json!({"q": 77})),
    ];
    both(&others, &[2, 53, 157, 158, 1, 3, 3]);
    let ids = (ADDED, json!({"zebra": 300, "THE": 200}));
    both(&[ids], &[2, 157, 157, 158, 1, 3, 3]);

    for field in ["additional_special_tokens", "extra_special_tokens"] {
        let options = (OPTIONS, json!({field: ["zebra"]}));
        let older = (SPECIALS, json!({"additional_special_tokens": ["THE"]}));
        both(&[options, older], &[2, 53, 53, 157, 1, 3, 3]);
    }
    let own = json!({"extra_special_tokens": {"my_token": "zebra"}, "your_token": "THE"});
    both(&[(OPTIONS, own)], &[2, 53, 157, 158, 1, 3, 3]);
    let more = json!({"mask_token": "<m>", "extra_special_tokens": ["zebra"]});
    both(&[(OPTIONS, more)], &[2, 53, 53, 158, 1, 3, 3]);

    // A class that takes the file as it is has its post-processor.
    let whole = json!({"tokenizer_class": "PreTrainedTokenizerFast", "cls_token": "the",
        "extra_special_tokens": ["zebra"],
        "added_tokens_decoder": {"3": {"content": "THE", "special": true}}});
    let folder = copied("hf-peft/bert-tiny", &[(OPTIONS, whole), (MODEL, json!({}))]);
    let expected = [2, 53, 157, 158, 1, 3, 3];
    check_tokens(folder.path(), "the THE zebra q [SEP]", &expected);
}

/// Expected tokens are those of transformers 5.24.
#[test]
fn tokenizers_of_other_classes_are_made_of_the_same_files() {
    let text = "the cat sat";
    let roberta = |options: Option<Value>, expected: &[u32]| {
        let mut files = vec![(MODEL, json!({"model_type": "roberta"}))];
        files.extend(options.map(|options| (OPTIONS, options)));
        let folder = copied("encoders/roberta", &files);
        check_tokens(folder.path(), text, expected);
        as_lists(folder.path());
        check_tokens(folder.path(), text, expected);
    };
    roberta(None, &[0, 46, 44, 58, 38, 58, 2]);
    roberta(
        Some(json!({"add_prefix_space": true})),
        &[0, 35, 44, 58, 38, 58, 2],
    );
    roberta(
        Some(json!({"cls_token": "<mask>"})),
        &[4, 46, 44, 58, 38, 58, 2],
    );
    roberta(
        Some(json!({"sep_token": "<mask>"})),
        &[0, 46, 44, 58, 38, 58, 4],
    );

    for model in ["xlm-roberta", "camembert"] {
        let check = |options: Value, expected: &[u32]| {
            let files = [(MODEL, json!({"model_type": model})), (OPTIONS, options)];
            let folder = copied("encoders/xlm-roberta", &files);
            check_tokens(folder.path(), text, expected);
        };
        check(json!({}), &[0, 5, 104, 9, 96, 9, 2]);
        check(
            json!({"add_prefix_space": false}),
            &[0, 116, 7, 66, 40, 6, 40, 2],
        );
        let named = json!({"bos_token": "<mask>", "cls_token": "<unk>"});
        check(named, &[4, 5, 104, 9, 96, 9, 2]);
    }
}

#[test]
fn files_of_tokens_that_are_malformed_are_named_with_their_field() {
    let check = |name: &str, content: Value, field: &str, advice: &str| {
        let model = (MODEL, json!({"model_type": "bert"}));
        let folder = copied("hf-peft/bert-tiny", &[model, (name, content)]);
        let error = tokens(folder.path(), "the").unwrap_err();
        assert_eq!(error.path(), folder.path().join(name));
        let LoadErrorKind::Field {
            field: found,
            advice: said,
            ..
        } = error.kind()
        else {
            panic!("{error:?}")
        };
        assert_eq!(found, field);
        assert!(said.contains(advice), "{said}");
    };

    check(
        OPTIONS,
        json!({"cls_token": 5}),
        "cls_token",
        "must be a text",
    );
    let field = "split_special_tokens";
    check(OPTIONS, json!({field: true}), field, "are not split");
    let flag = json!({"unk_token": {"content": "a", "lstrip": 1}});
    check(SPECIALS, flag, "unk_token", "`lstrip` is 1");
    let field = "added_tokens_decoder";
    check(OPTIONS, json!({field: ["a"]}), field, "an object of tokens");
    check(OPTIONS, json!({field: {"x": "a"}}), field, "must be ids");
    check(ADDED, json!({"zebra": "9"}), "zebra", "must be the id");
    let field = "extra_special_tokens";
    check(OPTIONS, json!({field: 7}), field, "a list of tokens");
    let many: Vec<String> = (0..20_001).map(|number| format!("t{number}")).collect();
    check(OPTIONS, json!({field: many}), field, "at most 20000");
    check(
        OPTIONS,
        json!({field: ["a".repeat(2000)]}),
        field,
        "2000 bytes",
    );
}

#[test]
fn a_tokenizer_in_a_form_that_is_not_read_is_refused_with_advice() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["sentencepiece.bpe.model", "vocab.json"] {
        let path = folder.path().join(name);
        fs::write(&path, "{}").unwrap();
        let error = tokens(folder.path(), "the").unwrap_err();
        assert_eq!(error.path(), folder.path());
        let text = error.kind().to_string();
        assert!(
            text.contains(name) && text.contains("save_pretrained"),
            "{text}"
        );
        fs::remove_file(path).unwrap();
    }
}

/// As transformers 5.24 does, whose classes make the same parts anew.
#[test]
fn what_the_class_takes_the_place_of_is_refused_where_it_is_damaged() {
    for (place, value, expected) in [
        ("/normalizer", json!("x"), "`normalizer` has a form"),
        ("/pre_tokenizer", json!(7), "`pre_tokenizer` has a form"),
        ("/post_processor", json!([]), "`post_processor` has a form"),
        ("/model/unk_token", json!(7), "is the number 7; it must be"),
        (
            "/model/type",
            json!("Foo"),
            "`model.type` is \"Foo\"; it must be",
        ),
        ("/added_tokens/0/lstrip", Value::Null, "is null; it must be"),
    ] {
        let class = (OPTIONS, json!({"tokenizer_class": "BertTokenizer"}));
        let folder = copied("hf-peft/bert-tiny", &[class]);
        let path = folder.path().join("tokenizer.json");
        let mut whole = or_null(&fs::read(&path).unwrap());
        *whole.pointer_mut(place).unwrap() = value;
        fs::write(&path, whole.to_string()).unwrap();

        let error = tokens(folder.path(), "the").unwrap_err();
        assert_eq!(error.path(), path);
        let text = match error.kind() {
            LoadErrorKind::Json(error) => error.to_string(),
            other => other.to_string(),
        };
        assert!(text.contains(expected), "{text}");
    }
}
