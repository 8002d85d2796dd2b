//! What decides the scores of a shard and what is made of them: all shards of a run agree in it.

use serde::{Deserialize, Serialize};

use crate::report::model_record::ModelRecord;
use crate::report::shown::short_hash;

/// What a shard was scored under.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShardSettings {
    pub(crate) seed: u64,
    pub(crate) draws: Option<u32>,
    /// Hash of all lists as read, those of other shards too.
    pub(crate) lists: String,
    pub(crate) normalization: String,
    /// Hash of the lexicon.
    pub(crate) lexicon: String,
    pub(crate) suites: Vec<SuiteSettings>,
    pub(crate) model: ModelRecord,
    /// Where the model ran.
    pub(crate) device: String,
}

/// A suite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SuiteSettings {
    pub(crate) name: String,
    pub(crate) hash: String,
}

impl ShardSettings {
    /// What keeps the two from being of one run, each difference in a clause; `here` and `there`
    /// say where each is, as in "here" or "in FILE".
    pub(crate) fn differences(&self, other: &Self, here: &str, there: &str) -> Vec<String> {
        let hash = |hash: &str| short_hash(hash);
        let draws = |draws: Option<u32>| {
            draws.map_or_else(|| "as the suites say".to_owned(), |draws| draws.to_string())
        };
        let suites = |settings: &Self| {
            let suites = settings.suites.iter();
            let suites = suites.map(|suite| format!("{} ({})", suite.name, hash(&suite.hash)));
            suites.collect::<Vec<String>>().join(", ")
        };
        let driver = |settings: &Self| {
            let name = settings.device.split(':').next();
            name.unwrap_or_default().to_owned()
        };

        let mut found = vec![
            ("seed is", self.seed.to_string(), other.seed.to_string()),
            ("number of draws is", draws(self.draws), draws(other.draws)),
            (
                "hash of the lists is",
                hash(&self.lists),
                hash(&other.lists),
            ),
            (
                "normalization is",
                self.normalization.clone(),
                other.normalization.clone(),
            ),
            (
                "hash of the lexicon is",
                hash(&self.lexicon),
                hash(&other.lexicon),
            ),
            ("suites are", suites(self), suites(other)),
            ("kind of device is", driver(self), driver(other)),
        ];
        found.retain(|(_, this, that)| this != that);
        let mut clauses: Vec<String> = found
            .into_iter()
            .map(|(what, this, that)| format!("the {what} {this} {here} and {that} {there}"))
            .collect();

        let model = self.model.differences(&other.model).into_iter();
        clauses.extend(model.map(|(what, that, this)| {
            format!("the model's {what} is {this} {here} and {that} {there}")
        }));
        clauses
    }
}

#[cfg(test)]
impl ShardSettings {
    /// Those of a run of the first pass.
    pub(super) fn example() -> ShardSettings {
        ShardSettings {
            seed: 1,
            draws: Some(2),
            lists: "1234".to_owned(),
            normalization: "none".to_owned(),
            lexicon: "5678".to_owned(),
            suites: Vec::new(),
            model: ModelRecord {
                name: "first-pass".to_owned(),
                kind: crate::report::model_kind::ModelKind::FirstPass,
                content_hash: None,
                says: None,
                head: None,
                weight: 0.1,
                first_pass_scale: 1.0 / 3.0,
                max_length: None,
                options: std::collections::BTreeMap::new(),
                precision: None,
            },
            device: "cpu".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::model_kind::ModelKind;

    fn program(name: &str, says: &str, hash: &str) -> ShardSettings {
        let mut settings = ShardSettings::example();
        settings.model.kind = ModelKind::Exec;
        settings.model.name = format!("exec:{name}");
        settings.model.says = Some(says.to_owned());
        settings.model.content_hash = Some(hash.to_owned());
        settings
    }

    #[test]
    fn what_differs_of_a_program_is_named_and_files_only_where_nothing_else_does() {
        let one = program("run", "lm 1", "aa");
        let clauses = |other: &ShardSettings| one.differences(other, "here", "there");
        assert_eq!(clauses(&one), [""; 0]);
        let version = "the model's name with its version, as the program says, is lm 1 here and lm \
            2 there";
        assert_eq!(clauses(&program("run", "lm 2", "bb")), [version]);
        let command = "the model's command is exec:run here and exec:walk there";
        assert_eq!(clauses(&program("walk", "lm 1", "bb")), [command]);
        let files = clauses(&program("run", "lm 1", "bb")).concat();
        assert!(files.starts_with("the model's hash of the files that the command names is "));
    }
}
