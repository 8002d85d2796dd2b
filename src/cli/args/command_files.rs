//! The files that a command names, as the shell that runs it reads them.
//!
//! It is enough to find what is there: a word that is no file is nothing.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::path::{Path, PathBuf};
use std::str::Chars;

/// Commands in quotation marks within commands (`sh -c "sh -c '..'"`) that are looked into.
const DEEPEST: usize = 3;

/// The files and folders that `command` names, in its order: words, what stands behind `=` or `<`
/// and between commas and colons, with `~`, `$HOME`, `$PWD` and other variables filled in, below
/// the folder that it goes to with `cd`. What it writes to with `>` is none.
pub(crate) fn named_paths(command: &str) -> Vec<PathBuf> {
    named_files(command).0
}

/// The same, and whether it may name others, too, that nobody but a shell can tell: by patterns, by
/// what another command prints, or by what `${..}` makes of a variable.
pub(crate) fn named_files(command: &str) -> (Vec<PathBuf>, bool) {
    let variable = |name: &str| {
        if name != "PWD" {
            return std::env::var(name).ok();
        }
        // A shell sets it to where it is, whatever it was.
        let folder = std::env::current_dir().ok()?;
        folder.into_os_string().into_string().ok()
    };
    let mut named = Named {
        variable: &variable,
        assigned: BTreeMap::new(),
        folder: PathBuf::new(),
        paths: Vec::new(),
        hides: false,
    };
    named.look_through(command, DEEPEST);
    (named.paths, named.hides)
}

/// What a word is to its command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// The name of a program, or an assignment before it.
    First,
    Other,
    /// What is written to.
    Output,
}

/// What was found so far.
struct Named<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    /// Variables that the command sets.
    assigned: BTreeMap<String, String>,
    /// Where it went with `cd`.
    folder: PathBuf,
    paths: Vec<PathBuf>,
    /// Whether there may be others.
    hides: bool,
}

impl Named<'_> {
    fn look_through(&mut self, command: &str, deeper: usize) {
        let mut reader = Reader {
            rest: command.chars().peekable(),
            role: Role::First,
            hides: false,
        };
        let mut goes = false;
        let mut is_script = false;
        while let Some((role, word)) = reader.word(&|name| self.value_of(name)) {
            if role == Role::Output {
                continue;
            }
            if goes {
                self.folder = self.path(&word);
            } else if let Some((name, value)) = assignment(&word).filter(|_| role == Role::First) {
                self.add_files(value);
                self.assigned.insert(name.to_owned(), value.to_owned());
                // Another assignment may follow, or the program.
                reader.role = Role::First;
            } else {
                let hides = self.hides;
                self.add(&word, deeper);
                // Other words of several are mostly prose.
                self.hides = hides || (is_script && self.hides);
            }
            goes = role == Role::First && word == "cd";
            is_script = word == "-c";
        }
        self.hides |= reader.hides;
    }

    fn value_of(&self, name: &str) -> Option<String> {
        let assigned = self.assigned.get(name).cloned();
        assigned.or_else(|| (self.variable)(name))
    }

    /// Takes in the file or folder `word`, or else those that its parts name.
    fn add(&mut self, word: &str, deeper: usize) {
        let path = self.path(word);
        if path.exists() {
            self.paths.push(path);
            return;
        }

        let value = word.split_once('=').map_or(word, |(_, value)| value);
        let whole = self.path(value);
        if value != word && whole.exists() {
            self.paths.push(whole);
            return;
        }

        if word.contains(char::is_whitespace) && deeper > 0 {
            let folder = self.folder.clone();
            self.look_through(word, deeper - 1);
            self.folder = folder;
            return;
        }
        self.add_files(value);
    }

    /// Takes in the files that `value` names. Folders in variables hold anything (`PYTHONPATH=.`),
    /// what a run writes too.
    fn add_files(&mut self, value: &str) {
        let whole = self.path(value);
        if whole.is_file() {
            self.paths.push(whole);
            return;
        }
        for part in value.split([',', ':', '@']) {
            let path = self.path(part);
            if path.is_file() {
                self.paths.push(path);
            }
        }
    }

    fn path(&self, word: &str) -> PathBuf {
        if word.is_empty() {
            return PathBuf::new();
        }
        let home = || self.value_of("HOME").map(PathBuf::from);
        let at_home = match word.strip_prefix("~/") {
            Some(rest) => home().map(|home| home.join(rest)),
            None if word == "~" => home(),
            None => None,
        };
        self.folder
            .join(at_home.unwrap_or_else(|| Path::new(word).to_owned()))
    }
}

