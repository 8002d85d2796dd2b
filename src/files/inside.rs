//! Where paths lead, and whether an output is, contains or lies in what it is made from.

use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::files::error::{Refusal, WriteError};

/// Links are followed so often at most, as the system does.
const LINKS: usize = 40;

/// A file or folder that a command reads, or that another of its outputs is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// The option that names it.
    pub option: &'static str,
    /// Where it is.
    pub path: PathBuf,
    /// Whether the command writes it.
    pub is_output: bool,
}

/// Refuses an output at `out` that would replace, surround or change one of `inputs`, whatever
/// links are between.
pub fn refuse_overlap(out: &Path, inputs: &[Input]) -> Result<(), WriteError> {
    let place = resolved(out);
    for input in inputs {
        let Some(source) = source(input) else {
            continue;
        };
        let relation = match (is_in(&source, &place), is_in(&place, &source)) {
            (true, true) => "is",
            (true, false) => "contains",
            (false, true) => "lies in",
            (false, false) => continue,
        };
        let refusal = Refusal::Overlap {
            relation,
            noun: if input.is_output { "output" } else { "input" },
            option: input.option.to_owned(),
            input: input.path.display().to_string(),
        };
        return Err(WriteError::new(out, refusal));
    }

    Ok(())
}

/// Where an input is; `None` for one that is in no place, such as what another program pipes in.
fn source(input: &Input) -> Option<PathBuf> {
    if input.is_output || input.path != Path::new("-") {
        return Some(resolved(&input.path));
    }
    // The shell may have opened a file as standard input.
    let standard = Path::new("/dev/stdin");
    standard.is_file().then(|| resolved(standard))
}

/// Whether `inner` is `outer` or below it; under another name too, such as a hard link.
fn is_in(inner: &Path, outer: &Path) -> bool {
    let place = identity(outer);
    inner
        .ancestors()
        .any(|ancestor| ancestor == outer || (place.is_some() && identity(ancestor) == place))
}

/// What two names of one file or folder have in common.
#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let found = fs::metadata(path).ok()?;
    // Every terminal and pipe is what it is, not a place where something is kept.
    (found.is_file() || found.is_dir()).then(|| (found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Path) -> Option<(u64, u64)> {
    None
}

/// `path` without links and dots, whether or not it exists.
pub fn resolved(path: &Path) -> PathBuf {
    let mut links = LINKS;
    follow(path, &mut links)
}

/// Where `path` is written: where its links lead, whether or not that is there yet.
pub(crate) fn place(path: &Path) -> PathBuf {
    if path.is_symlink() {
        resolved(path)
    } else {
        path.to_owned()
    }
}

/// Whether a pipe has the name `path` of its own: one that is open already, such as `/dev/stdout`
/// or what a process substitution names, has somebody at its other end.
#[cfg(unix)]
pub(crate) fn is_named_pipe(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    let is_pipe = path
        .metadata()
        .is_ok_and(|found| found.file_type().is_fifo());
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    // A link may lead to either; the file of an open pipe is below /proc, or has no name.
    let is_open = [absolute, resolved(path)].iter().any(|path| {
        ["/dev/stdout", "/dev/stderr", "/dev/fd", "/proc"]
            .iter()
            .any(|open| path.starts_with(open))
    });

    is_pipe && !is_open
}

#[cfg(not(unix))]
pub(crate) fn is_named_pipe(_: &Path) -> bool {
    false
}

/// The folder that holds `path`; the current one for a bare name.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// What belongs to `path` and is called so with `suffix`; in the folder `path` where that has no
/// name of its own, such as `.`.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    match path.components().next_back() {
        Some(Component::Normal(name)) => {
            let mut name = name.to_owned();
            name.push(suffix);
            path.with_file_name(name)
        }
        _ => path.join(format!("robustness-check{suffix}")),
    }
}

fn follow(path: &Path, links: &mut usize) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut resolved = PathBuf::new();
    for part in absolute.components() {
        match part {
            Component::CurDir => {}
            // What comes before holds no link any more, so that its parent is that of its name.
            Component::ParentDir => {
                resolved.pop();
            }
            Component::Prefix(_) | Component::RootDir => resolved.push(part),
            Component::Normal(name) => {
                resolved.push(name);
                while let (true, Ok(target)) = (*links > 0, fs::read_link(&resolved)) {
                    *links -= 1;
                    resolved.pop();
                    resolved = follow(&resolved.join(target), links);
                }
            }
        }
    }

    resolved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(root: &Path, out: &str, input: &str, relation: Option<&'static str>) {
        let input = Input {
            option: "--nbest",
            path: root.join(input),
            is_output: false,
        };
        let refused = refuse_overlap(&root.join(out), std::slice::from_ref(&input)).err();
        let found = refused.map(|error| match error.refusal() {
            Some(Refusal::Overlap { relation, .. }) => *relation,
            _ => panic!("{error}"),
        });

        assert_eq!(found, relation, "{out} {}", input.path.display());
    }

    #[test]
    fn outputs_are_kept_apart_from_inputs() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("data/deep")).unwrap();
        fs::write(root.join("data/lists"), "").unwrap();
        check(root, "out", "data/lists", None);
        check(root, "data", "data/lists", Some("contains"));
        check(root, "data/../data/./deep/..", "data", Some("is"));
        check(root, "data/deep/out", "data", Some("lies in"));
        check(root, "data/lists2", "data/lists", None);
        check(root, "absent/../data", "data/lists", Some("contains"));
    }

    #[test]
    fn what_belongs_to_a_folder_is_never_a_hidden_file_in_it() {
        let named = |path: &str| beside(Path::new(path), ".training");
        assert_eq!(named("runs/a"), Path::new("runs/a.training"));
        assert_eq!(named("runs/a/"), Path::new("runs/a.training"));
        assert_eq!(named("."), Path::new("./robustness-check.training"));
        assert_eq!(named(".."), Path::new("../robustness-check.training"));
    }

    #[cfg(unix)]
    #[test]
    fn links_hide_nothing() {
        use std::os::unix::fs::symlink;

        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("data/deep")).unwrap();
        fs::write(root.join("data/lists"), "").unwrap();
        symlink("data", root.join("link")).unwrap();
        symlink("link/deep", root.join("chain")).unwrap();
        symlink("link/new", root.join("dangling")).unwrap();
        symlink("loop", root.join("loop")).unwrap();
        fs::hard_link(root.join("data/lists"), root.join("other")).unwrap();
        check(root, "link", "data/lists", Some("contains"));
        check(root, "chain/..", "data", Some("is"));
        check(root, "dangling", "data", Some("lies in"));
        check(root, "other", "data/lists", Some("is"));
        check(root, "loop", "data/lists", None);
    }
}
