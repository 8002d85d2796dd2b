//! `--seed` and `--draws`: which perturbed lists are drawn.

use crate::check::engine::plan::Plan;
use crate::cli::args::numbers::whole;
use crate::nbest::Utterance;
use crate::perturb::menu::Replacements;
use crate::perturb::perturbed_list::Drawn;
use crate::phonetics::lexicon::Lexicon;
use crate::suite::{Check, Suite};

/// Which perturbed lists are drawn of every utterance.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct DrawInput {
    /// Seed of every random draw
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = whole::<u64>)]
    pub(crate) seed: u64,
    /// Perturbed draws per utterance, instead of what the suite says
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) draws: Option<u32>,
}

impl DrawInput {
    /// How many lists `check` draws of an utterance.
    pub(crate) fn draws_of(self, check: &Check) -> usize {
        self.typed().unwrap_or(check.draws)
    }

    /// The key of what `check` of `suite` draws of `lists`, which is their hash.
    pub(crate) fn key(
        self,
        suite: &Suite,
        check: &Check,
        lists: &str,
        lexicon: &Lexicon,
    ) -> String {
        Drawn {
            suite: &suite.name,
            check: &check.name,
            perturbation: &check.perturbation,
            seed: self.seed,
            lists,
            lexicon: &lexicon.content_hash(),
        }
        .key()
    }

    /// `suites` over `utterances`, drawn so.
    pub(crate) fn plan<'a>(
        self,
        utterances: &'a [Utterance],
        suites: &'a [Suite],
        replacements: &'a Replacements,
    ) -> Plan<'a> {
        Plan {
            utterances,
            suites,
            replacements,
            seed: self.seed,
            draws: self.typed(),
        }
    }

    fn typed(self) -> Option<usize> {
        self.draws.map(|draws| draws as usize)
    }
}
