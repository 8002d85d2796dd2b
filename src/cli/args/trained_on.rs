//! What a model was trained on.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::nbest::normalize::Normalization;

/// What a model was trained on, as its checkpoint says.
#[derive(Debug, Clone)]
pub(crate) struct TrainedOn {
    /// The model, as it was typed.
    pub(crate) model: String,
    /// How the text was normalized; absent where the checkpoint does not say it.
    pub(crate) normalization: Option<Normalization>,
    /// Hash of the files of the lists that it learned from.
    pub(crate) train: Option<String>,
    /// Hash of those that it was chosen by.
    pub(crate) dev: Option<String>,
}

impl TrainedOn {
    /// That the lists of `hashes` are those that the model has learned from; or, where that counts
    /// as well, those that it was chosen by.
    fn caution(&self, hashes: &[String], is_choice_told: bool) -> Option<String> {
        let is_of = |role: &Option<String>| role.as_ref().is_some_and(|role| hashes.contains(role));
        let what = if is_of(&self.train) {
            "trained on"
        } else if is_choice_told && is_of(&self.dev) {
            "chosen on, and its weight tuned"
        } else {
            return None;
        };

        Some(format!(
            "caution: these are lists that {} was {what} (by their hash): figures on them are no \
             evidence about others",
            self.model
        ))
    }
}

/// What there is to say of models that are held against the lists in `files` that they were trained
/// on; where no file is named, `bundled` are the lists. That they were chosen by them is told where
/// `is_choice_told`.
pub(super) fn cautions(
    trained: &[TrainedOn],
    files: &[PathBuf],
    bundled: &[u8],
    is_choice_told: bool,
) -> Vec<String> {
    if trained.is_empty() {
        return Vec::new();
    }

    let hashes = match files {
        [] => vec![blake3::hash(bundled).to_hex().to_string()],
        files => {
            let mut hashes: Vec<String> = files
                .iter()
                .filter_map(|file| hash(std::slice::from_ref(file)).ok())
                .collect();
            hashes.extend(hash(files).ok());
            hashes
        }
    };
    let cautions = trained.iter();
    let cautions = cautions.filter_map(|model| model.caution(&hashes, is_choice_told));
    cautions.collect()
}

/// The hash of files by their contents, one after the other. Standard input can be read but once,
/// and is left alone; whatever else cannot be read is told where it is read.
fn hash(files: &[PathBuf]) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    for file in files {
        if file == Path::new("-") || !file.is_file() {
            return Err(io::ErrorKind::Unsupported.into());
        }
        hasher.update_reader(File::open(file)?)?;
    }
    Ok(hasher.finalize().to_hex().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_that_a_model_knows_are_told_by_their_contents() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let (a, b, c) = (put("a", "one"), put("b", "two"), put("c", "three"));
        let hash_of = |text: &str| Some(blake3::hash(text.as_bytes()).to_hex().to_string());
        let trained = |train, dev| TrainedOn {
            model: "mine".to_owned(),
            normalization: None,
            train,
            dev,
        };
        let told = |model: &TrainedOn, files: &[&PathBuf], is_choice_told| {
            let files: Vec<PathBuf> = files.iter().map(|file| (*file).clone()).collect();
            cautions(std::slice::from_ref(model), &files, b"four", is_choice_told)
        };

        let model = trained(hash_of("one"), hash_of("two"));
        let caution = "caution: these are lists that mine was trained on (by their hash): figures \
            on them are no evidence about others";
        assert_eq!(told(&model, &[&c, &a], true), [caution]);
        assert!(told(&model, &[&b], true)[0].contains("chosen on, and its weight tuned"));
        assert!(told(&model, &[&b], false).is_empty());
        assert!(told(&model, &[&c], true).is_empty());

        let of_both = trained(hash_of("onetwo"), None);
        assert_eq!(told(&of_both, &[&a, &b], true).len(), 1);
        assert!(told(&of_both, &[&a], true).is_empty());
        let of_bundled = trained(hash_of("four"), None);
        assert_eq!(told(&of_bundled, &[], true).len(), 1);
        let nowhere = PathBuf::from("-");
        assert!(told(&of_bundled, &[&nowhere], true).is_empty());
    }
}
