//! The names of tensors in PEFT's files, and those of the model.

use std::collections::BTreeMap;

use crate::bert::architecture::Names;
use crate::bert::model::HeadKind;
use crate::bert::tensors::TensorStore;

/// What PEFT puts before every name.
pub(super) const PREFIX: &str = "base_model.model.";

/// Tensors whose names are read, but not by PEFT.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Misnamed {
    /// The name of the first.
    pub(crate) stored: String,
    /// What PEFT calls it.
    pub(crate) wanted: String,
    /// How many there are.
    pub(crate) count: usize,
}

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
        let bare = plain(&bare);
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

/// The tensors among `names` that PEFT would not find by their names: the first, with what it asks
/// for, and how many there are.
///
/// Which names a body has under a head of ours is for its own class to say.
pub(super) fn unfound(names: &BTreeMap<String, String>, head: HeadKind) -> Option<Misnamed> {
    let mut unfound = names.iter().filter(|(bare, stored)| {
        let plain = stored.strip_prefix(PREFIX).map(plain);
        plain.is_none_or(|plain| match head {
            HeadKind::HfPooled => plain != **bare,
            HeadKind::ClsLinear => !bare.ends_with(&plain),
        })
    });
    let (bare, stored) = unfound.next()?;
    Some(Misnamed {
        stored: stored.clone(),
        wanted: format!("{PREFIX}{bare}"),
        count: 1 + unfound.count(),
    })
}

/// The name, without what PEFT puts in it where a module has an adapter.
fn plain(name: &str) -> String {
    without_default(&name.replace(".base_layer.", "."))
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
