//! What folders keep, replace, delete and refuse.

use std::collections::BTreeMap;

use super::*;
use crate::files::names::{STAGED_FILES, STAGING};
use crate::files::{settle, write_file};

/// A folder `out` in a folder of its own.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    fn out(&self) -> PathBuf {
        self.0.path().join("deep/out")
    }

    fn put(&self, name: &str, text: &str) {
        let path = self.out().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn claim(&self, kind: Kind, force: bool) -> Result<ResultFolder, WriteError> {
        let claim = Claim {
            kind,
            names: &["a", "b"],
            force,
            holder: &Holder::unnamed(),
        };
        ResultFolder::claim(&self.out(), claim)
    }

    /// Writes `files`, and returns why that was refused.
    fn write(&self, files: &[(&str, &str)], force: bool) -> Option<Refusal> {
        let write = |folder: &Path| -> Result<(), WriteError> { fill(folder, files) };
        let written = self
            .claim(Kind::Report, force)
            .and_then(|folder| folder.replace(write));
        written.err().map(|error| error.refusal().unwrap().clone())
    }

    /// Everything below `out`, without the list.
    fn all(&self) -> BTreeMap<String, String> {
        fn collect(folder: &Path, above: &str, into: &mut BTreeMap<String, String>) {
            for entry in fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                let name = format!("{above}{}", entry.file_name().to_str().unwrap());
                if entry.path().is_dir() {
                    into.insert(format!("{name}/"), String::new());
                    collect(&entry.path(), &format!("{name}/"), into);
                } else if name != MARKER {
                    into.insert(name, fs::read_to_string(entry.path()).unwrap());
                }
            }
        }

        let mut all = BTreeMap::new();
        collect(&self.out(), "", &mut all);
        all
    }

    #[track_caller]
    fn check(&self, expected: &[(&str, &str)]) {
        let expected = expected
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        assert_eq!(self.all(), expected.collect());
    }
}

fn fill(folder: &Path, files: &[(&str, &str)]) -> Result<(), WriteError> {
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_file(&path, |file| file.write_all(text.as_bytes()))?;
    }
    Ok(())
}

#[test]
fn a_result_replaces_its_predecessor_and_nothing_else() {
    let place = Place::new();
    assert_eq!(
        place.write(&[("a", "1"), ("b", "1"), ("deep/c", "1")], false),
        None
    );
    place.check(&[("a", "1"), ("b", "1"), ("deep/", ""), ("deep/c", "1")]);
    place.put("thesis.txt", "mine");
    place.put("src/main.rs", "mine");
    assert_eq!(place.write(&[("b", "2"), ("more/d", "2")], false), None);

    let theirs = [
        ("src/", ""),
        ("src/main.rs", "mine"),
        ("thesis.txt", "mine"),
    ];
    place.check(&[&[("b", "2"), ("more/", ""), ("more/d", "2")][..], &theirs].concat());
    remove_folder(&place.out()).unwrap();
    place.check(&theirs);
}

#[test]
fn what_is_not_ours_is_refused_and_stays() {
    let place = Place::new();
    place.put("report.json", "{}");
    let foreign = |file: &str| {
        Some(Refusal::Foreign {
            file: file.to_owned(),
        })
    };
    assert_eq!(place.write(&[("a", "1")], true), foreign("report.json"));
    place.check(&[("report.json", "{}")]);

    let place = Place::new();
    assert_eq!(place.write(&[("a", "1")], false), None);
    place.put("b", "mine");

    let in_the_way = |file: &str| {
        Some(Refusal::InTheWay {
            file: file.to_owned(),
        })
    };

    assert_eq!(
        place.write(&[("a", "2"), ("b", "2")], true),
        in_the_way("b")
    );
    place.check(&[("a", "1"), ("b", "mine")]);
    fs::remove_file(place.out().join("b")).unwrap();

    // The name is not known before the work.
    place.put("deep/c", "mine");
    assert_eq!(
        place.write(&[("a", "2"), ("deep/c", "2")], true),
        in_the_way("deep/c")
    );
    place.check(&[("a", "1"), ("deep/", ""), ("deep/c", "mine")]);

    // The same content is no loss, and stays theirs.
    assert_eq!(place.write(&[("a", "2"), ("deep/c", "mine")], false), None);
    assert_eq!(place.write(&[("a", "3")], false), None);
    place.check(&[("a", "3"), ("deep/", ""), ("deep/c", "mine")]);

    let other = place.claim(Kind::Comparison, true).unwrap_err();
    assert!(
        matches!(other.refusal(), Some(Refusal::OtherKind { .. })),
        "{other}"
    );
}

