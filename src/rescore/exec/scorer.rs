//! Programs as rescorers: text by text, or list by list.

use std::fmt;
use std::sync::{Mutex, MutexGuard};

use crate::rescore::candidates::Candidates;
use crate::rescore::error::RescoreError;
use crate::rescore::exec::error::{ExecError, ExecErrorKind};
use crate::rescore::exec::fleet::Fleet;
use crate::rescore::exec::message::{Hello, Request};
use crate::rescore::exec::options::ExecOptions;
use crate::rescore::interpolation::Interpolation;
use crate::rescore::list_scorer::{ListScorer, together};
use crate::rescore::locked::locked;
use crate::rescore::rescorer::Rescorer;
use crate::rescore::text_scorer::{Scored, TextScorer, keep_uncut, one_by_one};

/// A program that scores texts, each by itself.
#[derive(Debug)]
pub struct ExecScorer {
    program: Program,
}

/// A program whose scores depend on the whole list.
#[derive(Debug)]
pub struct ListwiseScorer {
    program: Program,
}

/// What both have: the processes, and how their scores are used.
struct Program {
    fleet: Mutex<Fleet>,
    hello: Hello,
    batch_texts: usize,
    interpolation: Interpolation,
    name: String,
}

impl Program {
    fn start(options: ExecOptions, interpolation: Interpolation) -> Result<Program, ExecError> {
        let name = format!("exec:{}", options.command);
        let batch_texts = options.batch_texts.max(1);
        let fleet = Fleet::start(options)?;

        Ok(Program {
            hello: fleet.hello.clone(),
            fleet: Mutex::new(fleet),
            batch_texts,
            interpolation,
            name,
        })
    }

    fn fleet(&self) -> MutexGuard<'_, Fleet> {
        locked(&self.fleet)
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program")
            .field("name", &self.name)
            .field("hello", &self.hello)
            .finish_non_exhaustive()
    }
}

impl From<ExecError> for RescoreError {
    fn from(error: ExecError) -> RescoreError {
        match error.kind() {
            ExecErrorKind::Interrupted => RescoreError::Interrupted,
            kind if kind.is_final() => RescoreError::Gone(Box::new(error)),
            _ => RescoreError::Model(Box::new(error)),
        }
    }
}

impl ExecScorer {
    /// Starts the command.
    pub fn start(
        options: ExecOptions,
        interpolation: Interpolation,
    ) -> Result<ExecScorer, ExecError> {
        Ok(ExecScorer {
            program: Program::start(options, interpolation)?,
        })
    }

    /// What the program says of itself.
    pub fn hello(&self) -> &Hello {
        &self.program.hello
    }

    /// The same program, given whole lists: for one that says it is listwise.
    pub fn listwise(self) -> ListwiseScorer {
        ListwiseScorer {
            program: self.program,
        }
    }
}

impl TextScorer for ExecScorer {
    fn score_texts(&self, texts: &[&str]) -> Result<Vec<f64>, RescoreError> {
        one_by_one(self, texts)
    }

    fn score_texts_one_by_one(
        &self,
        texts: &[&str],
        keep: &(dyn Fn(Scored) + Sync),
    ) -> Result<(), RescoreError> {
        let size = self.program.batch_texts;
        let requests: Vec<Request<'_>> = texts
            .chunks(size)
            .map(|texts| Request {
                utterance: None,
                texts,
                first_pass: None,
            })
            .collect();

        self.program
            .fleet()
            .exchange(&requests, |request, scores| {
                keep_uncut(keep, request * size, scores);
            })?;

        Ok(())
    }

    fn may_vary(&self) -> bool {
        true
    }

    fn interpolation(&self) -> Interpolation {
        self.program.interpolation
    }

    fn name(&self) -> &str {
        &self.program.name
    }
}

impl ListScorer for ListwiseScorer {
    fn score_one_by_one(
        &self,
        lists: &[Candidates<'_>],
        keep: &mut dyn FnMut(usize, Vec<f64>),
    ) -> Result<(), RescoreError> {
        let requests: Vec<Request<'_>> = lists
            .iter()
            .map(|list| {
                let hypotheses = list.utterance.nbest.hypotheses();
                Request {
                    utterance: Some(&list.utterance.id),
                    texts: &list.texts,
                    first_pass: Some(hypotheses.iter().map(|h| h.score).collect()),
                }
            })
            .collect();

        Ok(self.program.fleet().exchange(&requests, keep)?)
    }
}

impl Rescorer for ListwiseScorer {
    fn score(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
        together(self, lists)
    }

    fn score_afresh(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
        let mut all = vec![Vec::new(); lists.len()];
        self.score_one_by_one(lists, &mut |list, scores| all[list] = scores)?;

        Ok(all)
    }

    fn may_vary(&self) -> bool {
        true
    }

    fn interpolation(&self) -> Interpolation {
        self.program.interpolation
    }

    fn name(&self) -> &str {
        &self.program.name
    }
}
