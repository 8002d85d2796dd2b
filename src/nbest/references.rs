//! References in files of their own: Kaldi text, trn, STM, or a manifest.
//!
//! Lines such as `lee-7 turn off (uh-huh)` may be Kaldi text or trn. The option of the lists'
//! format decides, or else the first list whose id one of the readings has.

use std::collections::{BTreeMap, BTreeSet};

use crate::nbest::detect::{is_named_trn, likeness};
use crate::nbest::error::ReadErrorKind;
use crate::nbest::foreign::Kind;
use crate::nbest::format::Format;
use crate::nbest::ids::by_lower_case;
use crate::nbest::json::shorten;
use crate::nbest::place::Position;
use crate::nbest::placed::{FileNames, Placed};
use crate::nbest::readings::Spoken;
use crate::nbest::source::Text;
use crate::nbest::text_lines::Lines;
use crate::nbest::trn::{Likeness, Marks};
use crate::nbest::{kaldi, manifest, stm, trn};

/// What a file says, by utterance.
type Entries = BTreeMap<String, (Spoken, Placed)>;

/// What was said, by utterance.
#[derive(Debug, Default)]
pub(super) struct References {
    by_id: Entries,
    /// Files of which it is not known yet what they are.
    undecided: Vec<Undecided>,
    /// How files were taken that might be read otherwise.
    taken: Option<Taken>,
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

/// A file in both of its readings.
#[derive(Debug)]
struct Undecided {
    trn: Entries,
    text: Entries,
}

/// How a file was taken that might be read otherwise, for errors.
#[derive(Debug, Clone, Copy)]
enum Taken {
    /// By the look of its lines.
    Trn,
    /// Since the option says so.
    KaldiText,
    /// By its name, or by the look of its lines.
    Stm,
}

/// What the files say of an utterance.
pub(super) struct Said {
    pub(super) spoken: Spoken,
    /// The ids of the list and of the reference differ in case.
    pub(super) by_case: bool,
}

impl References {
    /// Adds those of a file, whose lists are said to be of the `format`.
    pub(super) fn read(
        &mut self,
        name: &str,
        file: usize,
        text: &mut Text<'_>,
        format: Option<Format>,
        files: &FileNames,
    ) -> Result<(), ReadErrorKind> {
        let start = text.begin()?;
        let is_named = is_named_trn(name);
        let marks = Marks::of(name, start);
        let is_trn = match (likeness(name, start), format) {
            (Likeness::Text, _) => false,
            (_, Some(Format::Kaldi)) if !is_named => {
                self.taken = Some(Taken::KaldiText);
                false
            }
            (Likeness::Trn, _) => {
                if !is_named {
                    self.taken = Some(Taken::Trn);
                }
                true
            }
            (Likeness::Either, _) => return self.read_either(file, text, marks, files),
        };

        let kind = Kind::of(name, start).filter(|_| !is_trn);
        if let Some(kind) = kind.filter(|kind| *kind != Kind::Stm) {
            return Err(kind.refused_as_references());
        }

        // The first word of trn may be one of several: `{ colour / color } of (u1)`.
        let is_manifest = !is_trn && manifest::starts(start);
        let by_id = &mut self.by_id;

        let mut add = |id: &str, spoken: Spoken, position| {
            insert(by_id, id, (spoken, Placed { file, position }), files)
        };
        if kind.is_some() {
            self.taken = Some(Taken::Stm);
            stm::read(text, &mut |segment, position| {
                add(segment.id, segment.spoken, position)
            })?;
        } else if is_manifest {
            self.manifest_files.push(file);
            let order = &mut self.manifest;
            manifest::read(text, &mut |id, words, position| {
                order.push(id.to_owned());
                add(id, Spoken::words(words), position)
            })?;
        } else if is_trn {
            trn::read_lines(text, marks, &mut |line, position| {
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

    /// Adds those of a file whose lines may be trn as well as Kaldi text.
    fn read_either(
        &mut self,
        file: usize,
        text: &mut Text<'_>,
        marks: Marks,
        files: &FileNames,
    ) -> Result<(), ReadErrorKind> {
        // A reading is given up at the first line that it has no sense for.
        let (mut as_trn, mut as_text) = (Some(Entries::new()), Some(Entries::new()));
        let mut lines = Lines::new(text);
        while let Some((line, position)) = lines.next()? {
            let placed = Placed { file, position };
            if let Some(entries) = &mut as_trn {
                let added = trn::read_line(line, marks).and_then(|line| match line {
                    Some(line) => insert(entries, line.id, (line.spoken, placed), files),
                    None => Ok(()),
                });
                if let Err(error) = added {
                    as_trn = None;
                    as_text.is_some().then_some(()).ok_or(error)?;
                }
            }

            if let Some(entries) = &mut as_text {
                let added = if kaldi::is_comment(line) {
                    Ok(())
                } else {
                    kaldi::said(line).and_then(|(id, words)| {
                        insert(entries, id, (Spoken::words(words), placed), files)
                    })
                };
                if let Err(error) = added {
                    as_text = None;
                    as_trn.is_some().then_some(()).ok_or(error)?;
                }
            }
        }

        match (as_trn, as_text) {
            (Some(trn), Some(text)) => {
                self.undecided.push(Undecided { trn, text });
                Ok(())
            }
            (Some(trn), None) => {
                self.taken = Some(Taken::Trn);
                self.take(trn, files)
            }
            (None, text) => self.take(text.unwrap_or_default(), files),
        }
    }

    /// Adds the entries of a file.
    fn take(&mut self, entries: Entries, files: &FileNames) -> Result<(), ReadErrorKind> {
        for (id, entry) in entries {
            insert(&mut self.by_id, &id, entry, files)?;
        }
        self.by_lower_case = by_lower_case(self.by_id.keys());
        Ok(())
    }

    /// Decides for a reading of the files of which one reading has the utterance `id`.
    fn decide(&mut self, id: &str, files: &FileNames) -> Result<(), ReadErrorKind> {
        for Undecided { trn, text } in std::mem::take(&mut self.undecided) {
            match (holds(&trn, id), holds(&text, id)) {
                (false, false) => self.undecided.push(Undecided { trn, text }),
                (false, true) => self.take(text, files)?,
                (true, _) => {
                    self.taken = Some(Taken::Trn);
                    self.take(trn, files)?;
                }
            }
        }
        Ok(())
    }

    /// Whether there are any.
    pub(super) fn are_given(&self) -> bool {
        !self.by_id.is_empty() || !self.undecided.is_empty()
    }

    /// Whether there is one of that very id, in some reading.
    pub(super) fn contains(&self, id: &str) -> bool {
        let mut undecided = self.undecided.iter();
        self.by_id.contains_key(id)
            || undecided.any(|file| file.trn.contains_key(id) || file.text.contains_key(id))
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
        let undecided: usize = self.undecided.iter().map(|file| file.trn.len()).sum();
        self.by_id.len() - self.used.len() + undecided
    }

    /// What the files say of the utterance `id`.
    ///
    /// An id that differs from all of theirs in case only is that of the one that it equals
    /// otherwise.
    pub(super) fn said(&mut self, id: &str, files: &FileNames) -> Result<Said, ReadErrorKind> {
        self.decide(id, files)?;
        let by_case = !self.by_id.contains_key(id);
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
            return Err(self.lacks(id, files));
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

    /// The error that there is none for the utterance `id`.
    fn lacks(&self, id: &str, files: &FileNames) -> ReadErrorKind {
        let undecided = self.undecided.iter().flat_map(|file| file.trn.values());
        let all = self.by_id.values().chain(undecided);
        let files = files.of(all.map(|(_, placed)| *placed));
        // What an id looks like there tells ids that were made otherwise, and another format.
        let undecided = self.undecided.iter().flat_map(|file| file.text.keys());
        let like = self.by_id.keys().chain(undecided).next();
        let like = like.map_or_else(String::new, |like| {
            format!(" (there are others, such as `{}`)", shorten(like, 40))
        });

        let problem = format!("no reference for the utterance `{id}` in {files}{like}");
        let advice = match self.taken {
            // In trn an id does not begin its line.
            taken if id.starts_with(";;") && !matches!(taken, Some(Taken::Trn)) => {
                "lines that begin with ;; are comments: name the utterance otherwise in all files"
            }
            _ if !self.undecided.is_empty() => {
                "add it to the file named with --refs, which has it neither as Kaldi text, \
                 `utterance words`, nor as trn, `words (utterance)`"
            }
            None => "add it to the file named with --refs",
            Some(Taken::Trn) => {
                "add it to the file named with --refs, which was read as trn, `words (utterance)`, \
                 by the look of its lines; if lists and references are Kaldi text, `utterance \
                 words`, say so with --nbest-format kaldi"
            }
            Some(Taken::KaldiText) => {
                "add it to the file named with --refs, which was read as Kaldi text, `utterance \
                 words`, because of --nbest-format kaldi; if it is trn, `words (utterance)`, let \
                 its name end in .trn"
            }
            Some(Taken::Stm) => {
                "add it to the file named with --refs, which was read as STM, where ids are the \
                 names of recordings; if the lists have others, write references as Kaldi text, \
                 `utterance words`"
            }
        };
        ReadErrorKind::line(problem, advice)
    }
}

/// Adds an entry to those of a file.
fn insert(
    entries: &mut Entries,
    id: &str,
    entry: (Spoken, Placed),
    files: &FileNames,
) -> Result<(), ReadErrorKind> {
    match entries.insert(id.to_owned(), entry) {
        None => Ok(()),
        Some((_, first)) => Err(files.duplicate(id, first)),
    }
}

/// Whether there is one of that id, in whatever case.
fn holds(entries: &Entries, id: &str) -> bool {
    entries.contains_key(id) || {
        let id = id.to_lowercase();
        entries.keys().any(|known| known.to_lowercase() == id)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use crate::nbest::builder::CorpusBuilder;
    use crate::nbest::error::told;
    use crate::nbest::format::Format;
    use crate::nbest::read::ReadOptions;

    const EITHER: &str = "lee-0007 turn off (uh-huh)\nmoe-0003 stay (mm-hm)\n";

    /// The references of the lists, or the error.
    fn references(
        format: Option<Format>,
        references: (&str, &str),
        lists: &str,
    ) -> Result<Vec<String>, String> {
        let options = ReadOptions {
            format,
            ..ReadOptions::default()
        };
        let mut builder = CorpusBuilder::new(options);
        let (name, content) = references;
        let corpus = builder
            .references(name, content.as_bytes())
            .and_then(|()| builder.lists("lists", lists.as_bytes()))
            .and_then(|()| builder.finish())
            .map_err(|error| told(&error))?;
        let said = corpus.utterances.iter();
        Ok(said
            .map(|said| said.reference.as_str().to_owned())
            .collect())
    }

    #[test]
    fn the_ids_of_lists_tell_kaldi_text_from_trn() {
        let kaldi = "lee-0007-1 turn of\nlee-0007-2 turn off\nmoe-0003-1 stay\n";
        for format in [None, Some(Format::Kaldi)] {
            let found = references(format, ("text", EITHER), kaldi).unwrap();
            assert!(found[0].starts_with("turn off"), "{found:?}");
            assert!(found[1].starts_with("stay"), "{found:?}");
        }

        let trn = "of (uh-huh)\nstay (mm-hm)\n";
        let found = references(None, ("text", EITHER), trn).unwrap();
        assert!(found[0].ends_with("stay"), "{found:?}");
        assert!(found[1].ends_with("turn off"), "{found:?}");
    }

    #[test]
    fn a_reading_that_a_later_line_excludes_is_given_up() {
        let mut said = EITHER.to_owned();
        for line in 0..3000 {
            let _ = writeln!(said, "moe-1{line:04} stay here (mm-hm{line})");
        }
        said += "moe-2 no\n";

        let found = references(None, ("text", &said), "moe-2-1 no\n").unwrap();
        assert_eq!(found, ["no"]);
    }

    #[test]
    fn the_error_says_how_references_were_read() {
        let lacks = |format, said, lists: &str| {
            let error = references(format, said, lists).unwrap_err();
            assert!(error.contains("no reference for the utterance"), "{error}");
            error
        };

        let trn = ("text", "turn off (s1-u1)\n");
        let error = lacks(None, trn, "u-1 turn\n");
        assert!(error.contains("was read as trn"), "{error}");
        assert!(error.contains("--nbest-format kaldi"), "{error}");
        let error = lacks(Some(Format::Kaldi), trn, "s1-u1-1 turn\n");
        assert!(error.contains("was read as Kaldi text"), "{error}");
        let error = lacks(None, ("text", EITHER), "u-1 turn\n");
        assert!(error.contains("neither as Kaldi text"), "{error}");
        let error = lacks(None, ("text", "u turn off\n"), "v-1 turn\n");
        assert!(error.ends_with("named with --refs"), "{error}");

        let named = ("said.trn", "turn off (s1-u1)\n");
        let found = references(Some(Format::Kaldi), named, "s1-u1-1 turn\n").unwrap();
        assert_eq!(found, ["turn off"]);
    }
}
