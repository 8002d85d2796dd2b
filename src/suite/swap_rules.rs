//! The keys of a check that say which swaps are left out, and the file of pairs that one of them
//! names.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::files::document::{DOCUMENT, read_bytes, utf8};
use crate::nbest::source::plain;
use crate::perturb::Vocabulary;
use crate::perturb::pairs::Pairs;
use crate::perturb::rules::{Pronunciations, SwapRules, Weight};
use crate::phonetics::frequency::Frequency;
use crate::suite::document::{Located, Table};
use crate::suite::error::{SuiteError, SuiteErrorKind};

/// The rules that the keys of a check ask for.
pub(super) fn rules(
    check: &Table<'_, '_>,
    vocabulary: Vocabulary,
) -> Result<SwapRules, SuiteError> {
    let choices = [
        ("first", Pronunciations::First),
        ("all", Pronunciations::All),
    ];
    let pronunciations = check.choice("pronunciations", &choices)?;
    let weights = [("even", Weight::Even), ("frequency", Weight::Frequency)];
    let weight = check.choice("weight", &weights)?;
    let frequency = |key, expected| {
        let is_frequency = |value| Frequency::from_f64(value).is_some();
        let number = check.number(key, expected, is_frequency)?;
        Ok::<_, SuiteError>(number.and_then(Frequency::from_f64))
    };

    Ok(SwapRules {
        min_frequency: frequency(
            "min_frequency",
            "from 0 to 9, as `robustness-check neighbours` shows it",
        )?
        .unwrap_or_else(|| SwapRules::default_frequency(vocabulary)),
        max_frequency_drop: frequency("max_frequency_drop", "from 0 to 9")?
            .unwrap_or_else(|| SwapRules::default_drop(vocabulary)),
        apostrophes: check.boolean("apostrophes")?.unwrap_or(false),
        pronunciations: pronunciations.unwrap_or(Pronunciations::First),
        weight: weight.unwrap_or(Weight::Even),
        capitalised: check.boolean("capitalised")?.unwrap_or(true),
        exclude: words(check, "exclude")?.unwrap_or_default(),
        function_words: words(check, "function_words")?,
        pairs: pairs(check)?,
    })
}

/// The words in the list of `key`, sorted, as a lexicon spells them.
fn words(check: &Table<'_, '_>, key: &'static str) -> Result<Option<Vec<String>>, SuiteError> {
    let Some(texts) = check.texts(key)? else {
        return Ok(None);
    };

    let spelled = |Located { text, at }| {
        if text.is_empty() || text.contains(char::is_whitespace) {
            let (found, expected) = (format!("{text:?}"), "a list of single words");
            return Err(check.document.wrong(at, key, found, expected));
        }
        Ok(text.replace('\u{2019}', "'").to_lowercase())
    };
    let words: Result<BTreeSet<String>, SuiteError> = texts.into_iter().map(spelled).collect();
    Ok(Some(words?.into_iter().collect()))
}

/// The pairs of the file that `pairs` names, which is looked for beside the suite.
fn pairs(check: &Table<'_, '_>) -> Result<Option<Arc<Pairs>>, SuiteError> {
    let Some(name) = check.text("pairs")? else {
        return Ok(None);
    };
    let folder = Path::new(check.document.file).parent();
    let path = folder.map_or_else(|| Path::new(name).to_owned(), |folder| folder.join(name));
    let problem = |problem| {
        let kind = SuiteErrorKind::Pairs {
            path: path.display().to_string(),
            problem,
        };
        check.error("pairs", kind)
    };

    let bytes = read_bytes(&path, DOCUMENT).and_then(|bytes| plain(&bytes, DOCUMENT));
    let bytes = bytes.map_err(|error| problem(error.to_string()))?;
    let text = utf8(&bytes).map_err(|error| problem(error.to_string()))?;
    let pairs = Pairs::read(text).map_err(|error| problem(error.to_string()))?;

    Ok(Some(Arc::new(pairs.from_file(path))))
}
