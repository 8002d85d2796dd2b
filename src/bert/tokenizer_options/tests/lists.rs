//! Which lists of pieces are read, by the class that is named.

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
