//! Where the checks of a run stand in the user's repository, for services that show a decision
//! beside a line.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::cli::repository;
use crate::files::{Input, resolved};
use crate::report::ci::code_quality::{Place, Places};
use crate::report::html;
use crate::report::shown::title;
use crate::suite::{Suite, lines};

/// The lines of all checks of those of the `named` suites that are files. What else is told stands
/// at the first file of `lists`, or where they are the bundled ones at the first suite, or where
/// the pipeline is configured; if nothing of that is there, at the page of the report `folder`.
pub(super) fn places(named: &[String], suites: &[Suite], lists: &[Input], folder: &Path) -> Places {
    let mut checks = BTreeMap::new();
    let mut files = Vec::new();
    for (name, suite) in named.iter().zip(suites) {
        // A pipe cannot be read twice, and what is no file is nowhere in a repository.
        let path = Path::new(name);
        if Suite::builtin_file(name).is_some() || !path.is_file() {
            continue;
        }

        let place = |line| Place {
            path: in_repository(path),
            line,
        };
        files.push(place(1));
        let text = fs::read_to_string(path).unwrap_or_default();
        for (check, line) in lines(&text) {
            checks.insert(title(&suite.name, &check), place(line));
        }
    }

    let mut lists = lists.iter().filter(|input| input.path.is_file());
    let elsewhere = lists.next().map(|input| Place {
        path: in_repository(&input.path),
        line: 1,
    });
    let last = || {
        let pipelines = repository::pipelines(&repository::top_here());
        let path = pipelines.unwrap_or_else(|| folder.join(html::FILE_NAME));
        Place {
            path: in_repository(&path),
            line: 1,
        }
    };

    Places {
        checks,
        elsewhere: elsewhere
            .or_else(|| files.into_iter().next())
            .unwrap_or_else(last),
    }
}

/// The path as seen from the repository's top, wherever in it the run is; as it is where it leads
/// out of it.
fn in_repository(path: &Path) -> String {
    // A link is a file of the repository, wherever it leads.
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let place = resolved(folder).join(path.file_name().unwrap_or_default());
    let path = place.strip_prefix(repository::top_here()).unwrap_or(path);
    let parts = path.components();
    let parts: PathBuf = parts
        .filter(|part| !matches!(part, Component::CurDir))
        .collect();
    parts.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_seen_from_the_top() {
        let here = std::env::current_dir().unwrap();
        let named = here.join("suites/mine.toml");
        for path in [Path::new("./suites/mine.toml"), &named] {
            assert_eq!(in_repository(path), "suites/mine.toml");
        }
        assert_eq!(in_repository(Path::new("../mine.toml")), "../mine.toml");
    }
}
