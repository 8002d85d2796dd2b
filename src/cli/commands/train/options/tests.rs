use super::*;
use std::io::Write;

fn recipe(text: impl AsRef<[u8]>) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_ref()).unwrap();
    file
}

#[test]
fn what_is_typed_wins_over_the_recipe() {
    let file = recipe("strategy = \"lora\"\nrank = 4\nepochs = 2\nlr = 1e-3\n");
    let typed = Options {
        rank: Some(16),
        steps: Some(10),
        ..Options::default()
    };
    let merged = typed.or_recipe(file.path()).unwrap();

    assert_eq!(
        (merged.rank, merged.steps, merged.epochs),
        (Some(16), Some(10), None)
    );
    assert_eq!(
        (merged.strategy, merged.lr),
        (Some(StrategyName::Lora), Some(1e-3))
    );
}

#[test]
fn an_unknown_key_is_located_and_a_near_one_suggested() {
    let huge = recipe("rank = 4\ninitial-rank = 9007199254740993\n");
    let error = Options::default()
        .or_recipe(huge.path())
        .unwrap_err()
        .to_string();

    assert!(
        error.contains("line 2: `initial-rank` is 9007199254740992, beyond"),
        "{error}"
    );

    let file = recipe("rank = 4\nalhpa = 8\n");
    let error = Options::default()
        .or_recipe(file.path())
        .unwrap_err()
        .to_string();

    assert!(
        error.contains("line 2") && error.contains("did you mean `alpha`?"),
        "{error}"
    );
}

#[test]
fn a_recipe_that_is_no_text_is_to_be_saved_as_one() {
    let file = recipe(b"rank = 4\n# caf\xe9\n");
    let error = Options::default().or_recipe(file.path()).unwrap_err();
    let told = format!("{error:#}");
    assert!(
        told.ends_with("line 2: the text is not UTF-8; save it as UTF-8"),
        "{told}"
    );
}
