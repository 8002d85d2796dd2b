//! Which pieces go together with the class that is named.

use super::*;

#[test]
fn lists_of_pieces_of_another_class_are_refused_with_the_field_that_names_it() {
    let check = |from: &str, kind: &str, name: &str, expected: Option<&str>| {
        let class = json!({"tokenizer_class": name});
        let model = json!({"model_type": kind, "tokenizer_class": name});
        let kind = json!({"model_type": kind});
        for files in [
            [(MODEL, model), (OPTIONS, json!({}))],
            [(MODEL, kind), (OPTIONS, class)],
        ] {
            let named = files
                .iter()
                .find(|(_, it)| it.get("tokenizer_class").is_some());
            let folder = copied(from, &files);
            assert!(
                tokens(folder.path(), "the").is_ok(),
                "{name} with tokenizer.json"
            );
            as_lists(folder.path());
            let Some(expected) = expected else {
                assert!(tokens(folder.path(), "the").is_ok(), "{name} with lists");
                continue;
            };

            let error = tokens(folder.path(), "the").unwrap_err();
            assert_eq!(error.path(), folder.path().join(named.unwrap().0));
            let text = error.kind().to_string();
            let said = format!("`tokenizer_class` is {name}; {expected}");
            assert!(text.starts_with(&said), "{text}");
            assert!(text.contains("save_pretrained"), "{text}");
        }
    };

    for name in [
        "BertTokenizer",
        "DistilBertTokenizerFast",
        "LxmertTokenizer",
    ] {
        check("hf-peft/bert-tiny", "bert", name, None);
    }
    for name in [
        "BertJapaneseTokenizer",
        "CharacterBertTokenizer",
        "TokenizersBackend",
    ] {
        check("hf-peft/bert-tiny", "bert", name, Some("vocab.txt alone"));
    }
    let merges = Some("vocab.json with merges.txt");
    check("encoders/roberta", "roberta", "RobertaTokenizerFast", None);
    check("encoders/roberta", "roberta", "HerbertTokenizer", merges);
}

/// With the first two, transformers 5.24 reads other tokens than the file's, or none at all.
#[test]
fn a_class_of_another_kind_than_the_file_is_said() {
    let said = |from: &str, kind: &str, name: Option<&str>| {
        let mut options = json!({"cls_token": "[CLS]"});
        if let Some(name) = name {
            options["tokenizer_class"] = json!(name);
        }
        let model = (MODEL, json!({"model_type": kind}));
        let folder = copied(from, &[model, (OPTIONS, options)]);
        let text = read(&folder.path().join("tokenizer.json"))
            .unwrap()
            .overruled;
        text.filter(|text| text.contains("whose model is"))
    };
    let (bert, roberta) = ("hf-peft/bert-tiny", "encoders/roberta");

    for (from, name, kinds) in [
        (bert, "RobertaTokenizer", ["WordPiece", "BPE"]),
        (bert, "HerbertTokenizer", ["WordPiece", "BPE"]),
        (bert, "XLMRobertaTokenizerFast", ["WordPiece", "Unigram"]),
        (bert, "AlbertTokenizer", ["WordPiece", "Unigram"]),
        (roberta, "BertTokenizer", ["BPE", "WordPiece"]),
        (
            "encoders/xlm-roberta",
            "BertTokenizer",
            ["Unigram", "WordPiece"],
        ),
    ] {
        let text = said(from, "roberta", Some(name)).unwrap();
        let [stored, wanted] = kinds;
        assert!(
            text.starts_with(&format!("its model is {stored}, and ")),
            "{text}"
        );
        assert!(
            text.contains(&format!(" is {name}, whose model is {wanted}:")),
            "{text}"
        );
        assert!(text.contains(OPTIONS), "{text}");
    }

    for (from, kind, name) in [
        (bert, "roberta", Some("BertTokenizer")),
        (bert, "bert", Some("MPNetTokenizer")),
        (bert, "bert", Some("MyTokenizer")),
        (bert, "roberta", Some("PreTrainedTokenizerFast")),
        (bert, "roberta", None),
        (roberta, "bert", Some("RobertaTokenizerFast")),
        (roberta, "bert", Some("BartTokenizer")),
        (roberta, "bert", Some("HerbertTokenizer")),
        ("encoders/xlm-roberta", "bert", Some("XLMRobertaTokenizer")),
        ("encoders/xlm-roberta", "bert", Some("CamembertTokenizer")),
    ] {
        assert_eq!(said(from, kind, name), None, "{from} {name:?}");
    }
}

