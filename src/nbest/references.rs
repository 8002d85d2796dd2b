//! References in files of their own: Kaldi text, trn, or a manifest.

use std::collections::{BTreeMap, BTreeSet};

use crate::nbest::detect::is_trn;
use crate::nbest::error::ReadErrorKind;
use crate::nbest::ids::by_lower_case;
use crate::nbest::place::Position;
use crate::nbest::placed::{FileNames, Placed};
use crate::nbest::readings::Spoken;
use crate::nbest::source::Text;
use crate::nbest::{kaldi, nemo, trn};

/// What was said, by utterance.
#[derive(Debug, Default)]
pub(super) struct References {
    by_id: BTreeMap<String, (Spoken, Placed)>,
    by_lower_case: BTreeMap<String, Option<String>>,
    /// The ids in the order of manifests.
    manifest: Vec<String>,
    /// The files that are manifests.
    manifest_files: Vec<usize>,
    /// Those that some list used.
    used: BTreeSet<String>,
    /// Those of them that a list names otherwise spelled.
    used_by_case: BTreeSet<String>,
}

/// What the files say of an utterance.
pub(super) struct Said {
    pub(super) spoken: Spoken,
    /// The ids of the list and of the reference differ in case.
    pub(super) by_case: bool,
}

impl References {
    /// Adds those of a file.
    pub(super) fn read(
        &mut self,
        name: &str,
        file: usize,
        text: &mut Text<'_>,
        files: &FileNames,
    ) -> Result<(), ReadErrorKind> {
        let start = text.begin()?;
        let is_trn = is_trn(name, start);
        // The first word of trn may be one of several: `{ colour / color } of (u1)`.
        let is_manifest = !is_trn && nemo::starts_like_manifest(start);
        let by_id = &mut self.by_id;

        let mut add = |id: &str, spoken: Spoken, position| {
            let placed = Placed { file, position };
            match by_id.insert(id.to_owned(), (spoken, placed)) {
                None => Ok(()),
                Some((_, first)) => Err(files.duplicate(id, first)),
            }
        };
        if is_manifest {
            self.manifest_files.push(file);
            let manifest = &mut self.manifest;
            nemo::read_manifest(text, &mut |id, words, position| {
                manifest.push(id.to_owned());
                add(id, Spoken::words(words), position)
            })?;
        } else if is_trn {
            trn::read_lines(text, &mut |line, position| {
                add(line.id, line.spoken, position)
            })?;
        } else {
            kaldi::read_references(text, &mut |id, words, position| {
                add(id, Spoken::words(words), position)
            })?;
        }

        self.by_lower_case = by_lower_case(self.by_id.keys());
        Ok(())
    }

    /// Whether there are any.
    pub(super) fn are_given(&self) -> bool {
        !self.by_id.is_empty()
    }

    /// Whether there is one of that very id.
    pub(super) fn contains(&self, id: &str) -> bool {
        self.by_id.contains_key(id)
    }

    /// The ids in the order of manifests; empty where there was none.
    pub(super) fn manifest(&self) -> &[String] {
        &self.manifest
    }

    /// The names of the manifests.
    pub(super) fn manifest_names(&self, files: &FileNames) -> String {
        let places = self.manifest_files.iter().map(|&file| Placed {
            file,
            position: Position::File,
        });
        files.of(places)
    }

    /// How many belong to no list.
    pub(super) fn unused(&self) -> usize {
        self.by_id.len() - self.used.len()
    }

    /// What the files say of the utterance `id`.
    ///
    /// An id that differs from all of theirs in case only is that of the one that it equals
    /// otherwise.
    pub(super) fn said(&mut self, id: &str, files: &FileNames) -> Result<Said, ReadErrorKind> {
        if self.by_id.is_empty() {
            let advice = "give what was said, as an empty text if nothing was, or name a file of \
                          references with --refs";
            return Err(ReadErrorKind::missing("ref", advice));
        }

        let by_case = !self.contains(id);
        let known = if by_case {
            let folded = self.by_lower_case.get(&id.to_lowercase());
            folded.cloned().flatten()
        } else {
            Some(id.to_owned())
        };
        let found = known.and_then(|known| {
            let (spoken, _) = self.by_id.get(&known)?;
            Some((spoken.clone(), known))
        });
        let Some((spoken, known)) = found else {
            let files = files.of(self.by_id.values().map(|(_, placed)| *placed));
            let problem = format!("no reference for the utterance `{id}` in {files}");
            return Err(ReadErrorKind::line(
                problem,
                "add it to the file named with --refs",
            ));
        };

        let is_new = self.used.insert(known.clone());
        if by_case {
            self.used_by_case.insert(known.clone());
        }

        if !is_new && self.used_by_case.contains(&known) {
            let problem = format!(
                "the utterance `{id}` and another one have the reference `{known}`, since their \
                 ids differ in case only"
            );
            return Err(ReadErrorKind::line(problem, "write ids alike in all files"));
        }

        Ok(Said { spoken, by_case })
    }
}
