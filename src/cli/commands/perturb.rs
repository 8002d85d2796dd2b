//! `perturb`: the perturbed lists of a suite, for systems that are not ours.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use rayon::prelude::*;

use crate::cli::args::draws::DrawInput;
use crate::cli::args::input::NBestInput;
use crate::cli::args::outputs::{ForceInput, is_line, refuse_second_dash, suite_inputs};
use crate::cli::args::suite_name::SuiteName;
use crate::cli::commands::lexicon::{LexiconInput, warn_of_unknown};
use crate::cli::exit::Exit;
use crate::cli::suite_notes::tell_of_check;
use crate::cli::terminal::Terminal;
use crate::nbest::Utterance;
use crate::perturb::draw::{DrawKey, draw_from};
use crate::perturb::left_out::{SwapCounts, swap_counts};
use crate::perturb::menu::{Menu, Replacements};
use crate::perturb::perturbed_list::PerturbedList;
use crate::perturb::{Hypotheses, Perturbation, Target};
use crate::phonetics::neighbours::NeighbourIndex;
use crate::report::edit_sites::{EditSites, edited, untouched};
use crate::report::swaps::SwapsRecord;
use crate::suite::{Check, Suite};

/// Which lists, and how they are perturbed.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Each line of the output is one draw of one utterance; utterances are sorted by \
        id:\n  \
        {\"id\": .., \"speaker\": .., \"draw\": 0, \"ref\": ..,\n   \
        \"hyps\": [{\"text\": .., \"original\": .., \"score\": ..}],\n   \
        \"substitutions\": [{\"hyp\": 0, \"word\": 3, \"from\": \"there\", \"to\": \"their\",\
        \n                      \
        \"distance\": 0.0}],\n   \
        \"key\": ..}\n\n\
        \"word\" counts in the original text; \"from\" is empty where a word is put in, \"to\" \
        where one is left out. \"key\" is the same in all lines, and another for another suite, \
        check, seed, lexicon or other lists: `corrections` looks at it. These are the lists that a check of the same suite and seed \
        scores.\n\n\
        A check with --model scores:FILE asks for the score of each \"text\" and each \"original\", in \
        lines {\"text\": .., \"score\": ..} or {\"texts\": [..], \"scores\": [..]}. `score` writes such \
        lines, too: for these lists, with an id for each draw (jq -c '{id: \"\\(.id)/\\(.draw)\", hyps}'), \
        and for those that they were made from.\n\n\
        Example:\n  \
        robustness-check perturb --suite perturb-n --nbest test.jsonl \\\n    \
        --out cases.jsonl"
)]
pub(crate) struct Args {
    /// Built-in suite (perturb-1, perturb-n, perturb-n-coherent, or severity with --check) or path
    /// of a suite file
    #[arg(
        long,
        value_name = "NAME|FILE",
        value_parser = SuiteName,
        hide_possible_values = true
    )]
    suite: String,
    /// Check of the suite, where it has several
    #[arg(long, value_name = "NAME")]
    check: Option<String>,
    /// File to write; standard output if not given, or if it is -
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    draws: DrawInput,
    /// Threads; all cores if not given. Changes speed, never a result
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    jobs: Option<u32>,
    #[command(flatten)]
    nbest: NBestInput,
    #[command(flatten)]
    lexicon: LexiconInput,
    #[command(flatten)]
    force: ForceInput,
}

/// Draws every case and writes a line for each.
pub(crate) fn run(args: &Args, out: &mut dyn Write, terminal: &Terminal) -> anyhow::Result<Exit> {
    let suite = Suite::open(&args.suite)?;
    let check = chosen(&suite, args.check.as_deref())?;
    let inputs = [
        suite_inputs([&args.suite], std::slice::from_ref(&suite)),
        args.nbest.inputs(),
        args.lexicon.inputs(),
    ]
    .concat();
    refuse_second_dash(&inputs)?;
    let is_ours = |line: &str| is_line(line, &["id", "draw", "ref", "hyps"]);
    let held = args
        .force
        .file_or_stdout(args.out.as_deref(), is_ours, &inputs)?;

    let lists = args.nbest.read(terminal)?;
    let lexicon = args.lexicon.read()?;
    warn_of_unknown(&lexicon.words_of(&lists)?, terminal);
    tell_of_check(&suite, check, &lexicon.lexicon, terminal)?;

    let replacements = Replacements::new(NeighbourIndex::new(&lexicon.lexicon));
    // 0 threads means all cores.
    let jobs = args.jobs.map_or(0, |jobs| jobs as usize);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build()?;
    let draws = Draws {
        suite: &suite,
        check,
        replacements: &replacements,
        key: args
            .draws
            .key(&suite, check, &lists.facts.content_hash, &lexicon.lexicon),
        seed: args.draws.seed,
        count: args.draws.draws_of(check),
    };

    if let Some(file) = &held {
        file.ensure_space(lists.survey.text_bytes * draws.count as u64)?;
    }

    let mut coverage = Coverage::default();
    let mut write = |out: &mut dyn Write| -> io::Result<()> {
        for part in lists.parts().map_err(io::Error::other)? {
            let utterances = part.map_err(io::Error::other)?.utterances;
            let lines = pool.install(|| {
                let lines = utterances.par_iter().map(|utterance| {
                    if terminal.interrupted() {
                        return Err(io::ErrorKind::Interrupted.into());
                    }
                    draws.lines(utterance)
                });
                lines.collect::<io::Result<Vec<Lines>>>()
            })?;
            for lines in lines {
                out.write_all(&lines.text)?;
                coverage.lists += draws.count;
                coverage.perturbed += lines.perturbed;
                coverage.sites += lines.sites;
            }
            if check.perturbation.kinds.swap > 0 {
                coverage.swaps += pool.install(|| {
                    swap_counts(&utterances, &check.perturbation, &replacements, |_| 0)
                });
            }
        }
        Ok(())
    };
    match held {
        Some(file) => file.write(write)?,
        None => write(out)?,
    }

    coverage.tell(&check.perturbation, terminal);
    Ok(Exit::Pass)
}

