//! Suites that are read, and mistakes that are located.

use super::*;
use crate::nbest::place::Position;
use crate::perturb::rules::{Pronunciations, SwapRules, Weight};
use crate::perturb::{Amount, Hypotheses, Kinds, Perturbation};
use crate::phonetics::distance::PhoneticDistance;
use crate::phonetics::frequency::Frequency;
use crate::suite::gates::{Gates, Keep, Margin};
use crate::suite::property::Property;

const SUITE: &str = "name = \"mine\"\n[[check]]\nname = \"near\"\nperturbation = \"perturb-n\"\n\
    gates = { flip = { relative = 0.2 }, gain = true }\n";

fn with(lines: &str) -> String {
    format!("{SUITE}{lines}\n")
}

fn line_of(error: &SuiteError) -> usize {
    let Position::Line(line) = error.place.position else {
        panic!("{error}")
    };
    line
}

#[track_caller]
fn check_error(text: &str, line: usize, expected: &str) {
    let error = read(text, "my.toml").unwrap_err();
    assert_eq!(
        (line_of(&error), error.kind.to_string().as_str()),
        (line, expected)
    );
    assert_eq!(
        error.to_string(),
        format!("failed to read the suite my.toml, line {line}")
    );
}

#[test]
fn what_is_not_said_has_its_default() {
    let suite = read(SUITE, "my.toml").unwrap();
    assert_eq!((suite.alpha, suite.min_clusters), (0.05, 12));
    let check = Check {
        name: "near".to_owned(),
        perturbation: Perturbation::PERTURB_N,
        gates: Gates {
            flip: Some(Margin {
                relative: Some(0.2),
                absolute: None,
            }),
            gain: Some(Keep::default()),
        },
        draws: 5,
    };
    assert_eq!(suite.checks, [check]);
    let bare = SUITE.lines().take(4).collect::<Vec<_>>().join("\n");

    let suite = read(&bare, "my.toml").unwrap();
    assert_eq!(suite.checks[0].gates, Gates::default());
    assert_eq!(Gates::default().flip.unwrap().relative, Some(0.05));
}

#[test]
fn every_key_is_read() {
    let text = "name = \"mine\"\ndescription = \"d\"\n[verdict]\nalpha = 0.01\nmin_clusters = 20\n\
        [[check]]\nname = \"a\"\nkind = \"nprr\"\nperturbation = \"perturb-1\"\n\
        hypothesis = \"rescored-best\"\nrate = 0.5\nmax_distance = 0.3\n\
        common_words = false\ndraws = 0x2\n\
        gates = { flip = { relative = 1, absolute = 0.01 }, gain = { keep = 0.5 } }\n\
        [[check]]\nname = \"b\"\nperturbation = \"perturb-n\"\ncoherent = true\ncount = 2\n\
        [check.gates]\nflip = false\ngain = true\n";
    let suite = read(text, "my.toml").unwrap();

    let head = (suite.alpha, suite.min_clusters, suite.description.as_str());
    assert_eq!(head, (0.01, 20, "d"));

    let [a, b] = suite.checks.as_slice() else {
        panic!("{suite:?}")
    };
    assert_eq!(
        a.perturbation.describe(),
        "each word with probability 0.5 of the rescorer's pick, by a word at a \
         phonetic distance of at most 0.3"
    );

    let margin = Margin {
        relative: Some(1.0),
        absolute: Some(0.01),
    };
    assert_eq!((a.draws, a.gates.flip), (2, Some(margin)));
    assert_eq!(a.gates.gain, Keep::new(0.5));
    assert_eq!((b.gates.flip, b.gates.gain), (None, Keep::new(0.0)));
    assert_eq!(
        b.perturbation.hypotheses,
        Hypotheses::All { coherent: true }
    );
    assert_eq!(b.perturbation.amount, Amount::Count(2));
}

#[test]
fn a_misspelt_key_is_located_and_met_with_a_suggestion() {
    check_error(
        &with("max_distanc = 0.3"),
        6,
        "unknown key `max_distanc` in the check: did you mean `max_distance`?",
    );
    check_error(
        "nmae = \"x\"\n",
        1,
        "unknown key `nmae` in the suite: did you mean `name`?",
    );

    let margin = SUITE.replace("relative", "percentage");
    check_error(
        &margin,
        5,
        "unknown key `percentage` in the margin: choose one of relative, absolute",
    );
    check_error(
        &with("[verdict]\nalhpa = 0.1"),
        7,
        "unknown key `alhpa` in [verdict]: did you mean `alpha`?",
    );
}

