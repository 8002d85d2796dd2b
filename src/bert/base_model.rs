//! The base model that an adapter names: a folder, or a version in Hugging Face's cache.

use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::bert::model_file::{DEMO, demo_base, is_file};
use crate::files::document::{SETTINGS, read_text};

/// A base model as an adapter names it.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) name: &'a str,
    /// A branch, a tag or a commit, of a model in the cache.
    pub(super) revision: Option<&'a str>,
}

/// What was found of a base model.
pub(super) enum Found {
    Folder(PathBuf),
    /// The only version in the cache, which nothing says is the one called `main`.
    Only(PathBuf),
    /// The model is in the cache, but not in this version.
    NoRevision(String),
    /// Nothing says which of these versions is meant.
    Several(Vec<String>),
    Nothing,
}

/// A base model by path or by name.
pub(super) fn find_base(wanted: Wanted<'_>, folder: &Path, cache: Option<&Path>) -> Found {
    let Wanted { name, revision } = wanted;
    let is_model = |path: &PathBuf| is_file(&path.join("config.json"));
    let paths = [folder.join(name), PathBuf::from(name)];
    if let Some(path) = paths.into_iter().find(is_model) {
        return Found::Folder(path);
    }
    if name == DEMO {
        return Found::Folder(demo_base());
    }

    let Some(cache) = cache else {
        return Found::Nothing;
    };
    let root = format!("models--{}", name.replace('/', "--"));
    let roots = [cache.join(&root), cache.join("hub").join(&root)];
    let named = |root: &Path, revision: &str| {
        // An adapter's word leads to nothing but what is in the cache.
        let hash = is_below(revision).then(|| root.join("refs").join(revision))?;
        let hash = read_text(&hash, SETTINGS).ok();
        let hash = hash.as_deref().unwrap_or(revision).trim().to_owned();
        if !is_below(&hash) {
            return None;
        }
        let snapshot = root.join("snapshots").join(hash);
        is_model(&snapshot).then_some(snapshot)
    };

    if let Some(revision) = revision {
        let found = roots.iter().find_map(|root| named(root, revision));
        match found {
            Some(snapshot) => Found::Folder(snapshot),
            None if roots.iter().any(|root| root.is_dir()) => {
                Found::NoRevision(revision.to_owned())
            }
            None => Found::Nothing,
        }
    } else {
        if let Some(main) = roots.iter().find_map(|root| named(root, "main")) {
            return Found::Folder(main);
        }
        let snapshots = roots.iter().map(|root| snapshots(root));
        let mut found: Vec<PathBuf> = snapshots.flatten().filter(is_model).collect();
        // Both places may have the same commit.
        found.sort_by(|one, other| one.file_name().cmp(&other.file_name()));
        found.dedup_by(|one, other| one.file_name() == other.file_name());
        match found.len() {
            0 => Found::Nothing,
            1 => Found::Only(found.remove(0)),
            _ => {
                let names = found.iter().filter_map(|path| path.file_name());
                Found::Several(names.map(|name| name.display().to_string()).collect())
            }
        }
    }
}

/// The folders of the versions that the cache has of a model.
fn snapshots(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root.join("snapshots")).into_iter().flatten();
    entries.flatten().map(|entry| entry.path()).collect()
}

/// Whether a name leads to something in the folder to which it is added.
fn is_below(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    !name.is_empty() && parts.all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_leads_to_nothing_outside_of_the_cache() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            path
        };
        let outside = place("secret/config.json");
        let outside = outside.parent().unwrap().to_str().unwrap();
        let snapshot = place("cache/models--a--b/snapshots/17ab/config.json");
        fs::write(place("secret/config.json"), "{}").unwrap();
        fs::write(&snapshot, "{}").unwrap();
        fs::write(place("cache/models--a--b/refs/main"), "17ab\n").unwrap();
        fs::write(place("cache/models--a--b/refs/pr/1"), "17ab").unwrap();
        fs::write(place("cache/models--a--b/refs/far"), outside).unwrap();

        let cache = place("cache");
        let found = |revision: &str| {
            let wanted = Wanted {
                name: "a/b",
                revision: Some(revision),
            };
            match find_base(wanted, folder.path(), Some(&cache)) {
                Found::Folder(path) => Some(path),
                _ => None,
            }
        };
        for revision in ["main", "pr/1", "17ab"] {
            assert_eq!(found(revision).as_deref(), snapshot.parent(), "{revision}");
        }
        for revision in [
            "",
            "far",
            outside,
            "../../../secret",
            "pr/../../snapshots/17ab",
        ] {
            assert_eq!(found(revision), None, "{revision}");
        }
    }
}
