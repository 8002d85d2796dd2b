//! The names of the files in which scores outlive their run: beside the result that they are for.

use std::path::{Path, PathBuf};

use crate::files::beside;
use crate::rescore::saved::Header;

/// How they end.
const SUFFIX: &str = ".scores.jsonl";

/// The file of the scores for a result that is written to `out`.
pub(crate) fn file_of(out: &Path) -> PathBuf {
    beside(out, SUFFIX)
}

/// The same, where a result has several models: `model` is the hash of one's files.
pub(crate) fn file_of_model(out: &Path, model: Option<&str>) -> PathBuf {
    let digits = model.and_then(|hash| hash.get(..8)).unwrap_or("model");
    beside(out, &format!(".{digits}{SUFFIX}"))
}

/// The file for scores under `header` where `file` has those of another model.
pub(super) fn of_another_model(file: &Path, header: &Header) -> PathBuf {
    // The folder stays as it is, whatever bytes its name has.
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(SUFFIX).unwrap_or(&name);
    let mark = format!(".{}", header.mark());
    let name = name.strip_suffix(&mark).unwrap_or(name);
    file.with_file_name(format!("{name}{mark}{SUFFIX}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_has_a_file_of_its_own() {
        let [one, other] = ["1234", "5678"].map(|model| Header::new(model, None, "cpu"));
        let file = file_of(Path::new("out/report"));
        assert_eq!(file, Path::new("out/report.scores.jsonl"));

        let of_one = of_another_model(&file, &one);
        assert_ne!(of_one, of_another_model(&file, &other));
        assert_eq!(of_another_model(&of_one, &one), of_one);
        let name = of_one.to_str().unwrap();
        assert!(name.starts_with("out/report.") && name.ends_with(SUFFIX));
    }
}
