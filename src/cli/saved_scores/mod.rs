//! Scores that outlive their run, in a file beside the result they are for.
//!
//! A thread of its own saves what was scored every few seconds, so that a run that is killed loses
//! little; a run that is interrupted, whose model fails, or whose result cannot be written, saves the
//! rest. The same
//! command, given once more, finds the scores and goes on; once its result is written they are
//! deleted. Those that it did not ask for stay: another run left them, of more lists, say. Where
//! nothing can be written beside the result, they are in the temporary folder under a name that the
//! same command finds. What is in a file is told in [`saved`](mod@crate::rescore::saved).

mod place;
mod recheck;

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::cli::exit::{self, Exit};
use crate::cli::models::model::Model;
use crate::cli::saved_scores::place::Place;
use crate::cli::saved_scores::recheck::{apart, recheck};
use crate::cli::terminal::Terminal;
use crate::cli::told::Ended;
use crate::rescore::RescoreError;
use crate::rescore::remembered::{Remembered, Remembers};
use crate::rescore::saved::Header;

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
    /// How many scores of an earlier run the model was not asked for, once it has done its work.
    unasked: usize,
    /// The first that can be written to gets what is new.
    places: [Place; 2],
    /// Scores that no file holds yet.
    waiting: Vec<Remembered>,
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
        let (Some(memory), Some(header)) = (model.memory(), header(model, device)) else {
            return Ok(None);
        };
        let temporary = Place::temporary(&file)?;

        let mut places = [Place::new(file, false), temporary];
        for place in &mut places {
            let scores = place.read(&header, terminal)?;
            if !scores.is_empty() {
                terminal.say(&format!(
                    "going on from the {} scores that an interrupted run saved in {}",
                    scores.len(),
                    place.path.display()
                ));
            }
            recheck(&*memory, &scores, &place.path, terminal)?;
            memory.recall(scores);
        }

        // From here on the memory keeps what is new.
        memory.fresh();
        let log = Arc::new(Log {
            header,
            state: Mutex::new(State {
                memory: Some(memory),
                unasked: 0,
                places,
                waiting: Vec::new(),
            }),
        });

        Ok(Some(SavedScores::saving(log, terminal)))
    }

    /// The same for the next of several models. If one `before` it is the same under another
    /// label, it recalls what that one scored in this run; where it gives other scores now, both
    /// are scored, and what it scores is not saved.
    pub(crate) fn recall_beside(
        before: &mut Vec<SavedScores>,
        file: PathBuf,
        model: &Model,
        device: &str,
        terminal: &Terminal,
    ) -> anyhow::Result<Option<SavedScores>> {
        let header = header(model, device);
        let is_same = |scores: &SavedScores| Some(&scores.log.header) == header.as_ref();
        let same = before.iter().position(is_same);
        let (Some(memory), Some(same)) = (model.memory(), same) else {
            return SavedScores::recall(file, model, device, terminal);
        };

        let log = Arc::clone(&before[same].log);
        let mut known = Vec::new();
        for place in &mut log.state().places {
            let scores = place.read(&log.header, terminal)?;
            known.push((place.path.clone(), scores));
        }
        for (path, scores) in &known {
            if let Some((_, told)) = apart(&*memory, scores, path)? {
                terminal.warn(&format!(
                    "{told}: the same model gave them under another label, and is not steady; \
                        all texts are scored again, and these scores are not saved"
                ));
                return Ok(None);
            }
        }

        let count: usize = known.iter().map(|(_, scores)| scores.len()).sum();
        if count > 0 {
            terminal.say(&format!(
                "the same model gave {count} scores under another label: they are not asked for \
                    again"
            ));
        }
        for (_, scores) in known {
            memory.recall(scores);
        }
        memory.fresh();
        log.state().memory = Some(memory);

        before.remove(same);
        Ok(Some(SavedScores::saving(log, terminal)))
    }

    /// Saves from now on what comes to `log`, and if the process must end, too.
    fn saving(log: Arc<Log>, terminal: &Terminal) -> SavedScores {
        let kept = Arc::clone(&log);
        terminal
            .interruption()
            .keep_with(move || format!("interrupted; {}", told(&[&kept])));

        SavedScores {
            saving: Saving::of(&log),
            log,
        }
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
        state.unasked = state.unasked();
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
        let mut causes = error.chain();
        let is_of_model = causes.any(<dyn std::error::Error>::is::<RescoreError>);
        let kept = match saved(&logs) {
            // Where the model failed at once, that is all there is to say.
            None if is_of_model => return Err(error),
            saved => saved.unwrap_or_else(|| NOTHING.to_owned()),
        };
        Err(Ended { error, kept }.into())
    }
}

/// What is said where nothing is saved.
const NOTHING: &str = "nothing was scored yet: the same command begins anew";

/// What scores of `model` on `device` are saved under; `None` where nobody can tell its versions
/// apart.
fn header(model: &Model, device: &str) -> Option<Header> {
    let record = model.record();
    let hash = record.content_hash.as_ref()?;
    Some(Header::new(
        hash,
        record.max_length,
        &record.computed_on(device),
    ))
}

/// Saves what is not saved yet, and says where scores are and how to go on.
fn told(logs: &[&Log]) -> String {
    saved(logs).unwrap_or_else(|| NOTHING.to_owned())
}

/// The same; `None` if nothing was scored.
fn saved(logs: &[&Log]) -> Option<String> {
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
    if names.is_empty() {
        let lost = lost.trim_end_matches("; ");
        return (!lost.is_empty()).then(|| lost.to_owned());
    }

    Some(format!(
        "{lost}{count} scores are saved in {}: the same command goes on from there",
        names.join(" and ")
    ))
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
        // Where there is no thread to be had, all is saved at the end.
        let thread = thread::Builder::new().spawn(move || {
            while ended.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                // What cannot be saved now waits; if it never can, the end of the run says so.
                let _ = log.flush();
            }
        });

        Saving {
            going_on: Some(going_on),
            thread: thread.ok(),
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
            unasked: _,
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

    /// Deletes the files, which are needed no more; but for those with scores that this run had no
    /// use for: another run left them, and would have to score them again.
    fn discard(&self, terminal: &Terminal) {
        let mut state = self.state();
        let unasked = state.unasked();
        for place in &mut state.places {
            place.file = None;
            // Whatever else has the name is the user's.
            if !place.is_ours {
                continue;
            }
            if unasked > 0 && place.count > 0 {
                terminal.say(&format!(
                    "{} stays: {unasked} of the scores that an interrupted run saved are of texts \
                        that this run does not have; delete it if that run is not to go on",
                    place.path.display()
                ));
                continue;
            }
            match place.remove() {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => terminal.warn(&format!(
                    "the saved scores in {} are needed no more, but could not be deleted: {error}",
                    place.path.display()
                )),
            }
        }
    }
}

impl State {
    /// How many scores of an earlier run the model was not asked for.
    fn unasked(&self) -> usize {
        let memory = self.memory.as_ref();
        memory.map_or(self.unasked, |memory| memory.unasked())
    }
}