/// The check to draw from, which must not ask for a rescorer.
pub(crate) fn chosen<'a>(suite: &'a Suite, name: Option<&str>) -> anyhow::Result<&'a Check> {
    let names = || {
        suite
            .checks
            .iter()
            .map(|check| check.name.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };

    let check = match (name, suite.checks.as_slice()) {
        (Some(name), checks) => checks
            .iter()
            .find(|check| check.name == name)
            .ok_or_else(|| unknown(suite, name, &names()))?,
        (None, [check]) => check,
        (None, []) => anyhow::bail!(
            "the suite {} has no check of kind \"nprr\", and properties choose their texts as \
                they go: there is nothing to write",
            suite.name
        ),
        (None, _) => {
            anyhow::bail!(
                "the suite {} has several checks: choose one with --check, of {}",
                suite.name,
                names()
            )
        }
    };

    anyhow::ensure!(
        check.perturbation.hypotheses != Hypotheses::One(Target::RescoredBest),
        "the check \"{}\" perturbs the rescorer's pick, and there is no rescorer here: \
         use hypothesis = \"first-pass-best\" or \"first-pass-worst\"",
        check.name
    );

    Ok(check)
}

/// That a suite has no check of that name to draw lists from.
fn unknown(suite: &Suite, name: &str, names: &str) -> anyhow::Error {
    let mut properties = suite.properties.iter();
    let problem = match properties.find(|property| property.name == name) {
        Some(property) => format!(
            "\"{name}\" of the suite {} is a property ({}), which chooses its texts as it goes, and \
                no lists are written of it",
            suite.name,
            property.property.kind()
        ),
        None => format!("the suite {} has no check \"{name}\"", suite.name),
    };
    match names {
        "" => anyhow::anyhow!("{problem}"),
        names => anyhow::anyhow!("{problem}: choose one of {names}"),
    }
}

#[derive(Default)]
struct Coverage {
    lists: usize,
    perturbed: usize,
    swaps: SwapCounts,
    sites: EditSites,
}

impl Coverage {
    fn tell(&self, perturbation: &Perturbation, terminal: &Terminal) {
        if self.perturbed == 0 {
            terminal.warn(&untouched(perturbation, self.lists));
        } else {
            terminal.say(&edited(perturbation, self.lists, self.perturbed));
        }

        if perturbation.kinds.swap > 0 {
            terminal.say(&SwapsRecord::from(&self.swaps).sentence());
        }
        if let Some(sites) = self.sites.sentence(perturbation.kinds) {
            terminal.say(&sites);
        }
    }
}

/// What is drawn of every utterance.
struct Draws<'a> {
    suite: &'a Suite,
    check: &'a Check,
    replacements: &'a Replacements,
    /// What all of it is named by.
    key: String,
    seed: u64,
    count: usize,
}

/// The lines of one utterance.
struct Lines {
    text: Vec<u8>,
    sites: EditSites,
    perturbed: usize,
}

impl Draws<'_> {
    fn lines(&self, utterance: &Utterance) -> io::Result<Lines> {
        let perturbation = &self.check.perturbation;
        let menu = Arc::new(Menu::new(utterance, perturbation, self.replacements, 0));
        let mut lines = Lines {
            text: Vec::new(),
            sites: EditSites::of(&menu),
            perturbed: 0,
        };

        for draw in 0..self.count {
            let key = DrawKey {
                suite: &self.suite.name,
                check: &self.check.name,
                seed: self.seed,
                utterance: &utterance.id,
                draw,
            };
            let case = draw_from(&menu, perturbation, &key);
            lines.perturbed += usize::from(!case.edits().is_empty());
            let list = PerturbedList::new(utterance, draw, &case).with_key(&self.key);
            list.write(&mut lines.text)?;
        }

        Ok(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::toml;

    #[track_caller]
    fn check_choice(name: Option<&str>, expected: &str) {
        let check = |name: &str, more: &str| {
            format!("[[check]]\nname = \"{name}\"\nperturbation = \"perturb-1\"\n{more}\n")
        };
        let text = format!(
            "name = \"s\"\n{}{}[[check]]\nname = \"scores\"\nkind = \"finite-scores\"\n",
            check("near", "max_distance = 0.3"),
            check("pick", "hypothesis = \"rescored-best\"")
        );
        let suite = toml::read(&text, "s.toml").unwrap();
        let shown = match chosen(&suite, name) {
            Ok(check) => check.name.clone(),
            Err(error) => error.to_string(),
        };

        assert!(shown.starts_with(expected), "{shown}");
    }

    #[test]
    fn a_suite_of_several_checks_needs_one_named() {
        check_choice(Some("near"), "near");
        check_choice(
            None,
            "the suite s has several checks: choose one with --check, of near, pick",
        );
        check_choice(
            Some("far"),
            "the suite s has no check \"far\": choose one of near, pick",
        );
        check_choice(
            Some("scores"),
            "\"scores\" of the suite s is a property (finite-scores), which chooses its texts as it \
             goes, and no lists are written of it: choose one of near, pick",
        );
        check_choice(
            Some("pick"),
            "the check \"pick\" perturbs the rescorer's pick",
        );
    }
}