/// Expected tokens are those of transformers 5.24: BERT's pieces, and another class's tokens.
#[test]
fn lists_of_classes_with_word_pieces_are_read_with_their_own_tokens() {
    let first = [
        "<s>", "<pad>", "</s>", "<unk>", "[PAD]", "[UNK]", "[CLS]", "[SEP]",
    ];
    let pieces = [
        "[MASK]", "<mask>", "the", "cat", "sat", "z", "##e", "##b", "##r", "##a", ".",
    ];
    let mpnet: Vec<&str> = first.into_iter().chain(pieces).collect();
    let bert: Vec<&str> = mpnet[4..9].iter().chain(&mpnet[10..18]).copied().collect();
    let check = |pieces: &[&str], options: Value, expected: &[u32]| {
        for files in [
            [
                (MODEL, json!({"model_type": "bert"})),
                (OPTIONS, options.clone()),
            ],
            [(MODEL, options.clone()), (OPTIONS, json!({}))],
        ] {
            let folder = copied("hf-peft/bert-tiny", &files);
            fs::remove_file(folder.path().join("tokenizer.json")).unwrap();
            fs::write(folder.path().join("vocab.txt"), pieces.join("\n")).unwrap();
            check_tokens(folder.path(), "The cat zebra sat <mask> q", expected);
        }
    };

    let class = json!({"tokenizer_class": "MPNetTokenizer"});
    check(&mpnet, class, &[0, 10, 11, 13, 14, 15, 16, 17, 12, 9, 5, 2]);
    let question = [&bert[..], &["[QUESTION]", "."]].concat();
    let class = json!({"tokenizer_class": "SplinterTokenizer"});
    let expected = [2, 5, 6, 8, 9, 10, 11, 12, 7, 1, 1, 1, 1, 3];
    check(&question, class, &expected);
}

/// transformers 5.24 reads no piece of such lists: all it has are the class's own tokens.
#[test]
fn lists_that_the_class_of_a_type_of_models_does_not_read_are_refused() {
    for (from, kind, class) in [
        ("hf-peft/bert-tiny", "roberta", "RobertaTokenizer"),
        ("hf-peft/bert-tiny", "camembert", "CamembertTokenizer"),
        ("encoders/roberta", "bert", "BertTokenizer"),
    ] {
        let folder = copied(from, &[(MODEL, json!({"model_type": kind}))]);
        as_lists(folder.path());
        let error = tokens(folder.path(), "the").unwrap_err();
        assert_eq!(error.path(), folder.path().join(MODEL));
        let text = error.kind().to_string();
        for part in [&format!("`model_type` is {kind}; "), class, OPTIONS] {
            assert!(text.contains(part), "{text}");
        }
    }
}

#[test]
fn a_token_that_the_model_has_not_is_told_with_the_file_and_the_field_that_name_it() {
    let decoder = json!({"157": {"content": "<new>", "special": true}});
    for (name, content, field, problem) in [
        (
            SPECIALS,
            json!({"pad_token": "<new>"}),
            "pad_token",
            "id would be 157",
        ),
        (
            OPTIONS,
            json!({"extra_special_tokens": ["<new>"]}),
            "extra_special_tokens",
            "157",
        ),
        (
            OPTIONS,
            json!({"added_tokens_decoder": decoder}),
            "added_tokens_decoder",
            "157",
        ),
        (ADDED, json!({"<new>": 157}), ADDED, "the 157 of the model"),
        (
            SPECIALS,
            json!({"pad_token": ""}),
            "pad_token",
            "the tokenizer does not have",
        ),
    ] {
        let folder = copied("hf-peft/bert-tiny", &[(name, content)]);
        let needs = TokenizerNeeds {
            model: "BERT",
            tokens: Architecture::Bert.names().tokens,
            vocabulary: 157,
        };
        let error = TextTokenizer::read(&find(&[folder.path()]), needs, 32).unwrap_err();
        assert_eq!(error.path(), folder.path().join(name));
        let text = error.kind().to_string();
        for part in [&format!("`{field}` names the token `"), problem] {
            assert!(text.contains(part), "{text}");
        }
    }
}