/// The name and the value of `NAME=value`.
fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(is_of_a_name);
    is_name.then_some((name, value))
}

fn is_of_a_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Reads a command word by word.
struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    /// What the next word is.
    role: Role,
    /// Whether there was something that only a shell can make a word of.
    hides: bool,
}

impl Reader<'_> {
    /// The next word with what it is; `value` tells the values of variables.
    fn word(&mut self, value: &dyn Fn(&str) -> Option<String>) -> Option<(Role, String)> {
        // Quotation marks make a word of nothing, too.
        let mut word: Option<String> = None;
        while let Some(c) = self.rest.peek().copied() {
            if c.is_whitespace() || ";&|()<>`".contains(c) {
                let is_number = word.as_deref().is_some_and(is_number);
                // The number before `>` or `<` is that of a stream.
                if is_number && (c == '>' || c == '<') {
                    word = None;
                }
                if word.is_some() {
                    break;
                }
                self.rest.next();
                self.separate(c);
                continue;
            }

            self.rest.next();
            match c {
                '#' if word.is_none() => while self.rest.next_if(|c| *c != '\n').is_some() {},
                '\'' => {
                    let word = word.get_or_insert_default();
                    word.extend(std::iter::from_fn(|| self.rest.next_if(|c| *c != '\'')));
                    self.rest.next();
                }
                '"' => self.quoted(word.get_or_insert_default(), value),
                '\\' => {
                    let escaped = self.rest.next().filter(|c| *c != '\n');
                    word.get_or_insert_default().extend(escaped);
                }
                '$' => self.variable(word.get_or_insert_default(), value),
                c => {
                    // `[` alone is a command.
                    let goes_on = self.rest.peek().is_some_and(|c| !c.is_whitespace());
                    self.hides |= "*?".contains(c) || (c == '[' && goes_on);
                    word.get_or_insert_default().push(c);
                }
            }
        }

        let role = std::mem::replace(&mut self.role, Role::Other);
        word.map(|word| (role, word))
    }

    /// Takes note of `c`, which stands between words.
    fn separate(&mut self, c: char) {
        match c {
            '>' => {
                while self.rest.next_if(|c| ">|&".contains(*c)).is_some() {}
                self.role = Role::Output;
            }
            '<' => self.role = Role::Other,
            '`' => {
                self.hides = true;
                self.role = Role::First;
            }
            '\n' | ';' | '&' | '|' | '(' | ')' => self.role = Role::First,
            _ => {}
        }
    }

    /// What is between double quotation marks.
    fn quoted(&mut self, word: &mut String, value: &dyn Fn(&str) -> Option<String>) {
        while let Some(c) = self.rest.next() {
            match c {
                '"' => return,
                '\\' => match self.rest.next() {
                    Some('\n') | None => {}
                    Some(c) if "$`\"\\".contains(c) => word.push(c),
                    Some(c) => word.extend(['\\', c]),
                },
                '$' => self.variable(word, value),
                c => word.push(c),
            }
        }
    }

    /// What `$` stands before.
    fn variable(&mut self, word: &mut String, value: &dyn Fn(&str) -> Option<String>) {
        let is_braced = self.rest.next_if_eq(&'{').is_some();
        let name = std::iter::from_fn(|| self.rest.next_if(|c| is_of_a_name(*c)));
        let name: String = name.collect();
        let mut text = value(&name);
        if is_braced {
            let rest = std::iter::from_fn(|| self.rest.next_if(|c| *c != '}'));
            let rest: String = rest.collect();
            self.rest.next();
            let instead = [":-", ":=", "-", "="].into_iter();
            let mut instead = instead.filter_map(|mark| rest.strip_prefix(mark));
            match instead.next() {
                Some(other) if !other.contains(['$', '`', '"', '\'']) => {
                    let is_set = |text: &String| !(rest.starts_with(':') && text.is_empty());
                    text = text.filter(is_set).or_else(|| Some(other.to_owned()));
                }
                // What else a shell can do there is not done here.
                _ => self.hides |= !rest.is_empty(),
            }
        }
        if name.is_empty() {
            self.hides |= self.rest.peek() == Some(&'(');
            word.push('$');
        } else {
            word.push_str(&text.unwrap_or_default());
        }
    }
}

