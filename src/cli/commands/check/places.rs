//! Where the checks of a run stand in the user's repository, for services that show a decision
//! beside a line.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::files::Input;
use crate::report::ci::code_quality::{Place, Places};
use crate::report::html;
use crate::report::shown::title;
use crate::suite::{Suite, lines};

/// The lines of all checks of those of the `named` suites that are files. What else is told stands
/// at the first file of `lists`, or where they are the bundled ones at the first suite, or at the
/// page of the report `folder`.
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
    let page = || Place {
        path: in_repository(&folder.join(html::FILE_NAME)),
        line: 1,
    };

    Places {
        checks,
        elsewhere: elsewhere
            .or_else(|| files.into_iter().next())
            .unwrap_or_else(page),
    }
}

/// The path as seen from where the run is, which in CI is the repository's top.
fn in_repository(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let path = path.strip_prefix(here).unwrap_or(path);
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
    fn a_path_is_seen_from_where_the_run_is() {
        let here = std::env::current_dir().unwrap();
        let named = here.join("suites/mine.toml");
        for path in [Path::new("./suites/mine.toml"), &named] {
            assert_eq!(in_repository(path), "suites/mine.toml");
        }
        assert_eq!(in_repository(Path::new("../mine.toml")), "../mine.toml");
    }
}
