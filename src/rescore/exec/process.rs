//! One running process, with a thread for each of its streams.

use std::collections::{BTreeSet, VecDeque};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::rescore::locked::locked;

/// Lines of standard error that are kept.
const KEPT_LINES: usize = 8;

/// The longest line that is read, in bytes: a program that never ends its line must not fill the
/// memory.
const LONGEST_LINE: u64 = 8 << 20;

/// The longest piece of a line of standard error that is kept, in bytes.
const LONGEST_ERROR: u64 = 4 << 10;

/// The groups of the processes that run. Whoever ends this process without dropping them ends those
/// first.
static RUNNING: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

fn running() -> MutexGuard<'static, BTreeSet<u32>> {
    locked(&RUNNING)
}

/// Ends every process that was started here, and all that it started.
pub fn end_all() {
    for group in running().iter() {
        kill_group(*group);
    }
}

/// How often it is asked whether a process has ended by itself, and how long apart: half a second
/// in all.
const LOOKS: usize = 100;
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// What a process said, and which.
pub(super) struct Event {
    pub(super) process: usize,
    pub(super) said: Said,
}

/// What came from standard output.
pub(super) enum Said {
    /// A line.
    Line(String),
    /// Something that is no text.
    Unreadable(io::Error),
    /// Nothing more.
    End,
}

/// A process. Dropping it ends the process, and all that it started.
pub(super) struct Process {
    child: Mutex<Child>,
    /// Lines for its standard input; `None` once it is to end.
    input: Option<Sender<Vec<u8>>>,
    output: Option<JoinHandle<()>>,
    errors: Arc<Mutex<VecDeque<String>>>,
    error_reader: Option<JoinHandle<()>>,
    /// Bytes of its standard output that were read and belong to no whole line yet.
    unended: Arc<AtomicU64>,
    /// How many answers it owes; the hello is the first.
    pub(super) owes: usize,
    /// How long it has owed an answer without giving any.
    pub(super) silence: Duration,
    /// How much of that since it ended: what it started may hold its output open.
    pub(super) ended_for: Duration,
}

impl Process {
    /// Starts `command` in the shell. What it says goes to `events` under the number `index`.
    pub(super) fn start(index: usize, command: &str, events: Sender<Event>) -> io::Result<Process> {
        let mut shell = shell(command);
        shell
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());

        let mut child = shell.spawn()?;
        running().insert(child.id());

        let mut stdin = child.stdin.take().expect("standard input is piped");
        let stdout = child.stdout.take().expect("standard output is piped");
        let stderr = child.stderr.take().expect("standard error is piped");
        let (input, lines) = channel::<Vec<u8>>();

        // From here on the process is ended where something fails.
        let mut process = Process {
            child: Mutex::new(child),
            input: Some(input),
            output: None,
            errors: Arc::new(Mutex::new(VecDeque::new())),
            error_reader: None,
            unended: Arc::default(),
            owes: 1,
            silence: Duration::ZERO,
            ended_for: Duration::ZERO,
        };

        thread::Builder::new().spawn(move || {
            // A process that reads no more has ended, and says so on its other streams.
            for line in lines {
                if stdin.write_all(&line).and_then(|()| stdin.flush()).is_err() {
                    break;
                }
            }
        })?;

        let kept = Arc::clone(&process.errors);
        let error_reader = thread::Builder::new().spawn(move || read_errors(stderr, &kept))?;
        process.error_reader = Some(error_reader);

        let unended = Arc::clone(&process.unended);
        let output =
            thread::Builder::new().spawn(move || read_output(index, stdout, &events, &unended))?;
        process.output = Some(output);

