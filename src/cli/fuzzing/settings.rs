//! What people write by hand: suites, recipes, weights.

use crate::cli::fuzzing::{parsed, read};
use crate::report::tuning::TuningRecord;
use crate::suite::toml::read_bytes;

/// Suites.
pub fn suite(data: &[u8]) {
    read("suite.toml", read_bytes(data, "suite.toml"));
}

/// Recipes of trainings.
#[cfg(feature = "bert")]
pub fn recipe(data: &[u8]) {
    use crate::cli::commands::train::options::recipe::read_recipe;
    use crate::cli::fuzzing::scratch::with_file;

    with_file("recipe.toml", data, |path| {
        read("recipe.toml", read_recipe(path));
    });
}

/// Values that a training tries one after the other.
#[cfg(feature = "bert")]
pub fn sweep(data: &[u8]) {
    use crate::cli::commands::train::sweep::read_sweep;

    if let Ok(text) = std::str::from_utf8(data) {
        parsed(read_sweep(text));
    }
}

/// The weight of a model, as `tune` writes it.
pub fn weight(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Some(record) = parsed(TuningRecord::read(text))
    {
        let again = TuningRecord::read(&record.render());
        again.expect("what is written can be read");
    }
}
