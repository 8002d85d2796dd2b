//! The Rust files under `src`.

use std::fs;
use std::path::{Path, PathBuf};

/// Every one, in the order of their paths: where it is, and its path under `src`.
pub(crate) fn rust_files() -> Vec<(PathBuf, PathBuf)> {
    fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, into);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                into.push(path);
            }
        }
    }

    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    collect(&root, &mut paths);
    paths.sort();

    let inside = |path: &Path| path.strip_prefix(&root).unwrap().to_owned();
    paths
        .iter()
        .map(|path| (path.clone(), inside(path)))
        .collect()
}