#[test]
fn a_misspelt_word_is_located_and_met_with_a_suggestion() {
    check_error(
        &with("hypothesis = \"rescored-bets\"").replace("perturb-n", "perturb-1"),
        6,
        "`hypothesis` cannot be \"rescored-bets\": did you mean `rescored-best`?",
    );
    check_error(
        &with("kind = \"latency\""),
        6,
        "`kind` cannot be \"latency\": choose one of nprr, batch-invariance, finite-scores, \
         determinism, order-invariance, duplicate-invariance, irrelevant-alternative, \
         first-pass-shift, no-harm, oracle-consistency, \
         selection-harm, swap-stability, monotone-preference, score-drop, surface-forms",
    );
}

#[test]
fn values_out_of_range_are_located() {
    for (line, expected) in [
        ("rate = 0", "`rate` is 0, but must be above 0 and at most 1"),
        (
            "rate = 1.5",
            "`rate` is 1.5, but must be above 0 and at most 1",
        ),
        (
            "rate = nan",
            "`rate` is NaN, but must be above 0 and at most 1",
        ),
        ("count = 0", "`count` is 0, but must be from 1 to 1000"),
        ("count = -3", "`count` is -3, but must be from 1 to 1000"),
        (
            "draws = 10001",
            "`draws` is 10001, but must be from 1 to 10000",
        ),
        (
            "max_distance = -0.1",
            "`max_distance` is -0.1, but must be from 0 (homophones) to 1",
        ),
        (
            "count = 1.5",
            "`count` is the number 1.5, but must be a whole number",
        ),
        (
            "rate = \"0.3\"",
            "`rate` is the text \"0.3\", but must be a number",
        ),
        (
            "coherent = 1",
            "`coherent` is the number 1, but must be true or false",
        ),
    ] {
        check_error(&with(line), 6, expected);
    }
    for margin in ["0", "inf", "-1", "1e308"].map(|value| format!("relative = {value}")) {
        let text = SUITE.replace("relative = 0.2", &margin);
        let error = read(&text, "my.toml").unwrap_err().kind.to_string();
        assert!(error.starts_with("`relative` is "), "{error}");
        assert!(error.len() < 80, "{error}");
    }
}

#[test]
fn kinds_and_bands_are_read() {
    let text = with("min_distance = 0.1\nmax_distance = 0.4\nkinds = { boundary = 2, insert = 1 }");
    let perturbation = &read(&text, "my.toml").unwrap().checks[0].perturbation;
    assert_eq!(perturbation.min_distance, PhoneticDistance::from_milli(100));

    let kinds = Kinds {
        swap: 0,
        boundary: 2,
        delete: 0,
        insert: 1,
    };
    assert_eq!(perturbation.kinds, kinds);
    check_error(
        &with("min_distance = 0.1"),
        6,
        "`min_distance` is above `max_distance`: no word is in between",
    );
    check_error(
        &with("kinds = { split = 1 }"),
        6,
        "unknown key `split` in `kinds`: choose one of swap, boundary, delete, insert",
    );
    let none = "no kind of `kinds` has a weight above 0: write kinds = { swap = 2, boundary = 1 }, \
        or leave `kinds` out for swaps alone";
    check_error(&with("kinds = { swap = 0 }"), 6, none);
    check_error(&with("kinds = {}"), 6, none);
    check_error(
        &with("kinds = { swap = -1 }"),
        6,
        "`swap` is -1, but must be a weight from 0 to 1000",
    );
}

