//! No file under `src` imports another that imports it back, directly or over others.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::sources::rust_files;

/// Module paths, such as `check::judge::gates`, each with those that its shipped code names.
type Imports = BTreeMap<String, BTreeSet<String>>;

/// Every Rust file under `src` but those of unit tests: its module path and its shipped lines.
fn modules() -> BTreeMap<String, String> {
    let named = rust_files().into_iter().map(|(path, inside)| {
        let inside = inside.with_extension("");
        let parts: Vec<&str> = inside.iter().map(|part| part.to_str().unwrap()).collect();
        let parts = parts.strip_suffix(&["mod"]).unwrap_or(&parts);
        (parts.join("::"), fs::read_to_string(path).unwrap())
    });
    let texts: BTreeMap<String, String> = named.collect();

    let tests: Vec<String> = texts
        .iter()
        .flat_map(|(module, text)| test_modules(module, text))
        .collect();
    let is_test = |module: &str| {
        let mut tests = tests.iter();
        tests.any(|test| module == test || module.starts_with(&format!("{test}::")))
    };
    texts
        .iter()
        .filter(|(module, _)| !is_test(module))
        .map(|(module, text)| (module.clone(), shipped(text)))
        .collect()
}

/// The files that `text`, that of `module`, declares for tests alone.
fn test_modules(module: &str, text: &str) -> Vec<String> {
    let pairs = text.lines().zip(text.lines().skip(1));
    pairs
        .filter(|(first, _)| first.trim().starts_with("#[cfg(") && first.contains("test"))
        .filter(|(first, _)| !first.contains("not(test)"))
        .filter_map(|(_, second)| {
            let declared = second.split_once("mod ")?.1.strip_suffix(';')?;
            Some(inside(module, declared))
        })
        .collect()
}

fn inside(module: &str, name: &str) -> String {
    if ["", "lib", "main"].contains(&module) {
        name.to_owned()
    } else {
        format!("{module}::{name}")
    }
}

/// The code without its comments, and without the unit tests that end it.
fn shipped(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let tests = lines
        .windows(2)
        .position(|pair| pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod "))
        .filter(|at| lines[at + 1].ends_with('{'));
    let code = lines[..tests.unwrap_or(lines.len())].iter();
    code.filter(|line| !line.trim_start().starts_with("//"))
        .fold(String::new(), |code, line| code + line + "\n")
}

/// The paths that follow `prefix` in `code`, with every branch of a group in braces.
fn paths_after(code: &str, prefix: &str) -> Vec<String> {
    code.match_indices(prefix)
        .filter(|(at, _)| {
            let before = code[..*at].chars().next_back();
            !before.is_some_and(|c| c.is_alphanumeric() || "_:".contains(c))
        })
        .flat_map(|(at, _)| branches(&code[at + prefix.len()..]).0)
        .collect()
}

/// The paths at the start of `text`, and how many bytes they take.
fn branches(text: &str) -> (Vec<String>, usize) {
    let is_path = |c: char| c.is_alphanumeric() || "_:".contains(c);
    let end = text.find(|c| !is_path(c)).unwrap_or(text.len());
    let head = &text[..end];
    if !(head.is_empty() || head.ends_with("::")) || !text[end..].starts_with('{') {
        return (vec![head.to_owned()], end);
    }

    let (mut paths, mut at) = (Vec::new(), end + 1);
    while at < text.len() && !text[at..].starts_with('}') {
        if text[at..].starts_with(|c: char| is_path(c) || c == '{') {
            let (inner, length) = branches(&text[at..]);
            paths.extend(inner.iter().map(|path| format!("{head}{path}")));
            at += length.max(1);
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    (paths, at + 1)
}

/// The file that `path` leads into: the longest part of it that is one.
fn file_of<'a>(path: &'a str, modules: &BTreeMap<String, String>) -> Option<&'a str> {
    let mut path = path.trim_end_matches(':');
    loop {
        if modules.contains_key(path) {
            return Some(path);
        }
        path = path.rsplit_once("::")?.0;
    }
}

/// What every file imports: paths from `crate`, from `super`, and re-exports of its own children.
fn imports() -> Imports {
    let modules = modules();
    let imported = |module: &String, code: &String| {
        let parent = module.rsplit_once("::").map_or("", |(parent, _)| parent);
        let mut paths = paths_after(code, "crate::");
        let from_parent = paths_after(code, "super::").into_iter();
        paths.extend(from_parent.map(|path| inside(parent, &path)));
        let from_children = ["pub use ", "pub(crate) use ", "use self::"];
        let from_children = from_children.map(|start| paths_after(code, start)).concat();
        let from_children = from_children
            .iter()
            .filter(|path| !path.starts_with("crate"));
        paths.extend(from_children.map(|path| inside(module, path)));

        let files = paths.iter().filter_map(|path| file_of(path, &modules));
        files
            .filter(|file| file != module)
            .map(str::to_owned)
            .collect()
    };
    modules
        .iter()
        .map(|(module, code)| (module.clone(), imported(module, code)))
        .collect()
}

/// All files that can be reached from `start` over imports.
fn reached<'a>(start: &str, imports: &'a Imports) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> = imports[start].iter().map(String::as_str).collect();
    while let Some(module) = open.pop() {
        if reached.insert(module) {
            open.extend(imports[module].iter().map(String::as_str));
        }
    }
    reached
}

/// The circles: sets of files each of which reaches all others of the set.
fn circles(imports: &Imports) -> BTreeSet<BTreeSet<&str>> {
    let all: BTreeMap<&str, BTreeSet<&str>> = imports
        .keys()
        .map(|module| (module.as_str(), reached(module, imports)))
        .collect();
    all.iter()
        .filter(|(module, reached)| reached.contains(*module))
        .map(|(module, reached)| {
            let reached = reached.iter().copied();
            reached
                .filter(|other| all[other].contains(module))
                .collect()
        })
        .collect()
}

#[test]
fn no_file_is_in_a_circle_of_imports() {
    let imports = imports();
    assert!(imports["check::engine::run"].contains("check::engine::plan"));

    let circles = circles(&imports);
    let shown = |circle: &BTreeSet<&str>| {
        let edges = circle.iter().map(|module| {
            let back = imports[*module].iter();
            let back: Vec<&str> = back
                .map(String::as_str)
                .filter(|other| circle.contains(other))
                .collect();
            format!("    {module} -> {}\n", back.join(", "))
        });
        format!("  circle:\n{}", edges.collect::<String>())
    };

    let shown: String = circles.iter().map(shown).collect();
    assert!(shown.is_empty(), "files import each other:\n{shown}");
}
