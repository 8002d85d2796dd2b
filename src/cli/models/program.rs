//! `exec:COMMAND`: programs that score.

use std::fmt::Write;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use crate::cli::args::command_files::named_files;
use crate::cli::args::model::ModelInput;
use crate::cli::args::score_cache::identity;
use crate::cli::models::announced::Announced;
use crate::cli::models::model::{Model, listwise, pointwise};
use crate::cli::terminal::{Progress, Terminal};
use crate::report::model_kind::ModelKind;
use crate::report::shown::shown;
use crate::rescore::cache::CachedLists;
use crate::rescore::exec::{ExecOptions, ExecScorer, Hello};
use crate::rescore::list_scorer::ListScorer;

/// Starts the program `command`, which ends with the model.
pub(crate) fn load(
    input: &ModelInput,
    command: &str,
    terminal: &Terminal,
    progress: Arc<Progress>,
) -> anyhow::Result<Model> {
    let cache = input.cache.open()?;
    let advanced = Arc::clone(&progress);
    let options = ExecOptions {
        command: command.to_owned(),
        processes: input.program.processes as usize,
        batch_texts: input.program.batch_texts as usize,
        timeout: Duration::from_secs_f64(input.program.timeout),
        cancel: terminal.interrupt_flag(),
        progress: Arc::new(move |texts| advanced.advance(texts)),
    };

    let interpolation = input.plain_interpolation();
    let scorer = ExecScorer::start(options, interpolation)?;

    let (named, hides) = named_files(command);
    terminal.step(&told(&named));
    let mut record = input.record(ModelKind::Exec, interpolation);
    record.content_hash = Some(content_hash(command, &named, scorer.hello()));
    record.says = Some(shown(&scorer.hello().to_string()));

    let introduction = introduction(scorer.hello());
    let hidden = (hides && cache.is_some()).then(|| HIDDEN.to_owned());
    let notices = input.weight_notice().into_iter().chain(hidden).collect();

    let identity = identity(&record, &input.device, &stamp(&named));
    if !scorer.hello().listwise {
        let scorer = Announced { scorer, progress };
        let model = pointwise(scorer, cache, identity, record, notices);
        return Ok(model.remarking(introduction));
    }

    let scorer = scorer.listwise();
    let scorer: Arc<dyn ListScorer> = match &cache {
        Some(cache) => Arc::new(CachedLists::new(scorer, Arc::clone(cache), identity)),
        None => Arc::new(scorer),
    };
    Ok(listwise(scorer, cache, record, notices).remarking(introduction))
}

/// What is said where scores are kept and not all files that decide them may be known.
const HIDDEN: &str = "the command names files by a pattern, another command or what ${..} makes of \
    a variable: --cache cannot tell when these change; name them as they are, or have the program \
    say another version";

/// What the program says it is, for a note.
fn introduction(hello: &Hello) -> String {
    if hello.name.is_empty() && hello.version.is_empty() {
        return "the program does not say what it is: with a \"name\" and a \"version\" in its \
            first line, one whose scores change is told from what it was before"
            .to_owned();
    }
    format!("the program says it is {}", shown(&hello.to_string()))
}

/// Which files tell one model from another, in a line.
fn told(named: &[PathBuf]) -> String {
    if named.is_empty() {
        return "the command names no file: a model that changes is told by its version alone"
            .to_owned();
    }
    let names: Vec<String> = named
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    format!(
        "the model changes with what the command names: {}",
        names.join(", ")
    )
}

/// Hash of what decides a program's scores, as far as it can be known from here: the command, what
/// the program says it is, and the files that the command names.
fn content_hash(command: &str, named: &[PathBuf], hello: &Hello) -> String {
    const LARGEST: u64 = 64 << 20;

    let mut hasher = blake3::Hasher::new();
    for part in [command, &hello.name, &hello.version] {
        hasher.update(part.as_bytes());
        hasher.update(&[0]);
    }

    for path in named {
        let length = fs::metadata(path).map(|found| (found.is_file(), found.len()));
        match length {
            // Nobody waits for gigabytes to be read.
            Ok((true, length)) if length > LARGEST => {
                hasher.update(&length.to_le_bytes());
            }
            Ok((true, _)) => {
                hasher.update(&fs::read(path).unwrap_or_default());
            }
            Ok((false, _)) | Err(_) => {}
        }
    }

    hasher.finalize().to_hex().to_string()
}

/// Sizes and times of the files and folders that the command names: a model that is trained again
/// in its place is another one, though nobody reads its gigabytes to see that.
fn stamp(named: &[PathBuf]) -> String {
    let mut stamp = String::new();
    let mut left = MOST_STAMPED;
    for path in named {
        stamp_into(path, &mut stamp, &mut left);
    }

    stamp
}

/// The most files of a command's folders that are looked at.
const MOST_STAMPED: usize = 10_000;

fn stamp_into(path: &Path, stamp: &mut String, left: &mut usize) {
    let Ok(found) = fs::metadata(path) else {
        return;
    };
    if *left == 0 {
        return;
    }
    *left -= 1;

    if found.is_file() {
        let _ = write!(
            stamp,
            "{}|{}|{}|",
            path.display(),
            found.len(),
            changed(&found)
        );
        return;
    }

    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let mut inner: Vec<_> = entries.map(|entry| entry.path()).collect();
    inner.sort();
    for path in inner {
        stamp_into(&path, stamp, left);
    }
}

/// When a file was changed, in nanoseconds since 1970.
fn changed(found: &Metadata) -> u128 {
    let changed = found.modified().ok();
    changed
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
        .map_or(0, |time| time.as_nanos())
}
