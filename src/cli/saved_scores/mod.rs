//! Scores that outlive their run, in a file beside the result they are for.
//!
//! A thread of its own saves what was scored every few seconds, so that a run that is killed loses
//! little; a run that is interrupted, or whose result cannot be written, saves the rest. The same
//! command, given once more, finds the scores and goes on; once its result is written they are
//! deleted. Where nothing can be written beside the result, they are in the temporary folder under
//! a name that the same command finds. What is in a file is told in
//! [`saved`](mod@crate::rescore::saved).

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::Context;

use crate::cli::args::paths::{is_own, substitute};
use crate::cli::exit::{self, Exit};
use crate::cli::models::model::Model;
use crate::cli::score_files::of_another_model;
use crate::cli::terminal::Terminal;
use crate::rescore::RescoreError;
use crate::rescore::remembered::{Remembered, Remembers};
use crate::rescore::saved::{self, Header, Lines};

/// What a run that is killed loses at most, and the time to write it.
const INTERVAL: Duration = Duration::from_secs(15);

/// The scores of a model, saved now and then as long as this lives.
pub(crate) struct SavedScores {
    log: Arc<Log>,
    saving: Saving,
}

/// The thread that saves.
struct Saving {
    /// Closed, it ends the thread.
    going_on: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Saving {
    fn drop(&mut self) {
        self.going_on = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so, and what it did not save is saved by others.
            let _ = thread.join();
        }
    }
}

/// Where the scores of a model go.
struct Log {
    header: Header,
    state: Mutex<State>,
}

struct State {
    /// Where new scores come from; absent once the model has done its work.
    memory: Option<Arc<dyn Remembers>>,
    /// The first that can be written to gets what is new.
    places: [Place; 2],
    /// Scores that no file holds yet.
    waiting: Vec<Remembered>,
}

/// A file of scores, which may not be there yet.
struct Place {
    path: PathBuf,
    /// Whether the file is in a folder that others write to as well.
    shared: bool,
    file: Option<File>,
    /// Bytes that are good.
    length: u64,
    lines: Option<Lines>,
    /// Scores that it holds.
    count: usize,
}

impl SavedScores {
    /// Has `model` recall what an earlier run saved in `file`, and saves what it scores from now
    /// on. `None` for models whose scores take no time.
    pub(crate) fn recall(
        file: PathBuf,
        model: &Model,
        device: &str,
        terminal: &Terminal,
    ) -> anyhow::Result<Option<SavedScores>> {
        let record = model.record();
        let (Some(memory), Some(hash)) = (model.memory(), &record.content_hash) else {
            return Ok(None);
        };
        let header = Header::new(hash, record.max_length, &record.computed_on(device));
        let temporary = Place::temporary(&file)?;

        let mut places = [Place::new(file, false), temporary];
        for place in &mut places {
            let scores = place.read(&header, terminal)?;
            memory.recall(scores);
        }

        // From here on the memory keeps what is new.
        memory.fresh();
        let log = Arc::new(Log {
            header,
            state: Mutex::new(State {
                memory: Some(memory),
                places,
                waiting: Vec::new(),
            }),
        });

        let kept = Arc::clone(&log);
        terminal
            .interruption()
            .keep_with(move || format!("interrupted; {}", told(&[&kept])));

        Ok(Some(SavedScores {
            saving: Saving::of(&log),
            log,
        }))
    }

    /// The model has done its work, and another one's turn comes: its scores are saved, and it is
    /// let go.
    pub(crate) fn put_aside(mut self, terminal: &Terminal) -> SavedScores {
        // The thread is done with first: it holds the model too.
        self.saving = Saving::none();
        if let Err(error) = self.log.flush() {
            terminal.warn(&format!(
                "{error:#}: they are lost if this run is interrupted"
            ));
        }

        let mut state = self.log.state();
        state.memory = None;

        // The next model may be the same under another weight, and go on with the same file.
        state.waiting.clear();
        drop(state);

        self
    }

    /// How a run `ended`: with its result written, the scores are needed no more; otherwise they
    /// are saved.
    pub(crate) fn settle(
        scores: Vec<SavedScores>,
        ended: anyhow::Result<Exit>,
        terminal: &Terminal,
    ) -> anyhow::Result<Exit> {
        let logs: Vec<Arc<Log>> = scores.into_iter().map(|scores| scores.log).collect();
        let logs: Vec<&Log> = logs.iter().map(|log| &**log).collect();
        let interruption = terminal.interruption();
        let error = match ended {
            Err(error) if !exit::is_broken_pipe(&error) && !logs.is_empty() => error,
            // A summary that nobody reads is no reason to keep what the result already holds.
            written => {
                interruption.release();
                for log in logs {
                    log.discard(terminal);
                }
                return written;
            }
        };

        if terminal.interrupted() {
            interruption.whole(|| terminal.say(&format!("interrupted; {}", told(&logs))));
            return Ok(Exit::Interrupted);
        }

        interruption.release();
        // Where the model itself failed there is nothing to go on to.
        if error
            .chain()
            .any(<dyn std::error::Error>::is::<RescoreError>)
        {
            return Err(error);
        }

        Err(anyhow::anyhow!("{error:#}; {}", told(&logs)))
    }
}

