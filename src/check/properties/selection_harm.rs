//! Selection harm: perturbed, the list leads to a hypothesis that is worse than the clean pick, both read with their swaps.
//!
//! A mere flip is no harm: where the best text got worse, another one should be chosen.

use crate::check::engine::pair::{Choice, ListPair};
use crate::check::properties::drawn::{DrawnChoice, Sample, Worst};
use crate::check::properties::rate::Counted;
use crate::stats::gate::Margin;

/// Counts the trials that fail by more than the noise; see [`Choice::fails`].
pub fn count(sample: &Sample<'_>) -> Counted {
    let noise = sample.noise;
    let is_exception = |trial: &DrawnChoice| trial.choice.fails(noise);
    let exceptions: Vec<&DrawnChoice> = sample
        .trials
        .iter()
        .filter(|trial| is_exception(trial))
        .collect();
    let example = worst(exceptions.iter().map(|trial| &trial.choice)).and_then(|index| {
        Worst {
            trial: exceptions[index],
            source: &sample.sources[exceptions[index].source],
            is_exception: &|_, choice| choice.fails(noise),
            describe: &describe,
        }
        .minimal(sample.rescorer)
    });

    Counted {
        units: sample.units(&is_exception),
        margins: vec![Margin::Absolute(sample.max_rate)],
        figures: Vec::new(),
        example,
    }
}

fn describe(_: &ListPair, choice: &Choice) -> String {
    format!(
        "perturbed, a hypothesis with {} errors is picked, where the one picked before has {}",
        choice.text.errors(),
        choice.kept.errors()
    )
}

/// The index of the worst of several choices: the most damage, then the largest margin of the wrong
/// pick, then the earliest. `None` if there are none.
fn worst<'a>(choices: impl IntoIterator<Item = &'a Choice>) -> Option<usize> {
    let mut worst: Option<(usize, usize, f64)> = None;
    for (index, choice) in choices.into_iter().enumerate() {
        let (damage, lead) = (
            choice.damage(),
            -choice.margin_after.unwrap_or(f64::INFINITY),
        );
        if worst
            .is_none_or(|(_, most, longest)| damage > most || (damage == most && lead > longest))
        {
            worst = Some((index, damage, lead));
        }
    }

    worst.map(|(index, ..)| index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::engine::trial::Rescored;
    use crate::check::examples::utterance;
    use crate::nbest::Transcript;
    use crate::rescore::Interpolation;

    const SUM: Interpolation = Interpolation {
        first_pass_scale: 1.0,
        weight: 1.0,
    };

    #[test]
    fn the_worst_choice_does_the_most_damage_with_the_largest_margin() {
        let choice = |reference, after| {
            let texts = vec![Transcript::new("a b"), Transcript::new("c d")];
            let pair = ListPair::new(utterance("u", reference, &["a b", "c d"]), texts);

            let perturbed = Rescored::perturbed(pair.utterance(), pair.texts(), &[0.0, after], SUM);
            Choice::new(
                &Rescored::clean(pair.utterance(), &[0.0; 2], SUM),
                perturbed,
            )
        };
        let choices = [
            choice("a d e", 9.0),
            choice("a b", 1.0),
            choice("a b", 2.0),
            choice("a b", 2.0),
        ];
        assert_eq!(worst(&choices), Some(2));
        assert_eq!(worst(&[]), None);
    }
}
