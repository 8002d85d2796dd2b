//! The names of tensors in PEFT's files, and those of the model.

use std::collections::BTreeMap;

use crate::bert::architecture::Names;
use crate::bert::tensors::TensorStore;

/// What PEFT puts before every name.
pub(super) const PREFIX: &str = "base_model.model.";

/// The names in the file by those of the model.
///
/// Of a module that is stored whole, PEFT writes the plain names; where it stores all biases as
/// well, it adds those of its copies, which it does not read back.
pub(super) fn bare_names(store: &TensorStore, model: &Names) -> BTreeMap<String, String> {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut copies = Vec::new();
    for name in store.names() {
        let bare = name.strip_prefix(PREFIX).unwrap_or(name);
        let bare = if model.is_in_body(bare) || bare.starts_with("pooler.") {
            model.body(bare)
        } else {
            bare.to_owned()
        };
        let bare = without_default(&bare.replace(".base_layer.", "."));
        if bare.contains(".original_module.") {
            continue;
        }
        if bare.contains(".modules_to_save.") {
            let plain = bare.replace(".modules_to_save.default.", ".modules_to_save.");
            copies.push((plain.replace(".modules_to_save.", "."), name.to_owned()));
        } else {
            names.insert(bare, name.to_owned());
        }
    }

    for (bare, name) in copies {
        names.entry(bare).or_insert(name);
    }

    names
}

/// The name without that of the adapter, if it is `default`: PEFT reads both.
fn without_default(name: &str) -> String {
    for part in ["lora_A", "lora_B", "lora_E", "lora_magnitude_vector"] {
        let named = format!(".{part}.default");
        if let Some((module, rest)) = name.split_once(&named)
            && (rest == ".weight" || rest.is_empty() && part != "lora_magnitude_vector")
        {
            return format!("{module}.{part}{rest}");
        }
    }
    name.to_owned()
}
