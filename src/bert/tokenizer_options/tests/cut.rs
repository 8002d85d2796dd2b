//! Which end of a long text is cut off.

use super::*;

/// 50 tokens of BERT's, 41 of RoBERTa's.
const LONG: &str = "the cat sat on a mat and the dog ran to see if he could be a bit of help for \
                    it too now then";

const BERT_FIRST: [u32; 32] = [
    2, 53, 62, 37, 24, 96, 21, 40, 8, 19, 96, 70, 53, 11, 30, 47, 23, 33, 40, 106, 105, 32, 16, 50,
    73, 10, 54, 31, 41, 9, 32, 3,
];
const BERT_LAST: [u32; 32] = [
    2, 106, 105, 32, 16, 50, 73, 10, 54, 31, 41, 9, 32, 8, 9, 38, 37, 21, 50, 1, 13, 77, 16, 37,
    106, 30, 20, 30, 42, 53, 40, 3,
];
const ROBERTA_LAST: [u32; 32] = [
    0, 85, 35, 113, 12, 160, 56, 55, 38, 100, 47, 11, 93, 44, 142, 68, 36, 40, 64, 62, 93, 17, 21,
    117, 128, 55, 20, 66, 79, 35, 19, 2,
];

/// Expected tokens are those of transformers 5.24, cut to 32.
#[test]
fn the_end_that_the_files_name_is_cut_off() {
    let truncated = |from: &str, kind: &str, options: &Value, direction: Option<&str>| {
        let files = [
            (MODEL, json!({"model_type": kind})),
            (OPTIONS, options.clone()),
        ];
        let folder = copied(from, &files);
        if let Some(direction) = direction {
            let path = folder.path().join("tokenizer.json");
            let mut whole = or_null(&fs::read(&path).unwrap());
            whole["truncation"] = json!({"direction": direction, "max_length": 4,
                "strategy": "LongestFirst", "stride": 0});
            fs::write(path, whole.to_string()).unwrap();
        }
        folder
    };
    let check = |options: &Value, direction: Option<&str>, expected: &[u32]| {
        let folder = truncated("hf-peft/bert-tiny", "bert", options, direction);
        check_tokens(folder.path(), LONG, expected);
    };

    let (left, right) = (
        json!({"truncation_side": "left"}),
        json!({"truncation_side": "right"}),
    );
    let whole = json!({"tokenizer_class": "PreTrainedTokenizerFast"});
    check(&json!({}), None, &BERT_FIRST);
    check(&left, None, &BERT_LAST);
    check(&left, Some("Right"), &BERT_LAST);
    check(&right, Some("Left"), &BERT_FIRST);
    for options in [json!({}), whole] {
        check(&options, Some("Left"), &BERT_LAST);
        check(&options, Some("Right"), &BERT_FIRST);
    }

    let folder = truncated("encoders/roberta", "roberta", &left, None);
    check_tokens(folder.path(), LONG, &ROBERTA_LAST);
    as_lists(folder.path());
    check_tokens(folder.path(), LONG, &ROBERTA_LAST);
    let folder = truncated("hf-peft/bert-tiny", "bert", &left, None);
    as_lists(folder.path());
    check_tokens(folder.path(), LONG, &BERT_LAST);

    let folder = truncated(
        "hf-peft/bert-tiny",
        "bert",
        &json!({"truncation_side": "Left"}),
        None,
    );
    let error = tokens(folder.path(), "the").unwrap_err();
    assert_eq!(error.path(), folder.path().join(OPTIONS));
    let text = error.kind().to_string();
    assert!(
        text.starts_with("`truncation_side` is \"Left\"; it must be"),
        "{text}"
    );
}