#[test]
fn what_was_changed_by_hand_is_given_up_on_demand_alone() {
    let place = Place::new();
    assert_eq!(place.write(&[("a", "1"), ("c", "1")], false), None);
    place.put("c", "changed");

    let changed = Some(Refusal::Changed {
        file: "c".to_owned(),
    });
    assert_eq!(place.write(&[("a", "2")], false), changed);
    place.check(&[("a", "1"), ("c", "changed")]);
    assert_eq!(place.write(&[("a", "2")], true), None);
    place.check(&[("a", "2")]);
    fs::remove_file(place.out().join("a")).unwrap();
    assert_eq!(place.write(&[("a", "3")], false), None);
    place.check(&[("a", "3")]);
}

#[cfg(unix)]
#[test]
fn links_out_of_the_folder_are_not_followed() {
    use std::os::unix::fs::symlink;

    let place = Place::new();
    assert_eq!(place.write(&[("a", "1"), ("deep/c", "1")], false), None);
    let theirs = place.0.path().join("theirs");
    fs::create_dir(&theirs).unwrap();
    fs::write(theirs.join("c"), "1").unwrap();
    fs::remove_dir_all(place.out().join("deep")).unwrap();
    symlink(&theirs, place.out().join("deep")).unwrap();
    for files in [&[("a", "2")][..], &[("a", "2"), ("deep/c", "2")]] {
        assert!(place.write(files, true).is_some());
        assert_eq!(fs::read_to_string(theirs.join("c")).unwrap(), "1");
    }
}

