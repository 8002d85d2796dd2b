//! Scores that outlive an interruption, in a file beside the result they are for.
//!
//! The interrupted command, given once more, finds them there and goes on; once
//! its result is written they are deleted. What is in the file is told in
//! [`saved`](mod@crate::rescore::saved).

use crate::cli::exit::Exit;
use crate::cli::model::Model;
use crate::cli::terminal::Terminal;
use crate::files::{beside, write_file};
use crate::rescore::pointwise::Remembers;
use crate::rescore::saved;
use crate::rescore::saved::Header;
use anyhow::Context;
use std::fs::File;
use std::io::BufReader;
use std::io::ErrorKind;
use std::path::Path;
use std::path::PathBuf;

/// The file of a command's scores, and the memory that they come from.
pub(crate) struct SavedScores<'a> {
    path: PathBuf,
    header: Header,
    memory: &'a dyn Remembers,
}

impl<'a> SavedScores<'a> {
    /// Has `model` recall what an interrupted run left beside `out`. `None` for models whose
    /// scores take no time.
    pub(crate) fn recall(
        out: &Path,
        model: &'a Model,
        device: &str,
        terminal: &Terminal,
    ) -> anyhow::Result<Option<SavedScores<'a>>> {
        let record = model.record();
        let (Some(memory), Some(hash)) = (model.memory(), &record.content_hash) else {
            return Ok(None);
        };
        let scores = SavedScores {
            path: beside(out, ".scores.jsonl"),
            header: Header::new(hash, record.max_length, device),
            memory,
        };
        let name = scores.path.display().to_string();
        let file = match File::open(&scores.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Some(scores)),
            Err(error) => {
                return Err(error)
                    .with_context(|| format!("failed to read saved scores from {name}"));
            }
        };
        match saved::read(BufReader::new(file), &name, &scores.header)? {
            Some(found) => {
                terminal.say(&format!(
                    "going on from the {} scores that an interrupted run saved in {name}",
                    found.len()
                ));
                memory.recall(found);
            }
            None => terminal.warn(&format!(
                "the scores in {name} are those of another model: starting anew"
            )),
        }
        Ok(Some(scores))
    }

    /// How a run `ended`: once interrupted, its scores are saved; with its result written, they
    /// are needed no more.
    pub(crate) fn settle(
        scores: Option<SavedScores<'_>>,
        ended: anyhow::Result<Exit>,
        terminal: &Terminal,
    ) -> anyhow::Result<Exit> {
        match scores {
            Some(scores) if terminal.interrupted() => scores.save(terminal),
            Some(scores) => {
                let exit = ended?;
                scores.discard()?;
                Ok(exit)
            }
            None => ended,
        }
    }

    fn save(&self, terminal: &Terminal) -> anyhow::Result<Exit> {
        let scores = self.memory.remembered();
        write_file(&self.path, |file| saved::write(file, &self.header, &scores))?;
        terminal.say(&format!(
            "interrupted; {} scores are saved in {}: the same command goes on from there",
            scores.len(),
            self.path.display()
        ));
        Ok(Exit::Interrupted)
    }

    fn discard(&self) -> anyhow::Result<()> {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| format!("failed to delete {}", self.path.display()))
            }
            _ => Ok(()),
        }
    }
}
