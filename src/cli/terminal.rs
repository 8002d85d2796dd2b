//! Standard error: progress, warnings and errors; and whether the user behind it wants the run to
//! end.

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clap::{ColorChoice, ValueEnum};
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::cli::interruption::Interruption;
use crate::cli::standard_error::print_lines;
use crate::cli::told::told;
use crate::cli::workflow::Harmless;
use crate::report::shown::{shown, with_short_words};
use crate::report::wrap::{WIDTH, wrapped};
use crate::rescore::RescoreError;

/// Where these options stand in a help: behind those of the command.
const LAST: usize = 500;

/// Options about what is printed, shared by all commands.
// A command that these join has a group of the name `Args` of its own.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// When to use colors
    #[arg(
        long,
        value_enum,
        default_value_t = Color::Auto,
        global = true,
        value_name = "WHEN",
        display_order = LAST
    )]
    color: Color,
    /// Print no progress and no hints, only results, warnings and errors; of a check, a line for
    /// each verdict
    #[arg(long, short, global = true, display_order = LAST + 1)]
    quiet: bool,
    /// Say what is done, and how long each step takes
    #[arg(long, short, global = true, conflicts_with = "quiet", display_order = LAST + 2)]
    verbose: bool,
}

/// When to use colors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    /// On a terminal, unless `NO_COLOR` is set or `TERM` is dumb
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// When a help, or what is wrong with a command line, has colors: it is printed before the options
/// are known, so that `--color` is looked for among the `words` of the command line.
pub(crate) fn color_choice(words: impl IntoIterator<Item = OsString>) -> ColorChoice {
    let mut words = words.into_iter().take_while(|word| word != "--");
    let mut choice = ColorChoice::Auto;
    while let Some(word) = words.next() {
        let value = match word.to_str() {
            Some("--color") => words.next(),
            Some(word) => word.strip_prefix("--color=").map(OsString::from),
            None => None,
        };
        let value = value.and_then(|value| Color::from_str(value.to_str()?, false).ok());
        choice = match value {
            Some(Color::Always) => ColorChoice::Always,
            Some(Color::Never) => ColorChoice::Never,
            Some(Color::Auto) => ColorChoice::Auto,
            None => choice,
        };
    }
    choice
}

/// Whether `--color auto` has none: they are not wanted, or the terminal knows no codes.
fn is_plain() -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    unwanted || is_dumb()
}

/// Whether the terminal would print the codes of colors and of a moving cursor as they are.
fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|value| value == "dumb")
}

/// A terminal that says it has fewer columns is taken to have these.
const NARROWEST: usize = 40;

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Volume {
    Quiet,
    Normal,
    Verbose,
}

/// Which of the two streams are colored.
struct Colors {
    out: bool,
    err: bool,
}

/// Standard error, and the user behind it.
pub(crate) struct Terminal {
    volume: Volume,
    started: Instant,
    colors: Colors,
    interactive: bool,
    /// Whether bars can be drawn anew in their place.
    has_bars: bool,
    log: Log,
    /// The bar that was begun last, which may stand on the terminal.
    bar: Mutex<Option<ProgressBar>>,
    interruption: Arc<Interruption>,
}

impl Terminal {
    /// Listens for [signals](mod@crate::cli::interruption) from here on; `in_workflow` says that
    /// the runner of a workflow reads what is printed.
    pub(crate) fn new(args: &Args, in_workflow: bool) -> Terminal {
        let plain = is_plain();
        let wanted = |is_terminal: bool| match args.color {
            Color::Auto => is_terminal && !plain,
            Color::Always => true,
            Color::Never => false,
        };

        Terminal {
            volume: match (args.quiet, args.verbose) {
                (true, _) => Volume::Quiet,
                (false, true) => Volume::Verbose,
                (false, false) => Volume::Normal,
            },
            started: Instant::now(),
            colors: Colors {
                out: wanted(std::io::stdout().is_terminal()),
                err: wanted(std::io::stderr().is_terminal()),
            },
            interactive: std::io::stderr().is_terminal(),
            has_bars: std::io::stderr().is_terminal() && !is_dumb(),
            log: Log { in_workflow },
            bar: Mutex::new(None),
            interruption: Interruption::listen(args.quiet),
        }
    }

    /// Whether the run is to end.
    pub(crate) fn interrupted(&self) -> bool {
        self.interruption.asked()
    }

