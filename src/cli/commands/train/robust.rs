//! Robust training as its options name it.

use std::sync::Arc;

use anyhow::Context;

use crate::bert::batch::TextTokenizer;
use crate::cli::commands::train::option_names::in_options;
use crate::cli::commands::train::options::{ConsistencyName, Options, RobustName};
use crate::nbest::Utterance;
use crate::perturb::menu::Replacements;
use crate::phonetics::distance::PhoneticDistance;
use crate::phonetics::lexicon::Lexicon;
use crate::train::robust::{ConsistencyOf, Perturber, Robust, Touched, training_lexicon};

/// How lists are perturbed, if they are.
pub(super) fn settings(options: &Options) -> anyhow::Result<Option<Robust>> {
    let Some(name) = options.robust else {
        let given = [
            ("--robust-probability", options.robust_probability.is_some()),
            ("--robust-words", options.robust_words.is_some()),
            ("--robust-distance", options.robust_distance.is_some()),
            ("--consistency", options.consistency.is_some()),
            ("--consistency-of", options.consistency_of.is_some()),
        ];
        return match given.iter().find(|(_, given)| *given) {
            Some((option, _)) => {
                anyhow::bail!(
                    "{option} is about robust training: ask for it with --robust perturb-n"
                )
            }
            None => Ok(None),
        };
    };

    let distance = options.robust_distance.unwrap_or(0.0);
    let robust = Robust {
        perturbation: match name {
            RobustName::One => Touched::FirstPassBest,
            RobustName::All => Touched::All,
            RobustName::Alike => Touched::Alike,
        },
        probability: options.robust_probability.unwrap_or(0.3),
        words: options.robust_words.unwrap_or(1),
        max_distance: PhoneticDistance::from_f64(distance)
            .context("--robust-distance")?
            .milli(),
        consistency: options.consistency.unwrap_or(0.0),
        consistency_of: match options.consistency_of {
            Some(ConsistencyName::Scores) => ConsistencyOf::Scores,
            Some(ConsistencyName::Ranking) | None => ConsistencyOf::Ranking,
        },
    };
    robust.check().map_err(|error| in_options(error, options))?;

    Ok(Some(robust))
}

/// What perturbs the lists of `utterances`, and the hash of the words it swaps.
pub(super) fn perturber(
    robust: Robust,
    seed: u64,
    utterances: &[Utterance],
    tokenizer: &Arc<TextTokenizer>,
) -> anyhow::Result<(Perturber, String)> {
    let lexicon = training_lexicon(Lexicon::embedded())
        .context("the embedded lexicon has words in both halves")?;
    let perturber = Perturber::new(
        robust,
        seed,
        utterances.to_vec(),
        Replacements::from(&lexicon),
        Arc::clone(tokenizer),
    )?;

    Ok((perturber, lexicon.content_hash()))
}
