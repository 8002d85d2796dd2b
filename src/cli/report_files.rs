//! Files of a report, looked at before one is opened.

use std::path::Path;

use anyhow::Context;

use crate::files::{CHANGED, is_as_written, is_named_pipe, resolved, settle};

/// Refuses to read `files`, which lie in one folder, where one would be waited for or is not what
/// was written there; what a run that was killed left there is ended first. `failed` says what
/// fails, and `ways` what helps.
pub(crate) fn ensure_whole(
    files: &[&Path],
    failed: &dyn Fn() -> String,
    ways: &str,
) -> anyhow::Result<()> {
    // A file alone is named by what failed.
    let shown = |file: &Path| match files {
        [_] => "it".to_owned(),
        _ => file.display().to_string(),
    };

    // Opening a pipe waits for whoever writes to it.
    for file in files {
        anyhow::ensure!(
            !is_named_pipe(file),
            "{}: {} is a named pipe; name a report that is a file",
            failed(),
            shown(file)
        );
    }
    if let Some(place) = files.first().map(|file| resolved(file)) {
        settle(place.parent().unwrap_or(&place)).with_context(failed)?;
    }

    // A report that was copied out of its folder has nothing beside it that tells.
    for file in files {
        anyhow::ensure!(
            is_as_written(file).with_context(failed)?,
            "{}: {} {CHANGED}; {ways}",
            failed(),
            shown(file)
        );
    }

    Ok(())
}