        Ok(process)
    }

    /// Sends a line that wants an answer.
    pub(super) fn send(&mut self, line: Vec<u8>) {
        self.owes += 1;
        if let Some(input) = &self.input {
            // The thread ends with the process, whose end is told as an event.
            let _ = input.send(line);
        }
    }

    /// Takes note of an answer.
    pub(super) fn answered(&mut self) {
        self.owes = self.owes.saturating_sub(1);
        self.silence = Duration::ZERO;
        self.ended_for = Duration::ZERO;
    }

    /// Whether it has written a part of a line.
    pub(super) fn has_begun_a_line(&self) -> bool {
        self.unended.load(Ordering::Relaxed) > 0
    }

    /// Whether the process has ended, whatever of its output is still to come.
    pub(super) fn has_ended(&self) -> bool {
        matches!(locked(&self.child).try_wait(), Ok(Some(_)))
    }

    /// How the process ended, once its output has.
    pub(super) fn status(&self) -> Option<ExitStatus> {
        let mut child = locked(&self.child);
        for _ in 0..LOOKS {
            match child.try_wait() {
                Ok(None) => thread::sleep(BETWEEN_LOOKS),
                Ok(status) => return status,
                Err(_) => return None,
            }
        }

        None
    }

    /// The last lines of its standard error; all of them are waited for if it `has_ended`.
    pub(super) fn last_errors(&self, has_ended: bool) -> Vec<String> {
        if let Some(reader) = self.error_reader.as_ref().filter(|_| has_ended) {
            await_end(reader);
        }
        locked(&self.errors).iter().cloned().collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.input = None;
        if let Some(output) = self.output.take() {
            await_end(&output);
        }

        let child = self.child.get_mut().unwrap_or_else(PoisonError::into_inner);
        kill(child);
        // Once it is waited for, its number may be another's.
        running().remove(&child.id());
        let _ = child.wait();
    }
}

/// Gives what reads a stream a while to come to its end.
fn await_end(reader: &JoinHandle<()>) {
    let mut looks = 0;
    while !reader.is_finished() && looks < LOOKS {
        thread::sleep(BETWEEN_LOOKS);
        looks += 1;
    }
}

/// Counts the bytes that are read.
struct Counted<'a, R> {
    inner: R,
    bytes: &'a AtomicU64,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Tells `events` of every line, and `unended` of the bytes that are in none yet.
pub(super) fn read_output(
    process: usize,
    stdout: impl Read,
    events: &Sender<Event>,
    unended: &AtomicU64,
) {
    let mut stdout = BufReader::new(Counted {
        inner: stdout,
        bytes: unended,
    });
    loop {
        let mut line = Vec::new();
        let read = stdout
            .by_ref()
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut line);
        unended.fetch_sub(line.len() as u64, Ordering::Relaxed);
        let said = match read {
            Ok(0) => Said::End,
            // Nobody waits for blank lines, and a flood of them must neither fill the memory nor
            // pass for an answer.
            Ok(read) if line.trim_ascii().is_empty() => {
                if (read as u64) < LONGEST_LINE {
                    continue;
                }
                let error = "a line of blanks that does not end";
                Said::Unreadable(io::Error::new(io::ErrorKind::InvalidData, error))
            }
            Ok(read) if read as u64 == LONGEST_LINE && line.last() != Some(&b'\n') => {
                let error = format!("a line of more than {} MiB", LONGEST_LINE >> 20);
                Said::Unreadable(io::Error::new(io::ErrorKind::InvalidData, error))
            }
            Ok(_) => match String::from_utf8(line) {
                Ok(line) => Said::Line(line),
                Err(error) => Said::Unreadable(io::Error::new(io::ErrorKind::InvalidData, error)),
            },
            Err(error) => Said::Unreadable(error),
        };

        let more = matches!(said, Said::Line(_));
        if events.send(Event { process, said }).is_err() || !more {
            return;
        }
    }
}

fn read_errors(stderr: impl Read, kept: &Mutex<VecDeque<String>>) {
    let mut stderr = BufReader::new(stderr);
    let mut line = Vec::new();
    while matches!(
        stderr
            .by_ref()
            .take(LONGEST_ERROR)
            .read_until(b'\n', &mut line),
        Ok(1..)
    ) {
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        line.clear();
        if text.is_empty() {
            continue;
        }

        let mut kept = locked(kept);
        if kept.len() == KEPT_LINES {
            kept.pop_front();
        }
        kept.push_back(text);
    }
}

#[cfg(unix)]
fn shell(command: &str) -> Command {
    use std::os::unix::process::CommandExt;

    // A group of its own: Ctrl-C reaches us alone, and whatever the command starts can be ended
    // with it.
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command).process_group(0);
    shell
}

#[cfg(not(unix))]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("cmd");
    shell.arg("/C").arg(command);
    shell
}

/// Ends the process and all of its group. It has not been waited for, so its number is still its
/// own.
#[cfg(unix)]
fn kill(child: &mut Child) {
    kill_group(child.id());
}

#[cfg(unix)]
fn kill_group(group: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};

    let group = i32::try_from(group).ok().and_then(Pid::from_raw);
    if let Some(group) = group {
        // Fails only where nothing of the group is left.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn kill(child: &mut Child) {
    let _ = child.kill();
}

/// There are no groups to end: a process that loses its input ends by itself.
#[cfg(not(unix))]
fn kill_group(_group: u32) {}
