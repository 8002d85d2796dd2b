//! Surface forms: the same words written differently lead to the same pick.

use unicode_normalization::UnicodeNormalization;

use crate::check::judge::estimate::finite;
use crate::check::properties::outcome::{Figure, Minimal};
use crate::check::properties::probe::{Probe, Shown, ask};
use crate::check::properties::rate::{Counted, unit};
use crate::check::properties::reduce::{ReduceLimits, reduce};
use crate::rescore::{Interpolation, RescoreError, Rescorer};
use crate::stats::clusters::Cluster;
use crate::stats::gate::Margin;
use crate::suite::property::SurfaceForm;

/// Counts, over `forms`, the lists of `probes` (with the index of their utterance) that a form
/// changes, and whose pick it changes, by a lead of more than `noise`.
pub(crate) fn count(
    probes: &[(usize, Probe)],
    utterances: usize,
    forms: &[SurfaceForm],
    noise: f64,
    max_rate: f64,
    limits: ReduceLimits,
    rescorer: &dyn Rescorer,
) -> Result<Counted, RescoreError> {
    let mut units = vec![Cluster::default(); utterances];
    let mut figures = Vec::new();
    let mut worst: Option<(f64, SurfaceForm, &Probe)> = None;
    let plain: Vec<&Probe> = probes.iter().map(|(_, probe)| probe).collect();
    let scores = ask(rescorer, &plain)?;

    for &form in forms {
        let written: Vec<(usize, Probe)> = plain
            .iter()
            .enumerate()
            .map(|(index, probe)| (index, write(probe, form)))
            // A list that is written so already shows nothing.
            .filter(|(index, probe)| probe != plain[*index])
            .collect();
        let answers = ask(
            rescorer,
            &written.iter().map(|(_, probe)| probe).collect::<Vec<_>>(),
        )?;
        let mut changed = 0;
        for ((index, _), answer) in written.iter().zip(&answers) {
            let probe = plain[*index];
            let lead = lead(probe, &scores[*index], answer, rescorer.interpolation());
            units[probes[*index].0] += unit(1, usize::from(lead > noise));
            changed += usize::from(lead > noise);
            if lead > noise && worst.is_none_or(|(most, ..)| lead > most) {
                worst = Some((lead, form, probe));
            }
        }
        if !written.is_empty() {
            figures.push(Figure {
                name: format!("other picks, written as {}", form.name()),
                value: finite(changed as f64 / written.len() as f64),
                of: Some(written.len()),
                spread: None,
            });
        }
    }

    let example = match worst {
        Some((_, form, probe)) => Some(example(probe, form, noise, limits, rescorer)?),
        None => None,
    };

    Ok(Counted {
        units,
        margins: vec![Margin::Absolute(max_rate)],
        figures,
        example,
    })
}

/// How far, written differently, the pick is ahead of the earlier one, in total scores; 0 if it is
/// the same.
fn lead(probe: &Probe, before: &[f64], after: &[f64], interpolation: Interpolation) -> f64 {
    let totals = probe.totals(after, interpolation);
    totals[probe.pick(after, interpolation)] - totals[probe.pick(before, interpolation)]
}

fn example(
    probe: &Probe,
    form: SurfaceForm,
    noise: f64,
    limits: ReduceLimits,
    rescorer: &dyn Rescorer,
) -> Result<Minimal, RescoreError> {
    let interpolation = rescorer.interpolation();
    let both = |probe: &Probe| -> Result<[Vec<f64>; 2], RescoreError> {
        let before = ask(rescorer, &[probe])?.swap_remove(0);
        Ok([
            before,
            ask(rescorer, &[&write(probe, form)])?.swap_remove(0),
        ])
    };

    let shows = |probes: &[Probe]| {
        let [before, after] = both(&probes[0])?;
        Ok(lead(&probes[0], &before, &after, interpolation) > noise)
    };
    let (mut least, complete) = reduce(vec![probe.clone()], 2, limits, &shows)?;
    let least = least.swap_remove(0);
    let [before, after] = both(&least)?;
    let lead = lead(&least, &before, &after, interpolation);

    Ok(Minimal {
        id: probe.id.clone(),
        sentence: format!(
            "written as {}, another text leads by {lead:.4}",
            form.name()
        ),
        lists: vec![
            Shown::rescored("as it is", &least, &before, interpolation),
            Shown::rescored(form.name(), &write(&least, form), &after, interpolation),
        ],
        complete,
        confirmed: lead > noise,
    })
}

fn write(probe: &Probe, form: SurfaceForm) -> Probe {
    let mut probe = probe.clone();
    for entry in &mut probe.entries {
        entry.text = written(&entry.text, form);
    }
    probe
}

/// `text` in another form.
fn written(text: &str, form: SurfaceForm) -> String {
    match form {
        SurfaceForm::UpperCase => text.to_uppercase(),
        SurfaceForm::Capitalized => {
            let mut letters = text.chars();
            let first = letters.next().map(char::to_uppercase);
            first.into_iter().flatten().chain(letters).collect()
        }
        SurfaceForm::FinalPeriod if text.is_empty() || text.ends_with('.') => text.to_owned(),
        SurfaceForm::FinalPeriod => format!("{text}."),
        SurfaceForm::NoPunctuation => {
            let keeps = |c: &char| *c == '\'' || !c.is_ascii_punctuation();
            let left: String = text.chars().filter(keeps).collect();
            left.split_whitespace().collect::<Vec<_>>().join(" ")
        }
        SurfaceForm::Decomposed => text.nfd().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words() {
        for (form, expected) in [
            (SurfaceForm::UpperCase, "IT'S A CAF\u{c9}, NO - YES"),
            (SurfaceForm::Capitalized, "It's a caf\u{e9}, no - yes"),
            (SurfaceForm::FinalPeriod, "it's a caf\u{e9}, no - yes."),
            (SurfaceForm::NoPunctuation, "it's a caf\u{e9} no yes"),
            (SurfaceForm::Decomposed, "it's a cafe\u{301}, no - yes"),
        ] {
            assert_eq!(written("it's a caf\u{e9}, no - yes", form), expected);
        }
        assert_eq!(written("", SurfaceForm::Capitalized), "");
    }
}
