//! The keys of a check that say which swaps are left out, and the file of pairs that one of them names.

use std::path::Path;
use std::sync::Arc;

use crate::files::document::{DOCUMENT, read_bytes};
use crate::nbest::source::plain;
use crate::perturb::Vocabulary;
use crate::perturb::pairs::Pairs;
use crate::perturb::rules::{Pronunciations, SwapRules, Weight};
use crate::phonetics::frequency::Frequency;
use crate::suite::document::{Fields, Located};
use crate::suite::error::{SuiteError, SuiteErrorKind};

/// Keys that choose among the words of the lexicon, and so say nothing beside `pairs`.
const LEXICON_KEYS: [(&str, &str); 6] = [
    ("common_words", "`common_words`"),
    ("apostrophes", "`apostrophes`"),
    ("pronunciations", "`pronunciations`"),
    ("min_frequency", "`min_frequency`"),
    ("max_frequency_drop", "`max_frequency_drop`"),
    ("weight", "`weight`"),
];

/// The rules that the keys of a check ask for.
pub(in crate::suite) fn rules(
    fields: &Fields<'_, '_>,
    vocabulary: Vocabulary,
) -> Result<SwapRules, SuiteError> {
    let choices = [
        ("first", Pronunciations::First),
        ("all", Pronunciations::All),
    ];
    let pronunciations = fields.choice("pronunciations", &choices)?;
    let choices = [("even", Weight::Even), ("frequency", Weight::Frequency)];
    let weight = fields.choice("weight", &choices)?;
    let expected = "from 0 to 9, as `robustness-check neighbours` shows it";
    let is_frequency = |value| Frequency::from_f64(value).is_some();
    let min_frequency = fields.number("min_frequency", expected, is_frequency)?;
    let max_frequency_drop = fields.number("max_frequency_drop", "from 0 to 9", is_frequency)?;
    let apostrophes = fields.boolean("apostrophes")?;
    let capitalised = fields.boolean("capitalised")?;

    Ok(SwapRules {
        apostrophes: apostrophes.is_some_and(|apostrophes| apostrophes.value),
        pronunciations: pronunciations.map_or(Pronunciations::First, |chosen| chosen.value),
        min_frequency: min_frequency
            .and_then(Frequency::from_f64)
            .unwrap_or_else(|| SwapRules::default_frequency(vocabulary)),
        max_frequency_drop: max_frequency_drop
            .and_then(Frequency::from_f64)
            .unwrap_or_else(|| SwapRules::default_drop(vocabulary)),
        weight: weight.map_or(Weight::Even, |chosen| chosen.value),
        capitalised: capitalised.is_none_or(|capitalised| capitalised.value),
        exclude: words(fields, "exclude")?.unwrap_or_default(),
        function_words: words(fields, "function_words")?,
        pairs: pairs(fields)?,
    })
}

/// The words in the list of `key`, sorted, as a lexicon spells them.
fn words(fields: &Fields<'_, '_>, key: &'static str) -> Result<Option<Vec<String>>, SuiteError> {
    let Some(texts) = fields.texts(key)? else {
        return Ok(None);
    };
    let mut words = Vec::new();
    for Located { value: word, at } in texts {
        if word.is_empty() || word.contains(char::is_whitespace) {
            let kind = SuiteErrorKind::OutOfRange {
                key,
                value: format!("{word:?}"),
                expected: "a list of single words",
            };
            return Err(fields.document.error(at, kind));
        }
        words.push(word.replace('\u{2019}', "'").to_lowercase());
    }

    words.sort_unstable();
    words.dedup();
    Ok(Some(words))
}

/// The pairs of the file that `pairs` names, which is looked for beside the suite.
fn pairs(fields: &Fields<'_, '_>) -> Result<Option<Arc<Pairs>>, SuiteError> {
    let Some(Located { value: name, at }) = fields.text("pairs")? else {
        return Ok(None);
    };
    for (key, shown) in LEXICON_KEYS {
        if let Some(at) = fields.position(key) {
            let kind = SuiteErrorKind::BesidePairs { key: shown };
            return Err(fields.document.error(at, kind));
        }
    }

    let folder = Path::new(fields.document.file).parent();
    let path = folder.map_or_else(|| Path::new(name).to_owned(), |folder| folder.join(name));
    let problem = |problem| {
        let kind = SuiteErrorKind::Pairs {
            path: path.display().to_string(),
            problem,
        };
        fields.document.error(at, kind)
    };

    let bytes = read_bytes(&path, DOCUMENT).and_then(|bytes| plain(&bytes, DOCUMENT));
    let bytes = bytes.map_err(|error| problem(error.to_string()))?;
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        let read = &bytes[..error.valid_up_to()];
        let line = read.split(|&byte| byte == b'\n').count();
        problem(format!("line {line}: the text is not UTF-8"))
    })?;
    let pairs = Pairs::read(text).map_err(|error| problem(error.to_string()))?;

    Ok(Some(Arc::new(pairs.from_file(path))))
}