    /// Set once the run is to end.
    pub(crate) fn interrupt_flag(&self) -> Arc<AtomicBool> {
        self.interruption.flag()
    }

    /// What ends the run, and waits for what must not be cut short.
    pub(crate) fn interruption(&self) -> &Arc<Interruption> {
        &self.interruption
    }

    /// An error if the run is to end: asked between two stages.
    pub(crate) fn may_go_on(&self) -> anyhow::Result<()> {
        if self.interrupted() {
            return Err(RescoreError::Interrupted.into());
        }
        Ok(())
    }

    /// Whether results on standard output are colored.
    pub(crate) fn color_out(&self) -> bool {
        self.colors.out
    }

    /// Whether the runner of a workflow reads what is printed.
    pub(crate) fn in_workflow(&self) -> bool {
        self.log.in_workflow
    }

    /// The columns of the terminal that results go to; `None` where they go to a file or a program.
    #[expect(clippy::unused_self, reason = "it is a question about the terminal")]
    pub(crate) fn width_out(&self) -> Option<usize> {
        let out = std::io::stdout();
        if !out.is_terminal() {
            return None;
        }

        // A terminal that does not know its size has what the environment says, or what all have.
        let told = terminal_size::terminal_size_of(out).map(|(width, _)| usize::from(width.0));
        let said = || {
            let columns: usize = std::env::var("COLUMNS").ok()?.trim().parse().ok()?;
            (columns > 0).then_some(columns)
        };
        Some(told.or_else(said).unwrap_or(WIDTH).max(NARROWEST))
    }

    /// Whether only results, warnings and errors are printed.
    pub(crate) fn is_quiet(&self) -> bool {
        self.volume == Volume::Quiet
    }

    /// A line of information.
    pub(crate) fn say(&self, line: &str) {
        if self.volume != Volume::Quiet {
            self.print(&self.fitted(&without_middle(&shown(line))));
        }
    }

    /// A step that is done, with the seconds since the start, for those who asked for more.
    pub(crate) fn step(&self, line: &str) {
        if self.volume == Volume::Verbose {
            self.say(&format!(
                "[{:7.2} s] {line}",
                self.started.elapsed().as_secs_f64()
            ));
        }
    }

    /// Something that may help the user, and changes nothing about what results mean.
    pub(crate) fn hint(&self, line: &str) {
        self.say(&format!("hint: {line}"));
    }

    /// Something without which results may be taken for what they are not, or that was asked for
    /// and not done; printed even when quiet.
    pub(crate) fn warn(&self, line: &str) {
        const LABEL: &str = "warning:";
        let text = self.fitted(&without_middle(&format!("{LABEL} {}", shown(line))));
        match text.strip_prefix(LABEL).filter(|_| self.colors.err) {
            Some(rest) => self.print(&format!("\u{1b}[33m{LABEL}\u{1b}[0m{rest}")),
            None => self.print(&text),
        }
    }

    /// The one error that ends the program; printed even when quiet.
    pub(crate) fn error(&self, error: &anyhow::Error) {
        let label = if self.colors.err {
            "\u{1b}[31merror:\u{1b}[0m"
        } else {
            "error:"
        };
        self.print(&format!("{label} {}", without_middle(&told(error))));
    }

    /// Lines on standard error, above the bar that may stand there.
    fn print(&self, lines: &str) {
        let print = || print_lines(&self.log.line(lines));
        let bar = self.bar.lock().expect("nothing panics while it holds it");
        match &*bar {
            Some(bar) if !bar.is_finished() => bar.suspend(print),
            Some(_) | None => print(),
        }
    }

    /// Lines broken between words where a terminal would break them within: prose, not tables.
    fn fitted(&self, lines: &str) -> String {
        let fitted = lines.lines().map(|line| {
            let words = line.trim_start();
            let is_prose = !words.contains("  ");
            if self.interactive && is_prose && line.chars().count() > WIDTH {
                let indent = line.len() - words.len();
                let broken = wrapped(&line[..indent], words, indent + 2);
                broken.trim_end().to_owned()
            } else {
                line.to_owned()
            }
        });
        fitted.collect::<Vec<_>>().join("\n")
    }

