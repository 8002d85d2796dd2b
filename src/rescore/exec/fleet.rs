//! `Fleet`: the running processes of one command, and who works on what.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use crate::rescore::exec::error::{ExecError, ExecErrorKind};
use crate::rescore::exec::message::{Hello, Reply, Request};
use crate::rescore::exec::options::ExecOptions;
use crate::rescore::exec::process::{Event, Process, Said};

/// Requests that a process has before it answers: enough that it never waits for us.
const IN_FLIGHT: usize = 3;

/// How often an interruption is looked for while nothing is said.
const GLANCE: Duration = Duration::from_millis(50);

/// How long what a process left behind may be silent until nothing more is expected of it.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// The running processes of one command; all end when it is dropped.
pub(super) struct Fleet {
    processes: Vec<Process>,
    events: Receiver<Event>,
    pub(super) hello: Hello,
    next_id: u64,
    /// The requests that no answer has come to, those of exchanges that were given up too.
    unanswered: BTreeSet<u64>,
    options: ExecOptions,
    /// What went wrong, once nothing that the processes say can be understood any more.
    broken: Option<String>,
}

impl Fleet {
    /// Starts the processes and hears what they say of themselves.
    pub(super) fn start(options: ExecOptions) -> Result<Fleet, ExecError> {
        let (sender, events) = channel();
        let processes = (0..options.processes.max(1))
            .map(|index| Process::start(index, &options.command, sender.clone()))
            .collect::<std::io::Result<Vec<Process>>>()
            .map_err(|source| ExecError::new(&options.command, ExecErrorKind::Start(source)))?;

        let mut fleet = Fleet {
            processes,
            events,
            hello: Hello::default(),
            next_id: 0,
            unanswered: BTreeSet::new(),
            options,
            broken: None,
        };
        fleet.greet()?;

        Ok(fleet)
    }

    /// Waits until every process has said hello; all must say the same.
    fn greet(&mut self) -> Result<(), ExecError> {
        let mut hellos: Vec<Option<Hello>> = vec![None; self.processes.len()];

        while hellos.iter().any(Option::is_none) {
            let Some((process, line)) = self.listen()? else {
                return Err(self.error(0, ExecErrorKind::Interrupted));
            };
            let hello = Hello::parse(&line).map_err(|kind| self.error(process, kind))?;
            if hellos[process].replace(hello).is_some() {
                return Err(self.error(process, ExecErrorKind::Unasked { line }));
            }
            self.processes[process].answered();
        }

        let mut hellos = hellos.into_iter().flatten();
        self.hello = hellos.next().unwrap_or_default();
        if let Some(other) = hellos.find(|other| *other != self.hello) {
            let kind = ExecErrorKind::Hellos(self.hello.to_string(), other.to_string());
            return Err(self.error(0, kind));
        }

        Ok(())
    }

    /// Has every request answered, each process working on a few at a time; `keep` gets the number
    /// of a request with its scores as soon as they are there.
    pub(super) fn exchange(
        &mut self,
        requests: &[Request<'_>],
        keep: impl FnMut(usize, Vec<f64>),
    ) -> Result<(), ExecError> {
        if let Some(cause) = &self.broken {
            return Err(self.error(0, ExecErrorKind::Broken(cause.clone())));
        }

        let exchanged = self.exchange_all(requests, keep);
        if let Err(error) = &exchanged
            && error.kind().is_final()
        {
            self.broken = Some(error.kind().to_string());
        }
        exchanged
    }

    fn exchange_all(
        &mut self,
        requests: &[Request<'_>],
        mut keep: impl FnMut(usize, Vec<f64>),
    ) -> Result<(), ExecError> {
        let first_id = self.next_id;
        self.next_id += requests.len() as u64;
        let (mut sent, mut answered) = (0, 0);

        while answered < requests.len() {
            while let Some(idle) = self.idlest().filter(|_| sent < requests.len()) {
                let id = first_id + sent as u64;
                self.unanswered.insert(id);
                self.processes[idle].send(requests[sent].line(id));
                sent += 1;
            }

            let Some((process, line)) = self.listen()? else {
                return Err(self.error(0, ExecErrorKind::Interrupted));
            };
            let reply = Reply::parse(&line).map_err(|kind| self.error(process, kind))?;
            if !self.unanswered.remove(&reply.id) {
                return Err(self.error(process, ExecErrorKind::UnknownId { id: reply.id }));
            }

            self.processes[process].answered();
            // What an exchange that was given up left unread is nobody's.
            let index = reply.id.checked_sub(first_id);
            let Some(index) = index.and_then(|index| usize::try_from(index).ok()) else {
                continue;
            };
            let scores = requests[index]
                .check(reply)
                .map_err(|kind| self.error(process, kind))?;
            (self.options.progress)(scores.len());
            keep(index, scores);
            answered += 1;
        }

        Ok(())
    }

    /// The process that owes the fewest answers, if it may be asked for another.
    fn idlest(&self) -> Option<usize> {
        let (index, process) = self
            .processes
            .iter()
            .enumerate()
            .min_by_key(|(_, process)| process.owes)?;
        (process.owes < IN_FLIGHT).then_some(index)
    }

    /// The next line of any process; `None` after an interruption.
    fn listen(&mut self) -> Result<Option<(usize, String)>, ExecError> {
        loop {
            if self.options.cancel.load(Ordering::SeqCst) {
                return Ok(None);
            }

            match self.events.recv_timeout(GLANCE) {
                Ok(Event { process, said }) => match said {
                    Said::Line(line) => return Ok(Some((process, line))),
                    Said::Unreadable(source) => {
                        return Err(self.error(process, ExecErrorKind::Output(source)));
                    }
                    Said::End => {
                        let status = self.processes[process].status();
                        return Err(self.error(process, ExecErrorKind::Ended(status)));
                    }
                },
                Err(RecvTimeoutError::Timeout) => self.wait_on()?,
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(self.error(0, ExecErrorKind::Ended(None)));
                }
            }
        }
    }

    /// Nobody has said anything for a moment: those that owe an answer have been silent for so much
    /// longer.
    fn wait_on(&mut self) -> Result<(), ExecError> {
        let timeout = self.options.timeout;
        let mut lost = None;
        for (index, process) in self.processes.iter_mut().enumerate() {
            if process.owes == 0 {
                continue;
            }

            process.silence += GLANCE;
            if process.has_ended() {
                process.ended_for += GLANCE;
            }
            if process.ended_for >= LAST_WORDS {
                lost = lost.or_else(|| Some((index, ExecErrorKind::Ended(process.status()))));
            } else if process.silence >= timeout {
                let kind = if process.has_begun_a_line() {
                    ExecErrorKind::Unended(timeout)
                } else {
                    ExecErrorKind::Silent(timeout)
                };
                lost = lost.or(Some((index, kind)));
            }
        }

        match lost {
            Some((process, kind)) => Err(self.error(process, kind)),
            None => Ok(()),
        }
    }

    fn error(&self, process: usize, kind: ExecErrorKind) -> ExecError {
        let has_ended = matches!(kind, ExecErrorKind::Ended(_));
        let process = self.processes.get(process);
        let lines = process.map_or_else(Vec::new, |process| process.last_errors(has_ended));
        ExecError::new(&self.options.command, kind).with_stderr(lines)
    }
}
