//! Whether the models of a label differ in their training seed alone, by what their files say.
//!
//! What a file does not say cannot be compared: that is a caution, not an error, since checkpoints
//! of other programs say nothing at all.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Context;
use serde_json::Value;

use crate::bert::checkpoint::{Checkpoint, SETTLED_FIELDS};
use crate::bert::model_file::read_text;
use crate::cli::args::model::ModelInput;
use crate::cli::commands::compare::contenders::{Group, source};
use crate::files::document::SETTINGS;
use crate::report::comparison::record::RescorerRecord;
use crate::report::model_record::ModelRecord;
use crate::report::shown::{first_of, short_hash};

/// What every checkpoint should say of its training, beside the seed.
const EXPECTED: [&str; 4] = [
    "data.base of rescorer.json",
    "data.train of rescorer.json",
    "strategy.learning_rate of rescorer.json",
    "strategy.steps of rescorer.json",
];

/// Fields that are named one by one.
const MOST_NAMED: usize = 3;

/// How a model was trained, as far as its files say it.
#[derive(Debug, Clone, PartialEq)]
struct Training {
    /// The model, as it was named.
    name: String,
    /// The seed; `None` where no file says it.
    seed: Option<u64>,
    /// Everything that was settled before training, by the name of its field.
    facts: BTreeMap<String, Value>,
}

/// Refuses models of one label that differ in more than their seed, or not in their seed; says
/// what cannot be told.
pub(super) fn cautions(group: &Group, rescorers: &[RescorerRecord]) -> anyhow::Result<Vec<String>> {
    let mut trainings = Vec::new();
    for (input, rescorer) in group.models.iter().zip(rescorers) {
        trainings.extend(training(input, &rescorer.model)?);
    }

    refuse_other_training(&group.label, &trainings)?;
    Ok(missing(&group.label, &trainings))
}

fn refuse_other_training(label: &str, trainings: &[Training]) -> anyhow::Result<()> {
    for (index, other) in trainings.iter().enumerate() {
        for one in &trainings[..index] {
            let different = one.facts.iter().filter_map(|(field, value)| {
                let found = other.facts.get(field)?;
                (found != value).then(|| {
                    let [value, found] = [value, found].map(told);
                    format!("{field} is {value} there and {found} here")
                })
            });
            let different: Vec<String> = different.collect();
            anyhow::ensure!(
                different.is_empty(),
                "the models called {label} are not seeds of one strategy, {} (there) and {} \
                    (here): {}; give them labels of their own",
                one.name,
                other.name,
                first_of(&different, MOST_NAMED)
            );

            if let Some(seed) = one.seed.filter(|seed| other.seed == Some(*seed)) {
                anyhow::bail!(
                    "the models called {label} are not several seeds: {} and {} are two \
                        checkpoints of seed {seed}; train one of them with another --seed, or give \
                        them labels of their own",
                    one.name,
                    other.name
                );
            }
        }
    }

    Ok(())
}

/// What the files of some models of a label leave open, in a sentence for each.
fn missing(label: &str, trainings: &[Training]) -> Vec<String> {
    if trainings.len() < 2 {
        return Vec::new();
    }

    let known = trainings.iter().flat_map(|training| training.facts.keys());
    let known: BTreeSet<&str> = known.map(String::as_str).chain(EXPECTED).collect();
    let sentences = trainings.iter().filter_map(|training| {
        let unsaid = known
            .iter()
            .filter(|field| !training.facts.contains_key(**field));
        let unsaid: Vec<String> = unsaid.map(|field| (*field).to_owned()).collect();
        let what = match (training.seed, unsaid.is_empty()) {
            (Some(_), true) => return None,
            (None, _) => "how it was trained".to_owned(),
            (Some(_), false) => first_of(&unsaid, MOST_NAMED),
        };
        Some(format!(
            "caution: {label}: the files of {} do not say {what}, so that it cannot be told \
             whether it differs from the others in its seed alone",
            training.name
        ))
    });
    sentences.collect()
}