    /// Commands of ours to the runner of a workflow, a line each, after all that was written to
    /// `out`, which is standard output and would spell them so that they are none.
    #[expect(clippy::unused_self, reason = "printing goes through the terminal")]
    pub(crate) fn command(&self, lines: &str, out: &mut dyn Write) -> io::Result<()> {
        out.flush()?;
        io::stdout().write_all(lines.as_bytes())
    }

    /// A bar on a terminal; plain lines, at most one in ten seconds, elsewhere.
    pub(crate) fn progress(&self, unit: &'static str) -> Progress {
        let bar = ProgressBar::new(0);
        if self.has_bars && self.volume != Volume::Quiet {
            let style = ProgressStyle::with_template("{msg:24!} {wide_bar} {counts}")
                .expect("the template is written above and tested by every run");
            let counts = move |state: &ProgressState, text: &mut dyn std::fmt::Write| {
                // How many there are may not be known yet.
                if let Some(length) = state.len().filter(|length| *length > 0) {
                    let (done, left) = (state.pos(), HumanDuration(state.eta()));
                    let rate = state.per_sec();
                    let _ = write!(
                        text,
                        "{done}/{length} {unit}, {rate:.0} a second, {left:#} left"
                    );
                }
            };
            bar.set_style(style.with_key("counts", counts).progress_chars("=> "));
            *self.bar.lock().expect("nothing panics while it holds it") = Some(bar.clone());
        } else {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }

        Progress {
            bar,
            unit,
            log: self.log,
            plain: (!self.has_bars && self.volume != Volume::Quiet)
                .then(|| Mutex::new(Instant::now())),
        }
    }
}

/// Where standard error goes.
#[derive(Debug, Clone, Copy)]
struct Log {
    in_workflow: bool,
}

impl Log {
    /// Lines as they are, or so that no runner of a workflow that reads along takes one for a
    /// command.
    fn line(self, lines: &str) -> Cow<'_, str> {
        if self.in_workflow {
            Harmless::default().piece(lines)
        } else {
            Cow::Borrowed(lines)
        }
    }
}

/// A message of which a file made a page, without its middle, and without those of its words.
fn without_middle(message: &str) -> String {
    const MOST: usize = 2_000;
    let message = with_short_words(message);
    if message.len() <= MOST {
        return message;
    }
    let start = message.floor_char_boundary(MOST * 3 / 4);
    let end = message.ceil_char_boundary(message.len() - MOST / 4);
    format!("{} [...] {}", &message[..start], &message[end..])
}

/// How far long work has come.
pub(crate) struct Progress {
    bar: ProgressBar,
    unit: &'static str,
    log: Log,
    /// When the last plain line was printed, where lines are printed at all.
    plain: Option<Mutex<Instant>>,
}

impl Progress {
    /// A new stretch of `length` units named `message` begins.
    pub(crate) fn begin(&self, message: &str, length: usize) {
        self.bar.reset();
        self.bar.set_length(length as u64);
        self.bar.set_message(shown(message));
    }

    /// More units lie ahead than was known.
    pub(crate) fn extend(&self, units: usize) {
        self.bar.inc_length(units as u64);
    }

    /// `units` more are done.
    pub(crate) fn advance(&self, units: usize) {
        self.bar.inc(units as u64);
        let Some(last) = &self.plain else { return };

        let mut last = last
            .lock()
            .expect("no thread panics while it holds the clock");
        if last.elapsed() >= Duration::from_secs(10) {
            *last = Instant::now();
            let (done, all) = (self.bar.position(), self.bar.length().unwrap_or(0));
            let message = self.bar.message();
            let message = self.log.line(&message);
            print_lines(&format!("{message}: {done}/{all} {}", self.unit));
        }
    }

    /// The work is over: the bar goes away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_of_a_help_are_those_that_are_typed_anywhere() {
        let choice = |line: &str| color_choice(line.split_whitespace().map(OsString::from));
        assert_eq!(choice("--help"), ColorChoice::Auto);
        assert_eq!(choice("train --color never --foo"), ColorChoice::Never);
        assert_eq!(choice("--color=always nbest"), ColorChoice::Always);
        assert_eq!(choice("--color never --color=auto"), ColorChoice::Auto);
        assert_eq!(choice("--color pink --help"), ColorChoice::Auto);
        assert_eq!(choice("score --color"), ColorChoice::Auto);
        assert_eq!(choice("score -- --color never"), ColorChoice::Auto);
    }
}
