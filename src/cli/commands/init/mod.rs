//! `init`: a suite and a workflow for a repository of the user's, which writes over nothing.

mod cluster;
mod scalar;

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::ValueEnum;
use clap::builder::NonEmptyStringValueParser;

use crate::cli::args::model::path_of;
use crate::cli::commands::init::cluster::Asked;
use crate::cli::commands::init::scalar::scalar;
use crate::cli::exit::{Exit, print, print_of};
use crate::cli::repository::top_of;
use crate::cli::terminal::Terminal;
use crate::files::resolved;
use crate::report::shell;

const SUITE: &str = include_str!("suite.toml");
const GITHUB: &str = include_str!("github.yml");
const GITLAB: &str = include_str!("gitlab.yml");
const IGNORED: &str = include_str!("gitignore");
const ATTRIBUTES: &str = include_str!("gitattributes");
const GITLAB_ROOT: &str = "include:\n  - local: .gitlab/robustness.yml\n";

/// What is written where.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    robustness-check init github --model my-model --nbest data/test.jsonl\n  \
    robustness-check init gitlab\n  \
    robustness-check init slurm --shards 64 --model my-model\n\n\
    Nothing is written over: where one of the files is there, none is written, but that the\n\
    suite of another service is kept.")]
pub(crate) struct Args {
    /// The service that is to run the check, or the cluster
    #[arg(value_enum, default_value_t = Service::Github)]
    service: Service,
    /// Shards of the check on a cluster: so many processes share its utterances
    #[arg(
        long,
        value_name = "N",
        default_value_t = 16,
        value_parser = clap::value_parser!(u32).range(1..=100_000)
    )]
    shards: u32,
    /// The rescorer that the workflow checks, as --model of a check takes it
    #[arg(
        long,
        value_name = "MODEL",
        default_value = "demo",
        value_parser = NonEmptyStringValueParser::new()
    )]
    model: String,
    /// The n-best lists that it is checked on, as the repository names them; the bundled ones if
    /// not given
    #[arg(
        long,
        value_name = "FILE",
        default_value = "",
        hide_default_value = true
    )]
    nbest: String,
    /// The git repository that the workflow builds robustness-check from, as `cargo install --git`
    /// takes it; to be written into the workflow if not given
    #[arg(
        long,
        value_name = "URL",
        default_value = "",
        hide_default_value = true
    )]
    source: String,
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
    /// robustness/slurm.sh, which submits an array of shards and a merge that waits for them
    Slurm,
    /// robustness/kubernetes: an indexed job of shards, and a job that merges
    Kubernetes,
    /// robustness/ray_check.py, which has Ray run shards, and merges
    Ray,
}

/// Writes the files, and says what to do next.
pub(crate) fn run(args: &Args, out: &mut dyn Write, terminal: &Terminal) -> anyhow::Result<Exit> {
    // What the service would read as an expression, or as a variable, is spelled so that it is none.
    let literal = |text: &str| match args.service {
        Service::Github => scalar(&text.replace("${{", "${{ '${{' }}")),
        Service::Gitlab => scalar(&text.replace('$', "$$")),
        Service::Slurm | Service::Kubernetes | Service::Ray => scalar(text),
    };
    let workflow = |template: &str| {
        template
            .replace("@MODEL@", &literal(&args.model))
            .replace("@NBEST@", &literal(&args.nbest))
            .replace("@SOURCE@", &literal(&args.source))
    };
    let mut files = vec![
        ("robustness/suite.toml", SUITE.to_owned()),
        // One of its own: the repository's is the user's.
        ("robustness/.gitignore", IGNORED.to_owned()),
    ];
    // A cluster checks what is checked elsewhere already, and another service the same, whatever
    // became of it.
    let on_cluster = !matches!(args.service, Service::Github | Service::Gitlab);
    let other = match args.service {
        Service::Github => ".gitlab/robustness.yml",
        _ => ".github/workflows/robustness.yml",
    };
    let is_second = on_cluster || args.dir.join(other).exists();
    if !on_cluster {
        files.push(("robustness/.gitattributes", ATTRIBUTES.to_owned()));
    }
    let mut text = String::new();
    files.retain(|(name, content)| {
        let path = args.dir.join(name);
        let is_as_written = || fs::read_to_string(&path).is_ok_and(|there| there == *content);
        let is_kept = path.exists() && (is_second || is_as_written());
        if is_kept {
            let _ = writeln!(text, "kept {name}");
        }
        !is_kept
    });
    let asked = Asked {
        model: &args.model,
        nbest: &args.nbest,
        shards: args.shards,
    };
    let mut by_hand = String::new();
    match args.service {
        Service::Github => files.push((".github/workflows/robustness.yml", workflow(GITHUB))),
        Service::Gitlab => {
            files.push((".gitlab/robustness.yml", workflow(GITLAB)));
            if args.dir.join(".gitlab-ci.yml").exists() {
                by_hand = format!("add to .gitlab-ci.yml:\n{GITLAB_ROOT}");
            } else {
                files.push((".gitlab-ci.yml", GITLAB_ROOT.to_owned()));
            }
        }
        Service::Slurm => files.extend(cluster::slurm(&asked)),
        Service::Kubernetes => files.extend(cluster::kubernetes(&asked)),
        Service::Ray => files.extend(cluster::ray(&asked)),
    }

    refuse_no_folder(&args.dir)?;
    if !on_cluster {
        refuse_below_top(&args.dir)?;
    }
    for (name, _) in &files {
        refuse_link(&args.dir, Path::new(name))?;
        let path = args.dir.join(name);
        anyhow::ensure!(
            path.symlink_metadata().is_err(),
            "{} is there already: nothing was written; move it away, or change it by hand",
            path.display()
        );
    }

    let mut made = Made::default();
    for (name, content) in &files {
        if let Err(error) = made.write(&args.dir, Path::new(name), content) {
            made.remove();
            return Err(error);
        }
        let _ = writeln!(text, "wrote {name}");
    }
    let next = match args.service {
        Service::Github | Service::Gitlab => next(args),
        Service::Slurm => cluster::next("sh robustness/slurm.sh"),
        Service::Kubernetes => cluster::next("kubectl apply -f robustness/kubernetes/shards.yaml"),
        Service::Ray => cluster::next("python robustness/ray_check.py"),
    };
    // Without what is left to be done by hand, nothing runs.
    let text = if terminal.is_quiet() {
        by_hand
    } else {
        text + &by_hand + &next
    };
    let written = ("what the service needs", args.dir.as_path());
    print_of(written, out, |out| print(out, &text))?;

    for missing in missing(args) {
        terminal.warn(&missing);
    }
    Ok(Exit::Pass)
}

