//! A file of scores beside a result, or in the folder of temporary files.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::cli::args::paths::{is_own, substitute};
use crate::cli::score_files::of_another_model;
use crate::cli::terminal::Terminal;
use crate::files::place;
use crate::rescore::remembered::Remembered;
use crate::rescore::saved::{self, Header, Lines, OfOthers};

/// A file of scores, which may not be there yet.
pub(super) struct Place {
    pub(super) path: PathBuf,
    /// Whether the file is in a folder that others write to as well.
    pub(super) shared: bool,
    pub(super) file: Option<File>,
    /// Bytes that are good.
    pub(super) length: u64,
    lines: Option<Lines>,
    /// Scores that it holds.
    pub(super) count: usize,
    /// Whether this run or an earlier one wrote it.
    pub(super) is_ours: bool,
}

impl Place {
    pub(super) fn new(path: PathBuf, shared: bool) -> Place {
        Place {
            path,
            shared,
            file: None,
            length: 0,
            lines: None,
            count: 0,
            is_ours: false,
        }
    }

    /// In the temporary folder, in the place of `file`.
    pub(super) fn temporary(file: &Path) -> anyhow::Result<Place> {
        let path = substitute(file).with_context(|| format!("no such path: {}", file.display()))?;
        Ok(Place::new(path, true))
    }

    /// What the file holds under `header`, if it is there.
    pub(super) fn read(
        &mut self,
        header: &Header,
        terminal: &Terminal,
    ) -> anyhow::Result<Vec<Remembered>> {
        if self.shared && !is_own(&self.path) {
            return Ok(Vec::new());
        }

        let name = self.path.display().to_string();
        let file = match File::open(&self.path) {
            Ok(file) => file,
            // Where there can be no file there is none.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::NotFound | ErrorKind::InvalidFilename | ErrorKind::NotADirectory
                ) =>
            {
                return Ok(Vec::new());
            }
            Err(error) => {
                return Err(error)
                    .with_context(|| format!("failed to read saved scores from {name}"));
            }
        };

        let found = match saved::read(BufReader::new(file), &name, header)? {
            Ok(found) => found,
            Err(OfOthers(whose)) => {
                let place = of_another_model(&self.path, header);
                // Whoever interrupted that run may want to go on with it.
                terminal.warn(&format!(
                    "the scores in {name} are {whose}: they stay there, and this run's go to {}",
                    place.display()
                ));
                anyhow::ensure!(place != self.path, "no place for scores beside {name}");
                self.path = place;
                return self.read(header, terminal);
            }
        };

        if found.torn {
            terminal.warn(&format!(
                "the last line of {name} was not finished when its run ended: it is left out"
            ));
        }

        // Of a file of someone else not even a torn line is read.
        self.is_ours = found.torn || found.length > 0;
        self.length = found.length;
        self.lines = found.lines;
        self.count = found.scores.len();
        Ok(found.scores)
    }

    /// Adds lines for `scores`, all or none: a failure leaves the file as good as it was.
    pub(super) fn append(&mut self, header: &Header, scores: &[Remembered]) -> io::Result<()> {
        let mut is_new = false;
        let mut file = if let Some(file) = self.file.take() {
            file
        } else {
            is_new = !place(&self.path).exists();
            self.open()?
        };
        let mut text = String::new();
        let mut lines = self.lines.clone().unwrap_or_else(|| {
            let (lines, first) = Lines::begin(header);
            text = first;
            lines
        });
        for score in scores {
            text.push_str(&lines.of(score));
        }

        let written = file
            .write_all(text.as_bytes())
            .and_then(|()| file.sync_data());
        if let Err(error) = written {
            // What is cut off here is cut off by the next reader as well.
            let _ = file.set_len(self.length);
            if is_new {
                drop(file);
                // An empty file that stays does no harm.
                let _ = self.remove();
            }
            return Err(error);
        }

        self.is_ours = true;
        self.file = Some(file);
        self.lines = Some(lines);
        self.length += text.len() as u64;
        self.count += scores.len();

        Ok(())
    }

    /// Deletes the file. A link to it stays, as it is the user's.
    pub(super) fn remove(&self) -> io::Result<()> {
        fs::remove_file(place(&self.path))
    }

    /// Opens the file at the end of what is good in it.
    fn open(&self) -> io::Result<File> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }

        let mut options = OpenOptions::new();
        options.write(true);
        if !self.shared || is_own(&self.path) {
            options.create(true).truncate(false);
        } else {
            options.create_new(true);
        }

        #[cfg(unix)]
        if self.shared {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }

        let mut file = options.open(&self.path)?;
        file.set_len(self.length)?;
        file.seek(SeekFrom::End(0))?;

        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(text: &str) -> Remembered {
        Remembered {
            of: text.to_owned(),
            scores: vec![-1.5],
            cut: false,
        }
    }

    #[test]
    fn a_file_grows_in_a_new_folder_and_a_torn_end_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/report.scores.jsonl");
        let header = Header::new("1234", None, "cpu");
        let read = || {
            let file = BufReader::new(File::open(&path).unwrap());
            saved::read(file, "s", &header).unwrap().unwrap()
        };
        let mut place = Place::new(path.clone(), false);
        place.append(&header, &[score("a")]).unwrap();
        place.append(&header, &[score("b"), score("c")]).unwrap();
        assert_eq!(read().scores, ["a", "b", "c"].map(score));

        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"text\":\"d\",\"sco").unwrap();
        let found = read();
        assert!(found.torn);

        let mut next = Place::new(path.clone(), false);
        next.length = found.length;
        next.lines = found.lines;
        next.append(&header, &[score("d")]).unwrap();

        let found = read();
        assert_eq!((found.torn, found.scores.len()), (false, 4));
    }

    #[cfg(unix)]
    #[test]
    fn scores_behind_a_link_are_deleted_and_the_link_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (target, path) = (folder.path().join("target"), folder.path().join("link"));
        std::os::unix::fs::symlink("target", &path).unwrap();
        let mut place = Place::new(path.clone(), false);
        assert!(!place.is_ours);

        let header = Header::new("1234", None, "cpu");
        place.append(&header, &[score("a")]).unwrap();
        assert!(place.is_ours && target.exists());
        place.remove().unwrap();
        assert!(path.is_symlink() && !target.exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_temporary_folder_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (theirs, path) = (folder.path().join("theirs"), folder.path().join("ours"));
        std::fs::write(&theirs, "years of work").unwrap();
        std::os::unix::fs::symlink(&theirs, &path).unwrap();
        let mut place = Place::new(path, true);
        let header = Header::new("1234", None, "cpu");
        assert!(place.append(&header, &[score("a")]).is_err());
        assert_eq!(std::fs::read(&theirs).unwrap(), b"years of work");
    }
}