#[test]
fn properties_are_read_with_their_defaults() {
    let property = |lines: &str| {
        let text = format!("name = \"mine\"\n[[check]]\nname = \"p\"\n{lines}\n");
        read(&text, "my.toml").map(|suite| suite.properties[0].clone())
    };
    let check = property("kind = \"determinism\"").unwrap();
    assert_eq!(check.lists, Some(100));
    assert_eq!(check.property, Property::Determinism { tolerance: 1e-4 });

    let check = property("kind = \"swap-stability\"\nmax_rate = 0.1\nlists = 7").unwrap();
    assert_eq!(check.lists, Some(7));
    assert_eq!(
        check.property.to_string(),
        "at most 0.1 of the perturbed lists get another pick, with 1 word of the list, alike in \
         every hypothesis, by a common homophone; 5 draws"
    );
    for (lines, line, expected) in [
        (
            "kind = \"determinism\"\nmax_rate = 1",
            5,
            "unknown key `max_rate` in the check: choose one of name, kind, lists, tolerance",
        ),
        (
            "kind = \"oracle-consistency\"",
            2,
            "the check lacks `max_rate`: write max_rate = 0.05, or 0 for no exception at all",
        ),
        (
            "kind = \"oracle-consistency\"\nmax_rate = 1",
            5,
            "`max_rate` is 1, but must be from 0 (no exception) to 1, 1 excluded",
        ),
        (
            "kind = \"surface-forms\"\nmax_rate = 0\nforms = [\"upper-case\", \"capitalised\"]",
            6,
            "`forms` cannot be \"capitalised\": did you mean `capitalized`?",
        ),
        (
            "kind = \"surface-forms\"\nmax_rate = 0\nforms = [1]",
            6,
            "`forms` is the number 1, but must be a list of words in quotes",
        ),
    ] {
        let error = property(lines).unwrap_err();
        let told = (line_of(&error), error.kind.to_string());
        assert_eq!(told, (line, expected.to_owned()));
    }
}

#[test]
fn keys_that_exclude_each_other_are_refused() {
    check_error(
        &with("count = 1\nrate = 0.1"),
        7,
        "`count` and `rate` exclude each other: keep one of them",
    );
    check_error(
        &with("hypothesis = \"first-pass-worst\""),
        6,
        "`hypothesis` needs perturbation = \"perturb-1\": perturb-n touches all of them",
    );
    check_error(
        &with("coherent = true").replace("perturb-n", "perturb-1"),
        6,
        "`coherent` needs perturbation = \"perturb-n\": perturb-1 touches one hypothesis",
    );
}

#[test]
fn what_is_missing_is_named() {
    check_error(
        "",
        1,
        "the suite lacks `name`: write name = \"my-suite\" at the top",
    );
    check_error(
        "name = \"x\"\n",
        1,
        "the suite lacks `check`: write a table [[check]] with its keys below it",
    );

    let gates = |gates: &str| {
        let line = format!("gates = {{ {gates} }}");
        SUITE.replace("gates = { flip = { relative = 0.2 }, gain = true }", &line)
    };

    check_error(
        &gates("flip = {}"),
        5,
        "the margin lacks `relative` or `absolute`: write flip = { relative = 0.05 }, or flip = true",
    );
    check_error(
        &gates("gain = {}"),
        5,
        "the gate `gain` lacks `keep`: write gain = { keep = 0.5 }, or gain = true",
    );

    let none = "the check has no gate: write flip = { relative = 0.05 }, gain = true, or both";
    check_error(&gates(""), 5, none);
    check_error(&gates("flip = false, gain = false"), 5, none);
    check_error(
        &gates("gain = { keep = 50 }"),
        5,
        "`keep` is 50, but must be a share of the clean gain from 0 to 1, such as 0.5",
    );
    check_error(
        &gates("flip = 0.05"),
        5,
        "`flip` is the number 0.05, but must be a table",
    );
}

#[test]
fn a_margin_that_must_be_a_slip_of_the_pen_is_asked_back() {
    let margin = |margin: &str| SUITE.replace("relative = 0.2", margin);
    check_error(
        &margin("relative = 10"),
        5,
        "`relative` is 10, that is 1000 %, but may be at most 1: was 0.10 meant?",
    );
    check_error(
        &margin("relative = 2.5"),
        5,
        "`relative` is 2.5, that is 250 %, but may be at most 1: was 0.025 meant?",
    );
    check_error(
        &margin("absolute = 0.5"),
        5,
        "`absolute` is 0.5, that is 50 %, but may be at most 0.1: was 0.005 meant?",
    );
}

#[test]
fn keys_of_the_first_edition_are_answered_with_the_new_form() {
    for (line, key) in [
        ("gate = \"selection\"", "`gate` is no key any more"),
        ("gate = \"text\"", "`gate` is no key any more"),
        (
            "margin = { relative = 0.1 }",
            "`margin` is no key of this check",
        ),
    ] {
        let error = read(&with(line), "my.toml").unwrap_err();
        let message = error.kind.to_string();
        assert_eq!(line_of(&error), 6);
        assert!(
            message.starts_with(key)
                && message.contains("gates = { flip = { relative = 0.05 }, gain = true }"),
            "{message}"
        );
    }
}