#[cfg(unix)]
#[test]
fn a_link_to_a_folder_is_followed() {
    let place = Place::new();
    let target = place.0.path().join("far/away");
    fs::create_dir_all(place.out().parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(&target, place.out()).unwrap();
    drop(place.claim(Kind::Report, false).unwrap());

    assert!(!place.0.path().join("far").exists());
    for text in ["1", "2"] {
        assert_eq!(place.write(&[("a", text)], false), None);
        assert_eq!(fs::read_to_string(target.join("a")).unwrap(), text);
        assert!(place.out().is_symlink());
    }
}

#[test]
fn a_claim_leaves_nothing_behind_and_holds_the_folder() {
    let place = Place::new();
    let claimed = place.claim(Kind::Report, false).unwrap();
    let held = place.claim(Kind::Report, true).unwrap_err();
    let shown = held.refusal().unwrap().to_string();

    assert!(
        shown.contains(&format!("process {}", std::process::id())),
        "{shown}"
    );

    let failed: Result<(), WriteError> = claimed.replace(|folder| {
        fill(folder, &[("a", "1")])?;
        Err(WriteError::new(
            &folder.join("a"),
            io::Error::other("disk full"),
        ))
    });

    let shown = failed.unwrap_err().to_string();
    assert!(shown.ends_with("out/a"), "{shown}");
    drop(claimed);
    assert!(!place.0.path().join("deep").exists());
}

#[test]
fn a_baseline_lies_among_other_files() {
    let place = Place::new();
    place.put("a", "1");
    place.put("c", "mine");

    let claimed = place.claim(Kind::Baseline, false).unwrap();
    let two = |folder: &Path| -> Result<(), WriteError> { fill(folder, &[("a", "2"), ("b", "2")]) };
    claimed.replace(two).unwrap();
    drop(claimed);
    place.check(&[("a", "2"), ("b", "2"), ("c", "mine")]);
    assert!(!place.out().join(MARKER).exists());

    let claimed = place.claim(Kind::Baseline, false).unwrap();
    place.put("b", "mine");
    let refused = claimed.replace(two).unwrap_err();
    assert!(
        matches!(refused.refusal(), Some(Refusal::Changed { .. })),
        "{refused}"
    );
    drop(claimed);

    // A report that serves as a baseline stays one.
    let place = Place::new();
    assert_eq!(
        place.write(&[("a", "1"), ("b", "1"), ("c", "1")], false),
        None
    );
    place
        .claim(Kind::Baseline, false)
        .unwrap()
        .replace(two)
        .unwrap();
    place.check(&[("a", "2"), ("b", "2"), ("c", "1")]);
    assert_eq!(place.write(&[("a", "3")], false), None);
    place.check(&[("a", "3")]);
}

/// What a run that is killed after its decision leaves: `c` and `d` are to be replaced by `a` and
/// `d`.
fn killed(place: &Place) -> (ResultFolder, Journal) {
    assert_eq!(place.write(&[("c", "1"), ("d", "1")], false), None);
    let claimed = place.claim(Kind::Report, false).unwrap();
    let staging = Staging::new(claimed.path()).unwrap();
    fill(&staging.files(), &[("a", "2"), ("d", "2")]).unwrap();
    let journal = claimed.journal(&staging).unwrap();
    staging.decide(&journal).unwrap();
    (claimed, journal)
}

#[test]
fn a_decided_replacement_is_ended_by_whoever_comes_next() {
    for moved in 0..3 {
        let place = Place::new();
        let (claimed, journal) = killed(&place);
        for done in &journal.moves[..moved] {
            let staged = place.out().join(STAGING).join(STAGED_FILES);
            fs::rename(staged.join(&done.name), place.out().join(&done.name)).unwrap();
        }
        drop(claimed);
        let seen = settle(&place.out()).unwrap();
        place.check(&[("a", "2"), ("d", "2")]);
        seen.unchanged().unwrap();
        assert_eq!(place.write(&[("a", "3")], false), None);
        place.check(&[("a", "3")]);
        assert_eq!(
            seen.unchanged().unwrap_err().refusal(),
            Some(&Refusal::Replaced)
        );
    }
}

#[test]
fn what_was_changed_after_a_kill_is_not_lost() {
    let place = Place::new();
    drop(killed(&place).0);
    place.put("d", "mine");

    let changed = Refusal::Changed {
        file: "d".to_owned(),
    };
    assert_eq!(settle(&place.out()).unwrap_err().refusal(), Some(&changed));
    assert_eq!(place.write(&[("a", "3")], false), Some(changed));
    assert_eq!(fs::read_to_string(place.out().join("d")).unwrap(), "mine");
    assert_eq!(place.write(&[("a", "3")], true), None);
    place.check(&[("a", "3")]);
}

#[test]
fn what_a_run_killed_before_its_decision_left_is_deleted() {
    let place = Place::new();
    assert_eq!(place.write(&[("a", "1")], false), None);
    std::mem::forget(Staging::new(&place.out()).unwrap());
    fs::write(place.out().join(LOCK), "").unwrap();
    settle(&place.out()).unwrap();
    assert_eq!(place.write(&[("a", "2")], false), None);
    place.check(&[("a", "2")]);

    // A folder that only looks like it is someone else's.
    place.put(&format!("{STAGING}/thesis.txt"), "mine");
    let file = STAGING.to_owned();
    assert_eq!(
        place.write(&[("a", "3")], true),
        Some(Refusal::InTheWay { file })
    );
}

#[test]
fn a_journal_that_names_files_elsewhere_is_refused() {
    let place = Place::new();
    place.put("../thesis.txt", "mine");
    let hash = marker::hash(&place.out().join("../thesis.txt")).unwrap();
    let journal = Journal {
        moves: Vec::new(),
        deleted: Hashes::from([("../thesis.txt".to_owned(), hash)]),
    };
    fs::create_dir_all(place.out()).unwrap();
    Staging::new(&place.out())
        .unwrap()
        .decide(&journal)
        .unwrap();

    let refused = settle(&place.out()).unwrap_err();
    assert!(
        matches!(refused.refusal(), Some(Refusal::Damaged { .. })),
        "{refused}"
    );
    assert!(place.out().join("../thesis.txt").exists());
}