/// A value in words: of a hash as much as names it.
fn told(value: &Value) -> String {
    match value {
        Value::String(text) if is_hash(text) => short_hash(text),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// How a checkpoint was trained; `None` of what is none.
fn training(input: &ModelInput, model: &ModelRecord) -> anyhow::Result<Option<Training>> {
    let Some(source) = source(input, model)? else {
        return Ok(None);
    };

    let mut facts = BTreeMap::new();
    if let Some(checkpoint) = &source.checkpoint {
        flatten("", &settled(checkpoint), " of rescorer.json", &mut facts);
    }
    if let Some(folder) = &source.adapter {
        let mut settings = adapter_settings(folder)?;
        leave_out_found(&mut settings, source.checkpoint.is_some());
        flatten("", &settings, " of adapter_config.json", &mut facts);
    }

    Ok(Some(Training {
        name: model.name.clone(),
        seed: source.checkpoint.map(|checkpoint| checkpoint.seed),
        facts,
    }))
}

/// What a checkpoint says that was settled before training: what training found out differs from
/// seed to seed.
fn settled(checkpoint: &Checkpoint) -> Value {
    let mut strategy = checkpoint.strategy.clone();
    if let Value::Object(fields) = &mut strategy {
        fields.retain(|field, _| SETTLED_FIELDS.contains(&field.as_str()));
    }

    serde_json::json!({
        "head": checkpoint.head,
        "first_pass_scale": checkpoint.first_pass_scale,
        "max_length": checkpoint.max_length,
        "normalization": checkpoint.normalization,
        "strategy": strategy,
        "data": checkpoint.data,
    })
}

/// What an adapter's file says.
fn adapter_settings(folder: &Path) -> anyhow::Result<Value> {
    let path = folder.join("adapter_config.json");
    let failed = || format!("failed to read {}", path.display());
    let text = read_text(&path, SETTINGS).with_context(failed)?;
    serde_json::from_str(&text).with_context(failed)
}

/// Leaves out what was not settled before training: where the base lies, and of allocated ranks
/// which were kept. Those of one of our `checkpoint`s may have been exported as plain LoRA.
fn leave_out_found(settings: &mut Value, checkpoint: bool) {
    let Value::Object(fields) = settings else {
        return;
    };
    let allocates = fields.get("peft_type").and_then(Value::as_str) == Some("ADALORA");
    // Training writes no pattern of alphas: an export does, of ranks that were allocated.
    let alphas = fields.get("alpha_pattern").and_then(Value::as_object);
    let is_export = checkpoint && alphas.is_some_and(|alphas| !alphas.is_empty());

    fields.retain(|field, _| match field.as_str() {
        "base_model_name_or_path" | "revision" | "peft_version" => false,
        "rank_pattern" | "alpha_pattern" => !allocates && !is_export,
        "r" | "lora_alpha" | "target_modules" => !is_export,
        _ => true,
    });
}

/// Puts every field of `value` into `facts`, those of an object within it behind its name.
fn flatten(name: &str, value: &Value, file: &str, facts: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                let field = match name {
                    "" => field.clone(),
                    name => format!("{name}.{field}"),
                };
                flatten(&field, value, file, facts);
            }
        }
        // What was not set differs from nothing.
        Value::Null => {}
        // PEFT writes sets of names in any order.
        Value::Array(names) if names.iter().all(Value::is_string) => {
            let mut names = names.clone();
            names.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
            facts.insert(format!("{name}{file}"), Value::from(names));
        }
        value => {
            facts.insert(format!("{name}{file}"), value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn training(name: &str, seed: Option<u64>, steps: Option<u64>) -> Training {
        let mut facts: BTreeMap<String, Value> = EXPECTED
            .iter()
            .map(|field| ((*field).to_owned(), Value::from("same")))
            .collect();
        match steps {
            Some(steps) => facts.insert(EXPECTED[3].to_owned(), Value::from(steps)),
            None => facts.remove(EXPECTED[3]),
        };
        Training {
            name: name.to_owned(),
            seed,
            facts,
        }
    }

    #[track_caller]
    fn check_refused(trainings: &[Training], expected: &str) {
        let error = refuse_other_training("a", trainings).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn seeds_of_a_label_differ_in_the_seed_alone() {
        let one = training("x", Some(1), Some(30));
        let two = training("y", Some(2), Some(30));
        assert!(refuse_other_training("a", &[one.clone(), two.clone()]).is_ok());
        assert!(missing("a", &[one.clone(), two.clone()]).is_empty());

        check_refused(
            &[one.clone(), two, training("z", Some(3), Some(10))],
            "the models called a are not seeds of one strategy, x (there) and z (here): \
             strategy.steps of rescorer.json is 30 there and 10 here; give them labels of their \
             own",
        );
        check_refused(
            &[one, training("z", Some(1), Some(30))],
            "the models called a are not several seeds: x and z are two checkpoints of seed 1; \
             train one of them with another --seed, or give them labels of their own",
        );
    }

    #[test]
    fn what_a_file_does_not_say_is_a_caution() {
        let one = training("x", Some(1), Some(30));
        let older = training("y", Some(2), None);
        let foreign = Training {
            facts: BTreeMap::new(),
            ..training("z", None, None)
        };
        assert!(missing("a", std::slice::from_ref(&older)).is_empty());

        let trainings = [one, older, foreign];
        assert!(refuse_other_training("a", &trainings).is_ok());
        let open = "so that it cannot be told whether it differs from the others in its seed alone";
        assert_eq!(
            missing("a", &trainings),
            [
                format!(
                    "caution: a: the files of y do not say strategy.steps of rescorer.json, {open}"
                ),
                format!("caution: a: the files of z do not say how it was trained, {open}"),
            ]
        );
    }

    #[test]
    fn of_allocated_ranks_those_that_were_kept_are_no_setting() {
        let left = |settings: &Value, checkpoint: bool| {
            let mut settings = settings.clone();
            leave_out_found(&mut settings, checkpoint);
            settings
        };
        let allocated = serde_json::json!({
            "peft_type": "ADALORA", "init_r": 12, "revision": null, "rank_pattern": {"a": [true]},
        });
        let expected = serde_json::json!({"peft_type": "ADALORA", "init_r": 12});
        assert_eq!(left(&allocated, true), expected);

        let exported = serde_json::json!({
            "peft_type": "LORA", "r": 9, "lora_alpha": 9, "lora_dropout": 0.05,
            "rank_pattern": {"^a": 9}, "alpha_pattern": {"^a": 9}, "target_modules": ["a"],
        });
        let expected = serde_json::json!({"peft_type": "LORA", "lora_dropout": 0.05});
        assert_eq!(left(&exported, true), expected);
        // Of another program's adapter nobody knows whether its ranks were chosen.
        assert_eq!(left(&exported, false), exported);

        let listed = serde_json::json!({
            "peft_type": "LORA", "r": 4, "rank_pattern": {"^a": 9}, "alpha_pattern": {},
        });
        assert_eq!(left(&listed, true), listed);
    }

    #[test]
    fn what_training_found_out_is_no_setting() {
        let text = serde_json::json!({
            "format_version": 1, "base": null, "head": "hf_pooled", "weight": 1.0,
            "first_pass_scale": 0.1, "max_length": 128, "normalization": null, "seed": 1,
            "strategy": {
                "name": "lora", "objective": {"list": "mwer"}, "steps": 2, "best_step": 1,
                "learning_rate": 0.001, "dev_wer": 0.2, "dev_wer_before": 0.3,
                "found_by_a_later_version": 7,
            },
            "data": {},
        });
        let checkpoint: Checkpoint = serde_json::from_value(text).unwrap();
        let expected = serde_json::json!({
            "name": "lora", "objective": {"list": "mwer"}, "steps": 2, "learning_rate": 0.001,
        });
        assert_eq!(settled(&checkpoint)["strategy"], expected);
    }

    #[test]
    fn of_a_hash_as_much_is_told_as_names_it() {
        assert_eq!(told(&Value::from("c0".repeat(32))), "c0c0c0c0c0c0");
        assert_eq!(told(&Value::from("mwer")), "mwer");
        assert_eq!(told(&Value::from(0.5)), "0.5");
    }
}
