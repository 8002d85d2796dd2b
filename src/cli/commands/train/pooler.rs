//! Whether a model has the dense layer of a classification head.

use crate::bert::architecture::Names;
use crate::bert::tensors::TensorStore;

/// Whether a model's files hold the dense layer of a classification head.
pub(super) fn has_pooler(store: &TensorStore, names: &Names) -> bool {
    let bare = names.pooler.strip_prefix(names.prefix);
    let modules = [Some(names.pooler), bare];
    let mut modules = modules.into_iter().flatten();
    modules.any(|module| store.contains(&format!("{module}.weight")))
}
