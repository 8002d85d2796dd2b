//! The names of models that are no folders of the user's.

use std::path::{Path, PathBuf};

#[cfg(feature = "bert")]
use crate::bert::model_file;

/// Models that are no folders.
pub(crate) const NAMED: [&str; 3] = ["first-pass", "oracle", "demo"];

/// What stands before a colon, and what is to stand after it.
const NAMING: [(&str, &str); 6] = [
    ("scores", "FILE"),
    ("corrections", "FILE"),
    ("exec", "COMMAND"),
    ("onnx", "FOLDER"),
    ("tei", "URL"),
    ("completions", "URL"),
];

/// A colon with nothing behind it was meant to be followed by something.
pub(crate) fn refuse_nameless(model: &str) -> anyhow::Result<()> {
    let nameless = NAMING
        .iter()
        .find(|(kind, _)| model.trim_end().strip_suffix(':') == Some(kind));
    match nameless {
        Some((kind, what)) => {
            anyhow::bail!("--model {kind}: has nothing after the colon: write {kind}:{what}")
        }
        None => Ok(()),
    }
}

/// A folder that is not there, and nearly a name, was meant as the name.
pub(crate) fn refuse_misspelt(path: &str) -> anyhow::Result<()> {
    let near = NAMED
        .iter()
        // Short names are near to many a folder's: fewer letters may be wrong in them.
        .find(|name| strsim::damerau_levenshtein(name, path) <= (name.len() / 3).min(2));
    match near {
        Some(name) if *name != path && !Path::new(path).exists() => {
            anyhow::bail!("there is no model folder {path}: did you mean {name}?")
        }
        _ => Ok(()),
    }
}

/// The folder of the model that is called `name`: where the program carries one of that name, it is
/// that one.
pub(crate) fn model_folder(name: &Path) -> PathBuf {
    #[cfg(feature = "bert")]
    if name.as_os_str() == model_file::DEMO {
        return model_file::demo();
    }

    name.to_owned()
}

/// The folder of the base model that is called `name`: where the program carries one of that name,
/// it is the one that the demo model was trained on.
pub(crate) fn base_folder(name: &Path) -> PathBuf {
    #[cfg(feature = "bert")]
    if name.as_os_str() == model_file::DEMO {
        return model_file::demo_base();
    }

    name.to_owned()
}

/// Says that the model `name` is not the folder of that name, where there is such a folder.
#[cfg(feature = "bert")]
pub(crate) fn not_the_folder(name: &Path) -> Option<String> {
    (model_folder(name) != name && name.exists()).then(|| {
        let name = name.display();
        format!(
            "{name} is the model that this program carries, not the folder here: for that \
            one, write ./{name}"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_alone_names_no_model() {
        for (model, expected) in [
            ("exec:", "write exec:COMMAND"),
            ("exec:  ", "write exec:COMMAND"),
            ("scores:", "write scores:FILE"),
        ] {
            let error = refuse_nameless(model).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        for model in ["exec", "exec:x", "demo", "a:", "tei:http://here"] {
            assert!(refuse_nameless(model).is_ok(), "{model}");
        }
    }
}
