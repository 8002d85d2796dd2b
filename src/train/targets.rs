//! Which matrices get adapters: the ends of module names that users write, resolved.

use std::collections::BTreeMap;

use crate::bert::architecture::{Place, place};
use crate::train::TrainError;

/// The target that names every linear map.
const ALL_LINEAR: &str = "all-linear";

/// The modules that `targets` name, each of which must name some that those before it do not.
pub(crate) fn targeted(targets: &[String], modules: &[String]) -> Result<Vec<String>, TrainError> {
    let mut named: Vec<bool> = vec![false; modules.len()];
    for target in targets {
        let is_meant = |module: &str| target == ALL_LINEAR || is_called(module, target);
        let indices = 0..modules.len();
        let meant: Vec<usize> = indices.filter(|index| is_meant(&modules[*index])).collect();
        if meant.is_empty() {
            return Err(unknown("targets", target, modules));
        }
        if meant.iter().all(|index| named[*index]) {
            let advice = "names before it are of all of its matrices: leave it out";
            return Err(TrainError::setting("targets", target, advice));
        }
        for index in meant {
            named[index] = true;
        }
    }

    let modules = modules.iter().zip(named);
    let named = modules.filter(|(_, is_named)| *is_named);
    Ok(named.map(|(module, _)| module.clone()).collect())
}

fn unknown(field: &str, target: &str, modules: &[String]) -> TrainError {
    let mut parts: Vec<&str> = Vec::new();
    for module in modules {
        if let Some(Place::Layer { part, .. }) = place(module) {
            // As users write it.
            let part = part.strip_prefix("attention.self.").unwrap_or(part);
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
    }

    let advice = format!(
        "no linear map has this name; there are {}, and all-linear for all of them",
        parts.join(", ")
    );

    let name = if target.is_empty() {
        "an empty name"
    } else {
        target
    };
    TrainError::setting(field, name, &advice)
}

/// Whether a module's name ends as a target says.
pub(super) fn is_called(module: &str, target: &str) -> bool {
    module == target
        || module
            .strip_suffix(target)
            .is_some_and(|rest| rest.ends_with('.'))
}

/// The ranks of the modules that `listed` names: the first entry that names one counts.
pub(super) fn listed_ranks(
    listed: &[(String, usize)],
    modules: &[String],
) -> Result<BTreeMap<String, usize>, TrainError> {
    for (target, _) in listed {
        if !modules.iter().any(|module| is_called(module, target)) {
            return Err(unknown("ranks", target, modules));
        }
    }

    let first = |module: &String| {
        let mut entries = listed.iter();
        entries.position(|(target, _)| is_called(module, target))
    };
    let counting: Vec<usize> = modules.iter().filter_map(first).collect();
    let idle = (0..listed.len()).find(|entry| !counting.contains(entry));
    if let Some((target, rank)) = idle.map(|entry| &listed[entry]) {
        let advice = "entries before it name all of its matrices, and the first that names a \
            matrix counts: put it before them, or leave it out";
        return Err(TrainError::setting(
            "ranks",
            format!("{target}={rank}"),
            advice,
        ));
    }

    let ranks = modules.iter().filter_map(|module| {
        let (_, rank) = &listed[first(module)?];
        (*rank > 0).then(|| (module.clone(), *rank))
    });
    let ranks: BTreeMap<String, usize> = ranks.collect();
    if ranks.is_empty() {
        let advice = "no matrix gets an adapter; give one a rank of 1 or more";
        return Err(TrainError::setting("ranks", "0 for every matrix", advice));
    }

    Ok(ranks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modules() -> Vec<String> {
        let parts = [
            "attention.self.query",
            "attention.output.dense",
            "output.dense",
        ];
        parts
            .map(|part| format!("bert.encoder.layer.0.{part}"))
            .to_vec()
    }

    #[track_caller]
    fn check_targets(targets: &[&str], refusal: &str) {
        let targets: Vec<String> = targets.iter().map(|target| (*target).to_owned()).collect();
        let error = targeted(&targets, &modules()).unwrap_err().to_string();
        assert!(error.starts_with(refusal), "{error}");
    }

    #[test]
    fn a_target_that_adds_nothing_is_refused() {
        let advice = "names before it are of all of its matrices: leave it out";
        for (targets, idle) in [
            (["query", "query"], "query"),
            (["query", "attention.self.query"], "attention.self.query"),
            (["all-linear", "query"], "query"),
        ] {
            check_targets(&targets, &format!("`targets` is {idle}; {advice}"));
        }
        check_targets(&["", "query"], "`targets` is an empty name; no linear map");

        let both = ["attention.output.dense", "output.dense"].map(str::to_owned);
        assert_eq!(targeted(&both, &modules()).unwrap(), modules()[1..]);
    }

    #[track_caller]
    fn check_listed(listed: &[(&str, usize)], refusal: &str) {
        let listed = listed.iter();
        let listed = listed.map(|(target, rank)| ((*target).to_owned(), *rank));
        let error = listed_ranks(&listed.collect::<Vec<_>>(), &modules()).unwrap_err();
        assert!(error.to_string().starts_with(refusal), "{error}");
    }

    #[test]
    fn listed_ranks_that_give_nothing_are_refused() {
        check_listed(
            &[("output.dense", 4), ("attention.output.dense", 8)],
            "`ranks` is attention.output.dense=8; entries before it name all",
        );
        check_listed(
            &[("query", 0)],
            "`ranks` is 0 for every matrix; no matrix gets an adapter",
        );
        check_listed(&[("querry", 4)], "`ranks` is querry; no linear map");

        // A rank of 0 leaves a matrix out.
        let listed = [("attention.output.dense", 0), ("output.dense", 4)];
        let listed = listed.map(|(target, rank)| (target.to_owned(), rank));
        let ranks = listed_ranks(&listed, &modules()).unwrap();
        let only = ("bert.encoder.layer.0.output.dense".to_owned(), 4);
        assert_eq!(ranks, BTreeMap::from([only]));
    }
}
