//! Why the settings of an adapter choose no module of its model.

use std::path::Path;

use serde_json::json;

use crate::bert::adapter_config::AdapterConfig;
use crate::bert::error::LoadError;
use crate::bert::module_names::TargetModules;

/// The error of a `config` in `path` that chooses none of `modules`, as PEFT refuses it.
///
/// `stored` is a module that the adapter's file has tensors of.
pub(crate) fn chooses_nothing(
    config: &AdapterConfig,
    modules: &[String],
    stored: Option<&str>,
    path: &Path,
) -> LoadError {
    let chooses = |change: &dyn Fn(&mut AdapterConfig)| {
        let mut changed = config.clone();
        change(&mut changed);
        let mut modules = modules.iter();
        modules.any(|module| changed.targets(module, path).unwrap_or(false))
    };

    // The field without which some module would be chosen is at fault.
    let trained = "choose the modules that were trained";
    if let Some(layers) = &config.layers {
        let any_pattern = |changed: &mut AdapterConfig| {
            if let Some(layers) = &mut changed.layers {
                layers.patterns.clear();
            }
        };
        if chooses(&any_pattern) {
            let advice = "no layer of this model is called so in front of its number: name what \
                          is in the modules' names, such as \"layer\", or leave the field out";
            let patterns = json!(layers.patterns);
            return LoadError::field(path, "layers_pattern", &patterns, advice);
        }

        if chooses(&|changed| changed.layers = None) {
            let advice = format!("this model has no target module in such a layer: {trained}");
            let indices = json!(layers.indices);
            return LoadError::field(path, "layers_to_transform", &indices, &advice);
        }
    }

    let nothing_excluded = |changed: &mut AdapterConfig| {
        changed.layers = None;
        changed.exclude_modules = TargetModules::Names(Vec::new());
    };
    if chooses(&nothing_excluded) {
        let advice = format!("it leaves out every module of target_modules: {trained}");
        let excluded = config.exclude_modules.to_json();
        return LoadError::field(path, "exclude_modules", &excluded, &advice);
    }

    let nothing_saved = |changed: &mut AdapterConfig| {
        nothing_excluded(changed);
        changed.modules_to_save.clear();
        changed.task_type = None;
    };
    if chooses(&nothing_saved) {
        let advice = "every one of them is stored whole (modules_to_save), so none has an \
                      adapter: name the modules that were trained";
        return LoadError::field(
            path,
            "target_modules",
            &config.target_modules.to_json(),
            advice,
        );
    }

    unnamed(config, modules, stored, path)
}

/// The error of `target_modules` that mean no module.
fn unnamed(
    config: &AdapterConfig,
    modules: &[String],
    stored: Option<&str>,
    path: &Path,
) -> LoadError {
    let example = stored.or_else(|| modules.first().map(String::as_str));
    let example = example.unwrap_or_default();
    let end = example.rsplit('.').next().unwrap_or_default();
    let meaning = if matches!(config.target_modules, TargetModules::Pattern(_)) {
        "a text is a regular expression for a module's whole name, and no module of this model \
         matches it"
    } else {
        "this model has no module whose name ends so"
    };

    let has = if stored.is_some() {
        format!("; the adapter has tensors of `{example}`")
    } else {
        String::new()
    };
    let advice = format!(
        "{meaning}{has}: name the ends of the names of the modules that were trained in a list, \
         such as [\"{end}\"]"
    );
    let named = config.target_modules.to_json();
    LoadError::field(path, "target_modules", &named, &advice)
}
