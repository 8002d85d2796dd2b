//! A recipe: options in a TOML file.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::{Map, Value};

use crate::cli::commands::train::options::Options;
use crate::cli::commands::train::out_of_range::OutOfRange;
use crate::files::document::{SETTINGS, read_bytes, utf8};
use crate::nbest::source::plain;
use crate::suite::document::{line, problem};
use crate::suite::error::nearest;

/// Two ways to say the same thing, of which only one can be used.
const EITHER: [[&str; 2]; 5] = [
    ["steps", "epochs"],
    ["ranks", "ranks-from"],
    ["new", "size"],
    ["base", "new"],
    ["base", "size"],
];

/// Types as serde calls them, and as people do.
const TYPES: [(&str, &str); 7] = [
    ("expected usize", "expected a whole number, 0 or more"),
    ("expected u64", "expected a whole number, 0 or more"),
    ("expected f64", "expected a number"),
    (
        "expected a sequence",
        "expected a list in brackets, such as [\"one\", \"two\"]",
    ),
    ("expected a boolean", "expected true or false"),
    ("expected path string", "expected a text in quotes"),
    ("expected a string", "expected a text in quotes"),
];

/// A recipe that was read.
#[derive(Debug)]
pub(crate) struct Recipe {
    path: PathBuf,
    text: String,
    options: Options,
}

impl Recipe {
    /// Reads a recipe, whose numbers must be within reason.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Recipe> {
        let name = path.display();
        let read = || -> anyhow::Result<String> {
            let bytes = plain(&read_bytes(path, SETTINGS)?, SETTINGS)?;
            Ok(utf8(&bytes)?.to_owned())
        };
        let text = read().with_context(|| format!("failed to read the recipe {name}"))?;
        let options: Options = match toml::from_str(&text) {
            Ok(options) => options,
            Err(error) => {
                let hint = hint(error.message());
                let line = line(&text, error.span().map_or(0, |span| span.start));
                let message = in_words(&problem(&text, &error), text.lines().nth(line - 1));
                anyhow::bail!("failed to read the recipe {name}, line {line}{hint}: {message}")
            }
        };

        let recipe = Recipe {
            path: path.to_owned(),
            text,
            options,
        };
        if let Err(OutOfRange { option, problem }) = recipe.options.check_ranges() {
            return Err(recipe.wrong(option, &format!("is {problem}")));
        }
        recipe.ensure_one_of_each()?;

        Ok(recipe)
    }

    /// Its name, for messages.
    pub(crate) fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// Whether it has the option.
    pub(crate) fn gives(&self, option: &str) -> bool {
        self.options.given().contains_key(option)
    }

    /// The line that begins with a key, from 1; the first if there is none.
    pub(crate) fn line_of(&self, option: &str) -> usize {
        let is_key = |line: &str| key(line) == Some(option);
        1 + self.text.lines().position(is_key).unwrap_or(0)
    }

    /// That what it says of an option cannot be used.
    pub(crate) fn wrong(&self, option: &str, problem: &str) -> anyhow::Error {
        anyhow::anyhow!(
            "failed to read the recipe {}, line {}: `{option}` {problem}",
            self.name(),
            self.line_of(option)
        )
    }

    /// An error of training that it may be at fault for: where the options that were `typed` are,
    /// it is not named.
    pub(crate) fn blamed(&self, error: anyhow::Error, typed: &Options) -> anyhow::Error {
        let said = format!("{error:#}");
        let words = said.split(|c: char| !(c.is_ascii_lowercase() || c == '-'));
        let mut named = words.filter_map(|word| word.strip_prefix("--"));
        let given = typed.given();
        let named = named.find(|option| given.contains_key(*option) || self.gives(option));

        match named {
            Some(option) if given.contains_key(option) => error,
            Some(option) => error.context(format!(
                "failed to do what the recipe {}, line {}, asks for",
                self.name(),
                self.line_of(option)
            )),
            None => match self.line_of_file(&said, &given) {
                Some(line) => error.context(format!(
                    "failed to do what the recipe {}, line {line}, asks for",
                    self.name()
                )),
                None if files(typed).any(|(_, file)| names(&said, file)) => error,
                None => error.context(format!(
                    "failed to do what the recipe {} asks for",
                    self.name()
                )),
            },
        }
    }

    /// The line of the file or folder that a message names, if it names one of an option that is
    /// not among those `given` otherwise.
    fn line_of_file(&self, message: &str, given: &Map<String, Value>) -> Option<usize> {
        let named = files(&self.options)
            .filter(|(option, file)| !given.contains_key(*option) && names_whole(message, file));
        let (option, file) = named.max_by_key(|(_, file)| file.as_os_str().len())?;
        let line = self.line_of(option);

        // A list of files may be on several lines.
        let file = file.display().to_string();
        let mut rest = self.text.lines().skip(line - 1);
        Some(line + rest.position(|text| text.contains(&file)).unwrap_or(0))
    }

    /// `typed`, completed by this: what was typed counts, also where the recipe says the same thing
    /// in another way.
    pub(crate) fn complete(&self, typed: &Options) -> anyhow::Result<Options> {
        let mut merged = self.options.given();
        let given = typed.given();
        for [one, other] in EITHER {
            if given.contains_key(one) {
                merged.remove(other);
            }
            if given.contains_key(other) {
                merged.remove(one);
            }
        }

        if let Some(swept) = typed.swept() {
            merged.remove(swept);
        }
        if self
            .options
            .swept()
            .is_some_and(|swept| given.contains_key(swept))
        {
            merged.remove("sweep");
        }

        merged.extend(given);
        Ok(serde_json::from_value(Value::Object(merged))?)
    }

    /// Refuses two keys of which only one can be used.
    fn ensure_one_of_each(&self) -> anyhow::Result<()> {
        let given = self.options.given();
        let both = |pair: &&[&str; 2]| pair.iter().all(|option| given.contains_key(*option));
        let Some(pair) = EITHER.iter().find(both) else {
            return Ok(());
        };

        let [one, other] = *pair;
        let (first, second) = if self.line_of(one) < self.line_of(other) {
            (one, other)
        } else {
            (other, one)
        };
        let problem = format!(
            "cannot be used with `{first}` (line {}): leave one of them out",
            self.line_of(first)
        );
        Err(self.wrong(second, &problem))
    }
}