fn is_number(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// The paths that `command` names in a folder with some files, which is `$HOME` too, below it.
    #[track_caller]
    fn check(command: &str, expected: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().to_owned();
        for name in [
            "run.sh",
            "weights.bin",
            "a b.bin",
            "inner/weights.bin",
            "inner/x.py",
        ] {
            let path = home.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }

        let at_home = home.to_str().unwrap().to_owned();
        let variable = |name: &str| ["HOME", "PWD"].contains(&name).then(|| at_home.clone());
        let mut named = Named {
            variable: &variable,
            assigned: BTreeMap::new(),
            // Tests share the folder of their process.
            folder: home.clone(),
            paths: Vec::new(),
            hides: false,
        };
        named.look_through(command, DEEPEST);
        let found = named
            .paths
            .iter()
            .map(|path| path.strip_prefix(&home).unwrap());
        let expected: Vec<&Path> = expected.iter().map(Path::new).collect();
        assert_eq!(found.collect::<Vec<_>>(), expected, "{command}");
    }

    #[test]
    fn files_are_found_however_a_shell_is_told_of_them() {
        let both = ["run.sh", "weights.bin"];
        check("./run.sh weights.bin", &both);
        check("./run.sh --weights=weights.bin", &both);
        check("./run.sh <weights.bin", &both);
        check("./run.sh 0< weights.bin", &both);
        check("./run.sh $PWD/weights.bin", &both);
        check("./run.sh \"${HOME}/weights.bin\"", &both);
        check("./run.sh ~/weights.bin", &both);
        check("./run.sh --weights=~/weights.bin", &both);
        check("./run.sh 'weights.bin'", &both);
        check("./run.sh weights\\.bin # inner/x.py", &both);
        check("./run.sh --of other,weights.bin:1", &both);
        check("./run.sh ${W:-weights.bin}", &both);
        check("PWD= ./run.sh ${PWD:-weights.bin}${PWD-x}", &both);
        check("./run.sh --w='a b.bin'", &["run.sh", "a b.bin"]);
        check("W=weights.bin ./run.sh", &["weights.bin", "run.sh"]);
        check(
            "W=weights.bin; ./run.sh $W",
            &["weights.bin", "run.sh", "weights.bin"],
        );
        check(
            "cat 'a b.bin' a\\ b.bin|./run.sh",
            &["a b.bin", "a b.bin", "run.sh"],
        );
        check("sh -c './run.sh \"weights.bin\"'", &both);
        check(
            "cd inner && python3 x.py weights.bin",
            &["inner/x.py", "inner/weights.bin"],
        );
    }

    #[test]
    fn what_only_a_shell_can_tell_is_noticed() {
        for command in [
            "./run.sh *.bin",
            "./run.sh weights.bi[n]",
            "./run.sh $(cat name)",
            "./run.sh `cat name`",
            "./run.sh ${PWD#/}/weights.bin",
            "sh -c './run.sh w?.bin'",
        ] {
            assert!(named_files(command).1, "{command}");
        }
        for command in [
            "./run.sh '*.bin' \"?\" \\*",
            "[ -f x ] && ./run.sh ${W:-x} $PWD",
            "./run.sh --ask 'is it so?'",
        ] {
            assert!(!named_files(command).1, "{command}");
        }
    }

    #[test]
    fn what_is_written_to_decides_no_score() {
        check("./run.sh 2>weights.bin", &["run.sh"]);
        check("./run.sh 2>> weights.bin >'a b.bin' 2>&1", &["run.sh"]);
        check("./run.sh >out inner", &["run.sh", "inner"]);
        // A folder of a variable holds anything, one that is an argument is the model's.
        check(
            "PYTHONPATH=inner ./run.sh --model=inner",
            &["run.sh", "inner"],
        );
        check("", &[]);
        check("'", &[]);
        check("$ ${ \"$", &[]);
    }
}
