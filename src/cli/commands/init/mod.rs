//! `init`: a suite and a workflow for a repository of the user's, which writes over nothing.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::ValueEnum;

use crate::cli::exit::{self, Exit};
use crate::report::shell;

const SUITE: &str = include_str!("suite.toml");
const GITHUB: &str = include_str!("github.yml");
const GITLAB: &str = include_str!("gitlab.yml");
const GITLAB_ROOT: &str = "include:\n  - local: .gitlab/robustness.yml\n";

/// What is written where.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    robustness-check init github --model checkpoints/rescorer --nbest data/test.jsonl\n  \
    robustness-check init gitlab\n\n\
    Nothing is written over: where one of the files is there, none is written.")]
pub(crate) struct Args {
    /// The service that is to run the check
    #[arg(value_enum, default_value_t = Service::Github)]
    service: Service,
    /// The rescorer that the workflow checks, as --model of a check takes it
    #[arg(long, value_name = "MODEL", default_value = "first-pass")]
    model: String,
    /// The n-best lists that it is checked on, as the repository names them; the bundled ones if not given
    #[arg(
        long,
        value_name = "FILE",
        default_value = "",
        hide_default_value = true
    )]
    nbest: String,
    /// The repository
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Service {
    /// .github/workflows/robustness.yml
    Github,
    /// .gitlab/robustness.yml, and a .gitlab-ci.yml that includes it where there is none
    Gitlab,
}

/// Writes the files, and says what to do next.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let workflow = |template: &str| {
        template
            .replace("@MODEL@", &scalar(&args.model))
            .replace("@NBEST@", &scalar(&args.nbest))
    };
    let mut files = vec![("robustness/suite.toml", SUITE.to_owned())];
    let mut hint = None;
    match args.service {
        Service::Github => files.push((".github/workflows/robustness.yml", workflow(GITHUB))),
        Service::Gitlab => {
            files.push((".gitlab/robustness.yml", workflow(GITLAB)));
            if args.dir.join(".gitlab-ci.yml").exists() {
                hint = Some(format!("add to .gitlab-ci.yml:\n{GITLAB_ROOT}"));
            } else {
                files.push((".gitlab-ci.yml", GITLAB_ROOT.to_owned()));
            }
        }
    }

    anyhow::ensure!(args.dir.is_dir(), "{} is no folder", args.dir.display());
    for (name, _) in &files {
        let path = args.dir.join(name);
        anyhow::ensure!(
            path.symlink_metadata().is_err(),
            "{} is there already: nothing was written; move it away, or change it by hand",
            path.display()
        );
    }

    let mut text = String::new();
    for (name, content) in &files {
        create(&args.dir.join(name), content)?;
        let _ = writeln!(text, "wrote {name}");
    }
    if let Some(hint) = hint {
        text.push_str(&hint);
    }
    text.push_str(&next(args));
    out.write_all(text.as_bytes())
        .context(exit::STANDARD_OUTPUT)?;
    Ok(Exit::Pass)
}

/// What the user does next: a first baseline, and the workflow committed.
fn next(args: &Args) -> String {
    let nbest = match args.nbest.as_str() {
        "" => String::new(),
        nbest => format!(" --nbest {}", shell::word(nbest)),
    };
    format!(
        "next: look at these files; write a first baseline, so that a model that gets worse fails,\n  \
         robustness-check --model {}{nbest} --suite robustness/suite.toml \\\n    \
         --baseline robustness/baseline/report.json --update-baseline\n\
         and commit all of it but robustness-report\n",
        shell::word(&args.model)
    )
}

/// A text as a scalar of YAML, which reads the strings of JSON.
fn scalar(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Writes a file that is not there yet.
fn create(path: &Path, content: &str) -> anyhow::Result<()> {
    let failed = || format!("failed to write {}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(failed)?;
    }

    let file = File::create_new(path);
    let mut file = match file {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            anyhow::bail!("{} is there already: it stays as it is", path.display())
        }
        file => file.with_context(failed)?,
    };
    file.write_all(content.as_bytes()).with_context(failed)
}