impl Options {
    /// These options, completed by those of the recipe `path`: an option given in both
    /// places counts as given here.
    pub(crate) fn or_recipe(&self, path: &Path) -> anyhow::Result<Options> {
        Recipe::read(path)?.complete(self)
    }
}

/// Whether a recipe can be read.
#[cfg(any(test, fuzzing))]
pub(crate) fn read_recipe(path: &Path) -> anyhow::Result<()> {
    Options::default().or_recipe(path).map(drop)
}

/// The key of a line of TOML, if it has one.
fn key(line: &str) -> Option<&str> {
    let (key, _) = line.split_once('=')?;
    Some(key.trim().trim_matches(['"', '\'']))
}

/// Whether a message names a file or folder.
fn names(message: &str, file: &Path) -> bool {
    message.contains(&file.display().to_string())
}

/// Whether a message names a file, or a folder or what is in it, and no other whose name holds its.
fn names_whole(message: &str, file: &Path) -> bool {
    let file = file.display().to_string();
    let goes_on = |letter: char| letter.is_alphanumeric() || "-_./".contains(letter);
    message.match_indices(&file).any(|(place, found)| {
        let (before, after) = (&message[..place], &message[place + found.len()..]);
        !before.ends_with(goes_on) && (after.starts_with('/') || !after.starts_with(goes_on))
    })
}

/// The files and folders that options name, each with its option.
fn files(options: &Options) -> impl Iterator<Item = (&'static str, &Path)> {
    let lists = [
        ("nbest", &options.nbest),
        ("dev", &options.dev),
        ("text", &options.text),
    ];
    let single = [
        ("base", &options.base),
        ("out", &options.out),
        ("teacher", &options.teacher),
        ("ranks-from", &options.ranks_from),
        ("new", &options.new),
    ];
    let lists = lists
        .into_iter()
        .flat_map(|(option, files)| files.iter().map(move |file| (option, file.as_path())));
    let single = single
        .into_iter()
        .filter_map(|(option, file)| Some((option, file.as_deref()?)));
    lists.chain(single)
}

/// What is wrong with a recipe, with types as people call them, and the key of the `line` where the
/// message lacks it.
fn in_words(message: &str, line: Option<&str>) -> String {
    let mut message = message.to_owned();
    for (theirs, ours) in TYPES {
        message = message.replace(theirs, ours);
    }

    match line.and_then(key) {
        Some(key) if message.starts_with("invalid ") => format!("`{key}`: {message}"),
        Some(_) | None => message,
    }
}

/// ` (did you mean ...?)` for a message about an unknown field.
fn hint(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let (true, Some(unknown)) = (message.starts_with("unknown "), quoted.next()) else {
        return String::new();
    };
    let near = nearest(unknown, quoted);
    near.map_or_else(String::new, |known| format!(" (did you mean `{known}`?)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_where_no_other_name_holds_its() {
        let message = "failed to read lists/dev.jsonl, line 3: no text";
        let named = |file: &str| names_whole(message, Path::new(file));
        assert!(named("lists/dev.jsonl") && named("lists"));
        for other in ["dev.jsonl", "lists/dev", "list", "rea"] {
            assert!(!named(other), "{other}");
        }
    }
}
