//! The user's repository: a service has all of it, wherever in it a command runs.

use std::path::{Path, PathBuf};

use crate::files::resolved;

/// What services say of where they have the repository: GitLab and GitHub.
const TOPS: [&str; 2] = ["CI_PROJECT_DIR", "GITHUB_WORKSPACE"];

/// What GitLab says of where its pipelines are configured, as seen from the top.
const CONFIGURATION: &str = "CI_CONFIG_PATH";

/// Where GitLab looks for that if nothing else is said.
const USUAL_CONFIGURATION: &str = ".gitlab-ci.yml";

/// The top of the Git repository that the folder `path` lies in, if it lies in one.
pub(crate) fn top_of(path: &Path) -> Option<PathBuf> {
    let place = resolved(path);
    let mut folders = place.ancestors();
    // In a work tree and in a submodule it is a file.
    let top = folders.find(|folder| folder.join(".git").exists())?;
    Some(top.to_owned())
}

/// The top of the repository that this process works in: as a service says, else as Git does, else
/// the current folder.
pub(crate) fn top_here() -> PathBuf {
    let here = resolved(Path::new("."));
    let told = TOPS.into_iter().filter_map(std::env::var_os);
    let mut told = told
        .filter(|top| !top.is_empty())
        .map(|top| resolved(Path::new(&top)));

    told.find(|top| here.starts_with(top))
        .or_else(|| top_of(&here))
        .unwrap_or(here)
}

/// The configuration of GitLab's pipelines below `top`, if it lies there.
pub(crate) fn pipelines(top: &Path) -> Option<PathBuf> {
    let told = std::env::var_os(CONFIGURATION).filter(|name| !name.is_empty());
    let names = told.map(PathBuf::from).into_iter();
    let mut paths = names
        .chain([PathBuf::from(USUAL_CONFIGURATION)])
        .map(|name| top.join(name));
    paths.find(|path| path.starts_with(top) && path.is_file())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_top_is_where_git_is() {
        let folder = tempfile::tempdir().unwrap();
        let root = resolved(folder.path());
        fs::create_dir_all(root.join("a/.git")).unwrap();
        fs::create_dir_all(root.join("a/b/c")).unwrap();
        assert_eq!(top_of(&root.join("a/b/c")), Some(root.join("a")));
        assert_eq!(top_of(&root.join("a")), Some(root.join("a")));
        fs::write(root.join("a/b/.git"), "gitdir: elsewhere\n").unwrap();
        assert_eq!(top_of(&root.join("a/b/c")), Some(root.join("a/b")));
    }

    #[test]
    fn pipelines_are_configured_in_the_repository() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(pipelines(folder.path()), None);
        let usual = folder.path().join(USUAL_CONFIGURATION);
        fs::write(&usual, "").unwrap();
        assert_eq!(pipelines(folder.path()), Some(usual));
    }
}
