//! How a run of the binary ends, under limits of time and memory.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// No run may take more time of processors: that of a clock depends on what else the machine does.
const MOST_TIME: Duration = Duration::from_secs(5);

/// No run may wait longer.
const MOST_WAIT: Duration = Duration::from_mins(1);

/// No run may hold more memory, in KiB.
const MOST_MEMORY: u64 = 512 << 10;

/// The address space that a run gets, in KiB, to protect the machine: what is above [`MOST_MEMORY`]
/// is found by looking.
const ADDRESS_SPACE: u64 = 8 << 20;

/// How a run ended.
#[derive(Debug)]
pub(crate) enum End {
    /// The file was used: exit 0, 1 or 3.
    Used,
    /// One error: exit 2.
    Refused,
    /// Anything else: what happened.
    Bad(String),
}

/// A run that is over.
pub(crate) struct Outcome {
    pub(crate) end: End,
    /// Standard error.
    pub(crate) said: String,
    pub(crate) time: Duration,
}

/// Runs `binary` in `folder`.
pub(crate) fn run(binary: &Path, folder: &Path, arguments: &[String]) -> Outcome {
    let (out, err) = (folder.join(".stdout"), folder.join(".stderr"));
    let started = Instant::now();
    let mut child = Command::new("sh")
        .args([
            "-c",
            &format!("ulimit -v {ADDRESS_SPACE}; exec \"$0\" \"$@\""),
        ])
        .arg(binary)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(File::create(&out).unwrap())
        .stderr(File::create(&err).unwrap())
        .spawn()
        .unwrap();

    let (mut most, mut time) = (0, Duration::ZERO);
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break Some(status);
        }
        most = most.max(memory(child.id()));
        time = time.max(processor_time(child.id()));
        if time > MOST_TIME || started.elapsed() > MOST_WAIT || most > 4 * MOST_MEMORY {
            child.kill().unwrap();
            child.wait().unwrap();
            break None;
        }
        std::thread::sleep(Duration::from_millis(2));
    };

    let said = String::from_utf8_lossy(&std::fs::read(&err).unwrap()).into_owned();
    let shown = String::from_utf8_lossy(&std::fs::read(&out).unwrap()).into_owned();
    let control = |text: &str| text.contains(|c: char| c.is_control() && c != '\n');
    let end = match status.and_then(|status| status.code()) {
        _ if most > MOST_MEMORY => End::Bad(format!("{} MiB", most >> 10)),
        _ if time > MOST_TIME || started.elapsed() > MOST_WAIT => End::Bad(format!("{time:?}")),
        None => End::Bad(format!("{status:?}")),
        _ if said.contains("panicked") => End::Bad("panic".to_owned()),
        _ if control(&said) || control(&shown) => End::Bad("control characters".to_owned()),
        Some(0 | 1 | 3) => End::Used,
        Some(2)
            if said
                .lines()
                .filter(|line| line.starts_with("error:"))
                .count()
                == 1 =>
        {
            End::Refused
        }
        Some(code) => End::Bad(format!("exit {code}")),
    };

    Outcome { end, said, time }
}

/// The time that a process has had of processors so far; 0 where the system does not tell.
fn processor_time(process: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name, in parentheses, may hold anything; times are the 14th and 15th field, in hundredths
    // of a second.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks: u64 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();

    Duration::from_millis(10 * ticks)
}

/// The most memory that a process has held so far, in KiB; 0 where the system does not tell.
fn memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.unwrap_or(0)
}
