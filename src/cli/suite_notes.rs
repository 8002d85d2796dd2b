//! What suites ask for that a lexicon cannot give: function words.

use std::collections::BTreeMap;

use crate::cli::terminal::Terminal;
use crate::perturb::Perturbation;
use crate::perturb::function_words::{are_missing, unused};
use crate::phonetics::lexicon::Lexicon;
use crate::report::shown::shown;
use crate::suite::{Check, Suite};

/// What to do where function words are missing.
const NAME_THEM: &str = "the lexicon is not of English, whose function words are built in: write \
    those of its language into a suite of your own, function_words = [\"der\", \"und\"]";

/// What a user should know of the function words of `suites`, each in a sentence.
pub(crate) fn suite_notes(suites: &[Suite], lexicon: &Lexicon) -> Vec<String> {
    let asked = suites.iter().flat_map(|suite| {
        let checks = suite.checks.iter();
        let checks = checks.map(|check| (&check.name, &check.perturbation));
        let properties = suite.properties.iter().filter_map(|property| {
            let drawn = property.property.drawn()?;
            Some((&property.name, &drawn.perturbation))
        });
        let all = checks.chain(properties);
        all.map(|(check, perturbation)| (title(suite, check), perturbation))
    });
    notes(asked.collect(), lexicon)
}

/// Warns of the same where a single check is drawn from; an error where nothing of it is left.
pub(crate) fn tell_of_check(
    suite: &Suite,
    check: &Check,
    lexicon: &Lexicon,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    let kinds = check.perturbation.kinds;
    let title = title(suite, &check.name);
    anyhow::ensure!(
        kinds.swap > 0 || kinds.boundary > 0 || !are_missing(&check.perturbation, lexicon),
        "the check {title} deletes or inserts function words, and {NAME_THEM}"
    );
    for note in notes(vec![(title, &check.perturbation)], lexicon) {
        terminal.warn(&note);
    }
    Ok(())
}

fn title(suite: &Suite, check: &str) -> String {
    format!("{} / {check}", suite.name)
}

fn notes(asked: Vec<(String, &Perturbation)>, lexicon: &Lexicon) -> Vec<String> {
    let mut unnamed = Vec::new();
    let mut notes = Vec::new();
    for (title, perturbation) in asked {
        if are_missing(perturbation, lexicon) {
            unnamed.push(title);
            continue;
        }
        let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (word, reason) in unused(lexicon, &perturbation.rules) {
            by_reason.entry(reason).or_default().push(shown(word));
        }
        if !by_reason.is_empty() {
            let reasons = by_reason.into_iter();
            let reasons = reasons.map(|(reason, words)| format!("{} ({reason})", words.join(", ")));
            let reasons: Vec<String> = reasons.collect();
            notes.push(format!(
                "{title}: of its function_words, these are neither deleted nor inserted: {}",
                reasons.join("; ")
            ));
        }
    }

    if !unnamed.is_empty() {
        notes.push(format!(
            "{}: no function word is deleted or inserted, since {NAME_THEM}",
            unnamed.join(", ")
        ));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phonetics::notation::Notation;
    use crate::suite::toml;

    #[test]
    fn function_words_that_do_nothing_are_named() {
        let text = "name = \"s\"\n[[check]]\nname = \"c\"\nperturbation = \"perturb-n\"\n\
            kinds = { insert = 1 }\nexclude = [\"the\"]\n\
            function_words = [\"the\", \"quux\", \"of\", \"xyzzy\"]\n";
        let suite = toml::read(text, "s.toml").unwrap();
        let notes = suite_notes(&[suite], Lexicon::embedded());
        assert_eq!(
            notes,
            [
                "s / c: of its function_words, these are neither deleted nor inserted: the \
                 (excluded); quux, xyzzy (not in the lexicon)"
            ]
        );
    }

    #[test]
    fn checks_without_function_words_of_a_language_are_named() {
        let lexicon = Lexicon::read_in(Notation::Ipa, &b"da d a\n"[..], "my.dict").unwrap();
        let severity = Suite::builtin("severity").unwrap();
        assert!(suite_notes(std::slice::from_ref(&severity), Lexicon::embedded()).is_empty());
        let notes = suite_notes(&[severity], &lexicon);
        let [note] = notes.try_into().unwrap();
        let start = "severity / function-words, severity / mixture: no function word is deleted";
        assert!(note.starts_with(start), "{note}");
    }
}