/// What the workflow takes for granted and the repository does not have, or not yet: whatever makes
/// it may run before the check.
fn missing(args: &Args) -> Vec<String> {
    let lists = Some(args.nbest.as_str()).filter(|name| !name.is_empty());
    let named = [("--model", path_of(&args.model)), ("--nbest", lists)];
    let dir = args.dir.display();
    let is_service = matches!(args.service, Service::Github | Service::Gitlab);

    let named = named
        .into_iter()
        .filter_map(|(option, path)| Some((option, path?)));
    named
        .filter_map(|(option, path)| {
            let place = args.dir.join(path);
            let is_outside = !resolved(&place).starts_with(resolved(&args.dir));
            if is_service && (is_outside || Path::new(path).is_absolute()) {
                return Some(format!(
                    "{path} ({option}) is not named as a file of the repository, which runners \
                        have elsewhere: put it into {dir}, and name it as seen from there, or see \
                        to it that they have it in that place"
                ));
            }
            (!place.exists()).then(|| {
                format!(
                    "there is no {path} in {dir} ({option}): the check fails unless a step before \
                        it brings it there"
                )
            })
        })
        .collect()
}

/// What the user does next: the program on the runners, a first baseline, and all of it committed.
fn next(args: &Args) -> String {
    let nbest = match args.nbest.as_str() {
        "" => String::new(),
        nbest => format!(" --nbest {}", shell::word(nbest)),
    };

    let source = if args.source.is_empty() {
        "set SOURCE in the workflow, the git repository to install\nrobustness-check from; then"
    } else {
        "the workflow installs robustness-check;"
    };

    format!(
        "next: {source} write a first baseline,\n  \
         robustness-check --model {}{nbest} \\\n    \
         --suite robustness/suite.toml --out robustness/report \\\n    \
         --baseline robustness/baseline/report.json --update-baseline\n\
         and commit all of it. The workflow is then red where the model fails, or is\n\
         shown to make over 5 % more errors than the baseline; what cannot be told\n\
         passes, with a warning.\n",
        shell::word(&args.model)
    )
}

/// Refuses a repository that is not there.
fn refuse_no_folder(dir: &Path) -> anyhow::Result<()> {
    let shown = dir.display();
    anyhow::ensure!(
        dir.exists(),
        "there is no folder {shown}: make it first, or name another one with --dir"
    );
    anyhow::ensure!(
        dir.is_dir(),
        "{shown} is a file, and workflows are written into a folder: name one with --dir"
    );
    Ok(())
}

/// Refuses a folder within a repository: services read what is at its top, and nothing below it.
fn refuse_below_top(dir: &Path) -> anyhow::Result<()> {
    if let Some(top) = top_of(dir).filter(|top| *top != resolved(dir)) {
        let top = top.display();
        anyhow::bail!(
            "{} lies in the Git repository {top}, and a workflow is read at its top alone: nothing \
                was written; name that with --dir {top}, and the model and the lists as seen from \
                there",
            dir.display()
        );
    }
    Ok(())
}

/// Refuses a folder on the way to the file `name` that is a link, which may lead out of the
/// repository `dir`.
fn refuse_link(dir: &Path, name: &Path) -> anyhow::Result<()> {
    for folder in name.ancestors().skip(1) {
        let path = dir.join(folder);
        let is_link = folder != Path::new("") && path.is_symlink();
        anyhow::ensure!(
            !is_link,
            "{} is a link, and may lead out of the repository: nothing was written; put a folder \
                in its place",
            path.display()
        );
    }

    Ok(())
}

/// What this run has made so far: where it cannot make the rest, all of it goes.
#[derive(Default)]
struct Made {
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
}

impl Made {
    /// Writes a file that is not there yet, and the folders on the way to it.
    fn write(&mut self, dir: &Path, name: &Path, content: &str) -> anyhow::Result<()> {
        let path = dir.join(name);
        let failed = || format!("failed to write {}", path.display());
        let mut folders: Vec<PathBuf> = name
            .ancestors()
            .skip(1)
            .map(|name| dir.join(name))
            .collect();
        folders.reverse();
        for folder in folders.into_iter().filter(|folder| !folder.is_dir()) {
            fs::create_dir(&folder).with_context(failed)?;
            self.folders.push(folder);
        }

        let mut file = match File::create_new(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                anyhow::bail!("{} is there already: it stays as it is", path.display())
            }
            file => file.with_context(failed)?,
        };
        self.files.push(path.clone());
        file.write_all(content.as_bytes()).with_context(failed)
    }

    /// Removes what was made; folders that others have put something into stay.
    fn remove(&self) {
        // The error that led here is told; what cannot be removed is where it says.
        for file in &self.files {
            let _ = fs::remove_file(file);
        }
        for folder in self.folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}
