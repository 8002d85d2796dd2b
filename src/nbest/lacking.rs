//! What is told about lists that carry no references where those are needed.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use crate::nbest::error::ReadErrorKind;
use crate::nbest::format::Format;

/// The names under which toolkits put references beside lists.
const NAMES: [&str; 3] = ["ref_text", "text", "ref.trn"];

/// A file beside `lists` that is named as references are.
pub(super) fn beside(lists: &Path) -> Option<PathBuf> {
    let mut found = NAMES.iter().map(|name| lists.with_file_name(name));
    found.find(|path| path != lists && path.is_file())
}

/// The error that a list of that format has no reference; `beside` is the name of a file that seems
/// to hold it.
pub(super) fn error(format: Format, beside: Option<&str>) -> ReadErrorKind {
    if let Some(field) = field(format) {
        let advice = "give what was said, as an empty text if nothing was, or name a file of \
                      references with --refs";
        return ReadErrorKind::missing(field, advice);
    }

    let problem = format!("lists of the format {format} carry no references");
    let advice: Cow<'static, str> = match beside {
        Some(file) => format!("say --refs {file}, if that is what was said").into(),
        None => "name a file of what was said with --refs: Kaldi text, lines `utterance words`, \
                 or trn, lines `words (utterance)`"
            .into(),
    };
    ReadErrorKind::line(problem, advice)
}

/// Where a record of the format has its reference; `None` where references are in files of their
/// own.
fn field(format: Format) -> Option<&'static str> {
    match format {
        Format::Jsonl | Format::HypR | Format::MlmScoring => Some("ref"),
        Format::HyPoradise => Some("output"),
        Format::EspnetJson => Some("output[0].text"),
        Format::Fairseq => Some("T-"),
        Format::Kaldi
        | Format::Espnet
        | Format::Nemo
        | Format::Wenet
        | Format::Srilm
        | Format::Alternatives
        | Format::Trn => None,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_record_lacks_a_field_and_a_text_a_file() {
        let told = |format, beside| error(format, beside).to_string();
        assert!(told(Format::HyPoradise, None).starts_with("the field `output` is missing"));
        let kaldi = told(Format::Kaldi, None);
        assert!(
            kaldi.contains("format kaldi carry no references"),
            "{kaldi}"
        );
        assert!(!kaldi.contains("field"), "{kaldi}");
        let kaldi = told(Format::Kaldi, Some("x/ref_text"));
        assert!(kaldi.contains("--refs x/ref_text"), "{kaldi}");
    }

    #[test]
    fn references_are_looked_for_beside_the_lists() {
        let folder = tempfile::tempdir().unwrap();
        let [lists, said] = ["words_text", "ref_text"].map(|name| folder.path().join(name));
        assert_eq!(beside(&lists), None);
        fs::write(&said, "u a\n").unwrap();
        assert_eq!(beside(&lists), Some(said.clone()));
        assert_eq!(beside(&said), None);
    }
}
