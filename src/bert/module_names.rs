//! Which modules an adapter's configuration speaks of.
//!
//! PEFT names modules by suffixes and by regular expressions with Python's rules; what is set
//! for them is in [`adapter_config`](mod@crate::bert::adapter_config).

use std::path::Path;

use serde_json::{Value, json};

use crate::bert::architecture::Architecture;
use crate::bert::error::{LoadError, LoadErrorKind};

/// Which modules have adapters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TargetModules {
    /// Modules whose name is one of these, or ends with a dot and one of these.
    Names(Vec<String>),
    /// Modules whose whole name matches.
    Pattern(String),
    /// Every linear map.
    AllLinear,
    /// Those that PEFT chooses for the base's architecture; without a base, none.
    Default,
}

impl TargetModules {
    /// Whether the module called `name` is among them. `field` and `path` name a bad
    /// pattern in errors.
    pub(crate) fn include(&self, name: &str, field: &str, path: &Path) -> Result<bool, LoadError> {
        match self {
            TargetModules::Names(names) => Ok(names
                .iter()
                .any(|target| name == target || name.ends_with(&format!(".{target}")))),
            TargetModules::Pattern(pattern) => {
                matches(&format!("^(?:{pattern})$"), name, field, path)
            }
            TargetModules::AllLinear => Ok(true),
            TargetModules::Default => Ok(false),
        }
    }

    /// As `adapter_config.json` has them.
    pub(crate) fn to_json(&self) -> Value {
        match self {
            TargetModules::Names(names) => json!(names),
            TargetModules::Pattern(pattern) => json!(pattern),
            TargetModules::AllLinear => json!("all-linear"),
            TargetModules::Default => Value::Null,
        }
    }
}

/// The modules that PEFT gives LoRA adapters where `target_modules` is null.
///
/// `TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING` of PEFT 0.21.
pub(crate) fn lora_default(architecture: Architecture) -> Option<&'static [&'static str]> {
    match architecture {
        Architecture::Bert
        | Architecture::Roberta
        | Architecture::XlmRoberta
        | Architecture::Electra => Some(&["query", "value"]),
        Architecture::Camembert | Architecture::DistilBert => None,
    }
}

/// As [`lora_default`], for AdaLoRA: `TRANSFORMERS_MODELS_TO_ADALORA_TARGET_MODULES_MAPPING`.
pub(crate) fn adalora_default(architecture: Architecture) -> Option<&'static [&'static str]> {
    match architecture {
        Architecture::Bert => Some(&["query", "value"]),
        Architecture::Roberta => Some(&["query", "key", "value", "dense"]),
        Architecture::XlmRoberta
        | Architecture::Camembert
        | Architecture::DistilBert
        | Architecture::Electra => None,
    }
}

/// The most steps back that a pattern may take: a name has a hundred letters.
const MOST_STEPS: usize = 100_000;

/// Whether `pattern` matches at the start of `name`, as Python's `re.match` does.
fn matches(pattern: &str, name: &str, field: &str, path: &Path) -> Result<bool, LoadError> {
    let bad = || {
        let kind = LoadErrorKind::Pattern {
            field: field.to_owned(),
            pattern: pattern.to_owned(),
        };
        LoadError::new(path, kind)
    };

    let regex = fancy_regex::RegexBuilder::new(pattern)
        .backtrack_limit(MOST_STEPS)
        .build()
        .map_err(|_| bad())?;
    let found = regex.find(name).map_err(|_| bad())?;

    Ok(found.is_some_and(|found| found.start() == 0))
}

/// The value of the first pattern that matches the end of `name`: PEFT asks for
/// `(.*\.)?(pattern)$`, so that a pattern that begins with `^` must match the whole name.
pub(crate) fn first_match<V: Copy>(
    patterns: &[(String, V)],
    name: &str,
    field: &str,
    path: &Path,
) -> Result<Option<V>, LoadError> {
    for (pattern, value) in patterns {
        if matches(&format!(r"^(?:.*\.)?(?:{pattern})$"), name, field, path)? {
            return Ok(Some(*value));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: &str = "bert.encoder.layer.0.attention.self.query";

    #[track_caller]
    fn check_included(targets: &TargetModules, expected: bool) {
        let included = targets
            .include(QUERY, "target_modules", Path::new("x"))
            .unwrap();
        assert_eq!(included, expected, "{targets:?}");
    }

    #[test]
    fn targets_are_suffixes_or_a_whole_pattern_or_all() {
        let names = |name: &str| TargetModules::Names(vec![name.to_owned()]);
        let pattern = |pattern: &str| TargetModules::Pattern(pattern.to_owned());
        check_included(&names("query"), true);
        check_included(&names("self.query"), true);
        check_included(&names("uery"), false);
        check_included(&pattern(r".*\.(query|value)"), true);
        check_included(&pattern("query"), false);

        // As PEFT reads it: the whole name, with its prefix.
        let bare = pattern(r"encoder\.layer\.\d+\.attention\.self\.query");
        check_included(&bare, false);

        let name = QUERY.strip_prefix("bert.").unwrap();
        assert!(
            bare.include(name, "target_modules", Path::new("x"))
                .unwrap()
        );
        check_included(&TargetModules::AllLinear, true);

        let error = pattern("(")
            .include(QUERY, "target_modules", Path::new("x"))
            .unwrap_err();
        assert!(
            matches!(error.kind(), LoadErrorKind::Pattern { .. }),
            "{error:?}"
        );
    }
}
