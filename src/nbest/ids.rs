//! Ids as names of utterances: equal but for case, and made from the names of files.

use std::collections::{BTreeMap, BTreeSet};

/// Every id by its lower case; `None` where several differ in case only.
///
/// sclite takes ids that differ in case for the same.
pub(crate) fn by_lower_case<'a>(
    ids: impl IntoIterator<Item = &'a String>,
) -> BTreeMap<String, Option<String>> {
    let mut known = BTreeMap::new();
    for id in ids {
        known
            .entry(id.to_lowercase())
            .and_modify(|known| *known = None)
            .or_insert_with(|| Some(id.clone()));
    }
    known
}

/// `name` without the extensions of formats and compressions.
pub(super) fn stem(name: &str) -> &str {
    let name = unpacked(name);
    // SRILM's rescored lists are called `utterance.score`.
    [".json", ".jsonl", ".nbest", ".score", ".txt"]
        .iter()
        .find_map(|extension| name.strip_suffix(extension))
        .unwrap_or(name)
}

/// The extension of a file's name, without that of a compression.
pub(super) fn extension(name: &str) -> &str {
    let named = unpacked(name).rsplit_once('.');
    named.map_or("", |(_, extension)| extension)
}

fn unpacked(name: &str) -> &str {
    let mut endings = [".gz", ".zst", ".Z"].iter();
    let unpacked = endings.find_map(|ending| name.strip_suffix(ending));
    unpacked.unwrap_or(name)
}

/// The name of a file without its folders.
pub(super) fn base(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// What ids are made from, by path: the file's stem, with as many folders before it as tell it
/// from all others: `a/test` and `b/test`.
pub(super) fn distinct_stems<'a>(paths: &[&'a str]) -> BTreeMap<&'a str, String> {
    distinct_names(paths, stem)
}

/// The same, where a file's name without extensions is its `stem`.
pub(super) fn distinct_names<'a>(
    paths: &[&'a str],
    stem: fn(&str) -> &str,
) -> BTreeMap<&'a str, String> {
    let named = |path: &str, folders: usize| -> String {
        let parts: Vec<&str> = path
            .split(['/', '\\'])
            .filter(|part| !part.is_empty())
            .collect();
        let from = parts.len().saturating_sub(folders + 1);
        let mut kept: Vec<&str> = parts[from..].to_vec();
        if let Some(last) = kept.last_mut() {
            *last = stem(last);
        }
        kept.join("/")
    };

    let depth = |path: &str| path.matches(['/', '\\']).count();
    let distinct: BTreeSet<&str> = paths.iter().copied().collect();
    let deepest = distinct.iter().map(|path| depth(path)).max().unwrap_or(0);

    let mut names = BTreeMap::new();
    for folders in 0..=deepest {
        if names.len() == distinct.len() {
            break;
        }
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for path in &distinct {
            *counts.entry(named(path, folders)).or_default() += 1;
        }
        for &path in &distinct {
            let name = named(path, folders);
            if depth(path) >= folders && counts[&name] == 1 {
                names.entry(path).or_insert(name);
            }
        }
    }

    // `test.json` and `test.jsonl` of one folder differ in nothing else.
    for path in distinct {
        names.entry(path).or_insert_with(|| path.to_owned());
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_file_names_are_told_apart_by_their_folders() {
        let stems =
            |paths: &[&str]| -> Vec<String> { distinct_stems(paths).into_values().collect() };
        assert_eq!(stems(&["x/a.json", "x/b.json.gz"]), ["a", "b"]);
        assert_eq!(
            stems(&["a/test.json", "b/test.json", "c.json"]),
            ["a/test", "b/test", "c"]
        );
        assert_eq!(
            stems(&["a/x/t.json", "b/x/t.json", "b/y/t.json"]),
            ["a/x/t", "b/x/t", "y/t"]
        );
        assert_eq!(stems(&["t.json", "t.jsonl"]), ["t.json", "t.jsonl"]);
        assert_eq!(stems(&["t.json", "t.json"]), ["t"]);
        assert_eq!(stems(&["t.json", "a/t.json"]), ["a/t", "t.json"]);
        assert_eq!(stems(&["u1.score.gz", "u2.nbest.Z"]), ["u1", "u2"]);
    }

    #[test]
    fn ids_that_differ_in_case_only_have_no_owner() {
        let ids = ["Eve-1", "bob-1", "BOB-1"].map(str::to_owned);
        let known = by_lower_case(&ids);
        assert_eq!(known["eve-1"].as_deref(), Some("Eve-1"));
        assert_eq!(known["bob-1"], None);
    }
}