/// Saves what is not saved yet, and says where scores are and how to go on.
fn told(logs: &[&Log]) -> String {
    let (mut count, mut names, mut lost) = (0, BTreeSet::new(), String::new());
    for log in logs {
        if let Err(error) = log.flush() {
            lost = format!("{error:#}; {lost}");
        }
        let state = log.state();
        for place in state.places.iter().filter(|place| place.count > 0) {
            count += place.count;
            names.insert(place.path.display().to_string());
        }
    }

    let names: Vec<String> = names.into_iter().collect();
    if names.is_empty() && lost.is_empty() {
        return "nothing was scored yet: the same command begins anew".to_owned();
    }

    if names.is_empty() {
        return lost.trim_end_matches("; ").to_owned();
    }

    format!(
        "{lost}{count} scores are saved in {}: the same command goes on from there",
        names.join(" and ")
    )
}

impl Saving {
    fn none() -> Saving {
        Saving {
            going_on: None,
            thread: None,
        }
    }

    fn of(log: &Arc<Log>) -> Saving {
        let (going_on, ended) = mpsc::channel();
        let log = Arc::clone(log);
        let thread = thread::spawn(move || {
            while ended.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                // What cannot be saved now waits; if it never can, the end of the run says so.
                let _ = log.flush();
            }
        });

        Saving {
            going_on: Some(going_on),
            thread: Some(thread),
        }
    }
}

impl Log {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends what is new to the first file that takes it.
    fn flush(&self) -> anyhow::Result<()> {
        let mut state = self.state();
        let State {
            memory,
            places,
            waiting,
        } = &mut *state;

        if let Some(memory) = memory {
            waiting.append(&mut memory.fresh());
        }

        if waiting.is_empty() {
            return Ok(());
        }

        let mut failures = Vec::new();
        for place in places {
            match place.append(&self.header, waiting) {
                Ok(()) => {
                    waiting.clear();
                    return Ok(());
                }
                Err(error) => failures.push(format!("{}: {error}", place.path.display())),
            }
        }

        anyhow::bail!(
            "{} scores could be saved nowhere ({})",
            waiting.len(),
            failures.join("; ")
        )
    }

    /// Deletes the files, which are needed no more.
    fn discard(&self, terminal: &Terminal) {
        for place in &mut self.state().places {
            place.file = None;
            if place.shared && place.length == 0 {
                continue;
            }
            match std::fs::remove_file(&place.path) {
                Ok(()) => {}
                Err(_) if place.count == 0 => {}
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => terminal.warn(&format!(
                    "the saved scores in {} are needed no more, but could not be deleted: {error}",
                    place.path.display()
                )),
            }
        }
    }
}

impl Place {
    fn new(path: PathBuf, shared: bool) -> Place {
        Place {
            path,
            shared,
            file: None,
            length: 0,
            lines: None,
            count: 0,
        }
    }

    /// In the temporary folder, in the place of `file`.
    fn temporary(file: &Path) -> anyhow::Result<Place> {
        let path = substitute(file).with_context(|| format!("no such path: {}", file.display()))?;
        Ok(Place::new(path, true))
    }

    /// What the file holds under `header`, if it is there.
    fn read(&mut self, header: &Header, terminal: &Terminal) -> anyhow::Result<Vec<Remembered>> {
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

        let Some(found) = saved::read(BufReader::new(file), &name, header)? else {
            let place = of_another_model(&self.path, header);
            // Whoever interrupted that run may want to go on with it.
            terminal.warn(&format!(
                "the scores in {name} are those of another model: they stay there, and this run's \
                    go to {}",
                place.display()
            ));
            anyhow::ensure!(place != self.path, "no place for scores beside {name}");
            self.path = place;
            return self.read(header, terminal);
        };

        if found.torn {
            terminal.warn(&format!(
                "the last line of {name} was not finished when its run ended: it is left out"
            ));
        }

        self.length = found.length;
        self.lines = found.lines;
        self.count = found.scores.len();
        if self.count > 0 {
            terminal.say(&format!(
                "going on from the {} scores that an interrupted run saved in {name}",
                self.count
            ));
        }

        Ok(found.scores)
    }

    /// Adds lines for `scores`, all or none: a failure leaves the file as good as it was.
    fn append(&mut self, header: &Header, scores: &[Remembered]) -> io::Result<()> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None => self.open()?,
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
            return Err(error);
        }

        self.file = Some(file);
        self.lines = Some(lines);
        self.length += text.len() as u64;
        self.count += scores.len();

        Ok(())
    }

    /// Opens the file at the end of what is good in it.
    fn open(&self) -> io::Result<File> {
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder)?;
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