#[test]
fn two_checks_of_one_name_are_refused() {
    let second = SUITE.lines().skip(1).collect::<Vec<_>>().join("\n");
    check_error(
        &with(&second),
        6,
        "the check \"near\" is there already, in line 2: give each check its own name",
    );
}

#[test]
fn what_is_not_toml_is_located() {
    let error = read("name = \"x\"\nthis is not toml\n", "my.toml").unwrap_err();
    assert_eq!(line_of(&error), 2);
    assert!(matches!(*error.kind, SuiteErrorKind::Syntax(_)));
    check_error(
        &SUITE.replace("\"mine\"", "\"a b\""),
        1,
        "`name` is \"a b\", but must be 1 to 100 letters, digits, `-`, `_` or `.`",
    );
}

#[test]
fn rules_of_swaps_are_read() {
    let rules = |lines: &str| {
        let suite = read(&with(lines), "my.toml").unwrap();
        suite.checks[0].perturbation.rules.clone()
    };
    assert_eq!(rules(""), SwapRules::FAIR);
    assert_eq!(
        rules(
            "apostrophes = true\npronunciations = \"all\"\nmin_frequency = 3.5\n\
             max_frequency_drop = 9\nweight = \"frequency\"\ncapitalised = false\n\
             exclude = [\"Two\", \"don\u{2019}t\", \"two\"]\nfunction_words = [\"Und\", \"der\"]\n\
             kinds = { swap = 1, delete = 1 }"
        ),
        SwapRules {
            apostrophes: true,
            pronunciations: Pronunciations::All,
            min_frequency: Frequency::from_f64(3.5).unwrap(),
            max_frequency_drop: Frequency::MAX,
            weight: Weight::Frequency,
            capitalised: false,
            exclude: vec!["don't".to_owned(), "two".to_owned()],
            function_words: Some(vec!["der".to_owned(), "und".to_owned()]),
            pairs: None,
        }
    );

    // Who asks for rare words gets them.
    assert_eq!(rules("common_words = false").min_frequency, Frequency::ZERO);
    for (line, expected) in [
        (
            "min_frequency = 40",
            "`min_frequency` is 40, but must be from 0 to 9, as \
             `robustness-check neighbours` shows it",
        ),
        (
            "pronunciations = \"firsst\"",
            "`pronunciations` cannot be \"firsst\": did you mean `first`?",
        ),
        (
            "exclude = [\"ice cream\"]",
            "`exclude` is \"ice cream\", but must be a list of single words",
        ),
        (
            "exclude = [1]",
            "`exclude` is the number 1, but must be a list of words in quotes",
        ),
        (
            "exclude = \"two\"",
            "`exclude` is the text \"two\", but must be a list of words in quotes",
        ),
    ] {
        check_error(&with(line), 6, expected);
    }
}

#[test]
fn pairs_are_read_from_beside_the_suite() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("my.toml").display().to_string();
    let pairs = folder.path().join("pairs.tsv");
    let text = with("pairs = \"pairs.tsv\"");
    let hash = |content: &str| {
        std::fs::write(&pairs, content).unwrap();
        read(&text, &file).unwrap().content_hash()
    };
    let first = hash("two\ttoo\t3\n");
    assert_eq!(hash("# mine\ntwo\ttoo\t3\n"), first);
    assert_ne!(hash("two\ttoo\t4\n"), first);

    let problem = |content: &[u8]| {
        std::fs::write(&pairs, content).unwrap();
        let error = read(&text, &file).unwrap_err();
        assert_eq!(line_of(&error), 6);
        error
            .kind
            .to_string()
            .replace(&pairs.display().to_string(), "PAIRS")
    };

    assert_eq!(
        problem(b"two\ttoo\tx\n"),
        "`pairs`: failed to read PAIRS: line 1: `count` is \"x\", but must be a whole \
         number from 1 to 1000000000"
    );
    assert_eq!(
        problem(b"two\ttoo\t1\n\xff\t\n"),
        "`pairs`: failed to read PAIRS: line 2: the text is not UTF-8; save it as UTF-8"
    );
    std::fs::remove_file(&pairs).unwrap();

    let error = read(&text, &file).unwrap_err().kind.to_string();
    assert!(
        error.starts_with("`pairs`: failed to read ") && error.contains("pairs.tsv: "),
        "{error}"
    );
}
