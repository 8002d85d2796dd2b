//! Surface forms: the same words written differently lead to the same pick.

use std::cmp::Ordering;

use unicode_normalization::UnicodeNormalization;

use crate::check::engine::trial::Rescored;
use crate::check::judge::estimate::finite;
use crate::check::properties::open_property::{OpenProperty, PropertyPart, Seen};
use crate::check::properties::outcome::{Figure, Minimal};
use crate::check::properties::probe::{Probe, Shown, ask};
use crate::check::properties::rate::Counted;
use crate::check::properties::reduce::{LIMITS, reduce};
use crate::check::properties::sample::Chosen;
use crate::check::properties::tally::{Tally, unit};
use crate::rescore::{Interpolation, RescoreError, Rescorer};
use crate::stats::clusters::Cluster;
use crate::stats::gate::Margin;
use crate::suite::property::SurfaceForm;

/// Counts, over all forms, the lists that a form changes, and whose pick it changes, by a lead of
/// more than the noise.
pub(super) struct OpenSurfaceForms<'a> {
    pub(super) chosen: Chosen,
    /// A difference of totals of no more than this is none.
    pub(super) noise: f64,
    pub(super) max_rate: f64,
    pub(super) rescorer: &'a dyn Rescorer,
    pub(super) tally: Tally,
    pub(super) forms: Vec<Written>,
    /// The longest lead; of equals, that of the first form, there of the first list.
    pub(super) worst: Option<Overtaken>,
}

/// What was counted of one form.
pub(super) struct Written {
    form: SurfaceForm,
    lists: usize,
    changed: usize,
}

impl Written {
    pub(super) fn new(form: SurfaceForm) -> Written {
        Written {
            form,
            lists: 0,
            changed: 0,
        }
    }

    /// The share of lists with another pick, if there is a list.
    fn figure(&self) -> Option<Figure> {
        (self.lists > 0).then(|| Figure {
            name: format!("other picks, written as {}", self.form.name()),
            value: finite(self.changed as f64 / self.lists as f64),
            of: Some(self.lists),
            spread: None,
        })
    }
}

/// A list in which another text leads, written in one of the forms.
pub(super) struct Overtaken {
    lead: f64,
    /// The index of the form.
    form: usize,
    probe: Probe,
}

impl OpenProperty for OpenSurfaceForms<'_> {
    fn add(&mut self, part: PropertyPart<'_>, _: &[Rescored]) -> Result<(), RescoreError> {
        let chosen = self.chosen.within(part.first, part.utterances);
        if chosen.is_empty() {
            return Ok(());
        }

        let lists = chosen.iter().map(|index| &part.utterances[*index]);
        let plain: Vec<Probe> = lists.map(Probe::of).collect();
        let scores = ask(self.rescorer, &plain)?;
        let mut units = vec![Cluster::default(); part.utterances.len()];
        for (number, form) in self.forms.iter_mut().enumerate() {
            let written = plain.iter().map(|probe| write(probe, form.form));
            // A list that is written so already shows nothing.
            let written: Vec<(usize, Probe)> = written
                .enumerate()
                .filter(|(index, probe)| *probe != plain[*index])
                .collect();
            if written.is_empty() {
                continue;
            }

            let answers = ask(self.rescorer, written.iter().map(|(_, probe)| probe))?;
            form.lists += written.len();
            for ((index, _), answer) in written.iter().zip(&answers) {
                let (probe, before) = (&plain[*index], &scores[*index]);
                let lead = lead(probe, before, answer, self.rescorer.interpolation());
                let changes = lead > self.noise;
                units[chosen[*index]] += unit(1, usize::from(changes));
                form.changed += usize::from(changes);

                let is_worst = |worst: &Overtaken| match lead.total_cmp(&worst.lead) {
                    Ordering::Greater => true,
                    Ordering::Equal => number < worst.form,
                    Ordering::Less => false,
                };
                if changes && self.worst.as_ref().is_none_or(is_worst) {
                    self.worst = Some(Overtaken {
                        lead,
                        form: number,
                        probe: probe.clone(),
                    });
                }
            }
        }

        self.tally.add(part.labels, &units);
        Ok(())
    }

    fn end(self: Box<Self>) -> Result<Seen, RescoreError> {
        let worst = self.worst.as_ref();
        let example = worst
            .map(|worst| {
                let form = self.forms[worst.form].form;
                example(&worst.probe, form, self.noise, self.rescorer)
            })
            .transpose()?;

        Ok(Seen::Counted(Counted {
            tally: self.tally,
            margins: vec![Margin::Absolute(self.max_rate)],
            figures: self.forms.iter().filter_map(Written::figure).collect(),
            example,
        }))
    }
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
    rescorer: &dyn Rescorer,
) -> Result<Minimal, RescoreError> {
    let interpolation = rescorer.interpolation();
    let both = |probe: &Probe| -> Result<[Vec<f64>; 2], RescoreError> {
        let before = ask(rescorer, [probe])?.swap_remove(0);
        Ok([before, ask(rescorer, [&write(probe, form)])?.swap_remove(0)])
    };

    let shows = |probes: &[Probe]| {
        let [before, after] = both(&probes[0])?;
        Ok(lead(&probes[0], &before, &after, interpolation) > noise)
    };
    let (mut least, complete) = reduce(vec![probe.clone()], 2, LIMITS, &shows)?;
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
