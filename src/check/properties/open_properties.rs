//! The properties of a run in the making: which lists, in which order, and the judgment of all
//! together.
//!
//! Parts of the lists are taken in one after the other, three times: first to draw samples of them,
//! then rescored, and once more for what needs to have seen all scores.

use crate::check::engine::plan::{CheckProgress, Plan};
use crate::check::judge::clustering::Clustering;
use crate::check::judge::run_counts::Stretch;
use crate::check::properties::judgment::{Asked, conclude};
use crate::check::properties::noise::{LISTS, Preflight};
use crate::check::properties::open_property::{OpenProperty, PropertyPart, Seen};
use crate::check::properties::opening::Opening;
use crate::check::properties::outcome::{Evidence, Properties, PropertyOutcome, Status};
use crate::check::properties::sample::Sample;
use crate::nbest::Utterance;
use crate::rescore::{RescoreError, Rescorer, chain};

/// All properties of a run with what they saw so far.
pub(crate) struct OpenProperties<'a> {
    asked: Vec<Asked<'a>>,
    plan: Plan<'a>,
    rescorer: &'a dyn Rescorer,
    progress: &'a dyn CheckProgress,
    sample: Sample,
    /// From the first part on.
    begun: Option<Begun<'a>>,
}

/// What is known before the first property is tested.
struct Begun<'a> {
    noise: Option<Preflight>,
    /// One per property that is asked for.
    tested: Vec<Tested<'a>>,
}

/// A property that is tested.
struct Tested<'a> {
    /// What it came to, once that is known.
    state: Result<Box<dyn OpenProperty + 'a>, Box<Seen>>,
    /// Whether it needs all lists again.
    turns: bool,
}

impl<'a> OpenProperties<'a> {
    /// Those of `plan`, whose lists come in parts, before any list.
    pub(crate) fn new(
        plan: Plan<'a>,
        rescorer: &'a dyn Rescorer,
        progress: &'a dyn CheckProgress,
    ) -> OpenProperties<'a> {
        let suites = plan.suites.iter().enumerate();
        let asked: Vec<Asked<'a>> = suites
            .flat_map(|(index, suite)| {
                let properties = suite.properties.iter().enumerate();
                properties.map(move |(property, check)| Asked {
                    place: (index, property),
                    suite,
                    check,
                })
            })
            .collect();

        let most = asked.iter().filter_map(|asked| asked.check.lists).max();
        OpenProperties {
            asked,
            plan,
            rescorer,
            progress,
            sample: Sample::new(plan.seed, LISTS, most.unwrap_or(0)),
            begun: None,
        }
    }

    /// Whether there is any; without one, no list need be taken in.
    pub(crate) fn are_asked(&self) -> bool {
        !self.asked.is_empty()
    }

    /// Draws which lists are looked at where few are, from some that have `first` others before
    /// them. All lists come here before the first is added.
    pub(crate) fn draw_sample(&mut self, first: usize, utterances: &[Utterance]) {
        self.sample.add(first, utterances);
    }

    /// Takes some lists in, which follow those before.
    ///
    /// An error is only that of a run that was interrupted or has no disk to wait on: a rescorer
    /// that gives up fails the property.
    pub(crate) fn add(
        &mut self,
        stretch: Stretch<'_>,
        clustering: &Clustering,
    ) -> Result<(), RescoreError> {
        if !self.are_asked() {
            return Ok(());
        }

        let part = PropertyPart {
            first: stretch.first,
            utterances: stretch.utterances,
            labels: stretch.labels(clustering),
        };
        self.begin(clustering.count)?;
        self.each(|_| true, |property| property.add(part, stretch.clean))
    }

    /// Whether all lists, which were added, must be added again.
    pub(crate) fn turn(&mut self) -> bool {
        let mut turns = false;
        for tested in self.begun.iter_mut().flat_map(|begun| &mut begun.tested) {
            tested.turns = tested.state.as_mut().is_ok_and(|property| property.turns());
            turns |= tested.turns;
        }
        turns
    }

    /// Takes the same lists in as [`add`](OpenProperties::add) did, where they must come again.
    pub(crate) fn add_again(
        &mut self,
        first: usize,
        utterances: &[Utterance],
        clustering: &Clustering,
    ) -> Result<(), RescoreError> {
        let stretch = Stretch {
            first,
            utterances,
            clean: &[],
        };
        let part = PropertyPart {
            first,
            utterances,
            labels: stretch.labels(clustering),
        };
        self.each(|tested| tested.turns, |property| property.add_again(part))
    }

    /// What became of them.
    pub(crate) fn end(mut self) -> Result<Properties, RescoreError> {
        let Some(begun) = self.begun.take() else {
            return Ok(Properties::default());
        };

        let mut seen = Vec::with_capacity(self.asked.len());
        for (asked, tested) in self.asked.iter().zip(begun.tested) {
            seen.push(match tested.state {
                Ok(property) => {
                    asked.tell(self.progress);
                    property.end().or_else(given_up)?
                }
                Err(seen) => *seen,
            });
        }

        let concluded = conclude(&self.asked, seen, self.plan.seed);
        let outcomes = self.asked.iter().zip(concluded);
        let outcome = |(asked, (status, evidence, minimal)): (&Asked<'_>, _)| PropertyOutcome {
            suite: asked.place.0,
            property: asked.place.1,
            status,
            evidence,
            minimal,
        };
        Ok(Properties {
            preflight: begun.noise,
            outcomes: outcomes.map(outcome).collect(),
        })
    }

    /// Has every open property of these do something.
    fn each(
        &mut self,
        which: impl Fn(&Tested<'a>) -> bool,
        mut act: impl FnMut(&mut (dyn OpenProperty + 'a)) -> Result<(), RescoreError>,
    ) -> Result<(), RescoreError> {
        let tested = self.begun.iter_mut().flat_map(|begun| &mut begun.tested);
        for (asked, tested) in self.asked.iter().zip(tested) {
            if !which(tested) {
                continue;
            }
            if let Ok(property) = &mut tested.state {
                asked.tell(self.progress);
                if let Err(error) = act(property.as_mut()) {
                    tested.state = Err(Box::new(given_up(error)?));
                }
            }
        }
        Ok(())
    }

    /// Measures the noise of scores, unless that is done, for lists in so many clusters.
    fn begin(&mut self, clusters: usize) -> Result<(), RescoreError> {
        if self.begun.is_some() {
            return Ok(());
        }

        self.progress.begin("preflight", 0);
        let noise = match Preflight::measure(&self.sample.probes(), self.rescorer) {
            Ok(preflight) => Some(preflight),
            Err(RescoreError::Interrupted) => return Err(RescoreError::Interrupted),
            // The properties say what is wrong.
            Err(_) => None,
        };
        let opening = Opening {
            plan: self.plan,
            rescorer: self.rescorer,
            noise,
            clusters,
        };
        let tested = self.asked.iter().map(|asked| {
            let chosen = self.sample.chosen(asked.check.lists);
            Tested {
                state: opening.open(*asked, chosen),
                turns: false,
            }
        });
        self.begun = Some(Begun {
            tested: tested.collect(),
            noise,
        });
        Ok(())
    }
}

/// What a property comes to whose rescorer gives up; a run that is interrupted, or whose disk is
/// full, ends.
fn given_up(error: RescoreError) -> Result<Seen, RescoreError> {
    match error {
        RescoreError::Interrupted | RescoreError::Waiting(_) => Err(error),
        error => {
            let status = Status::Error(chain(&error));
            Ok(Seen::Concluded(status, Evidence::None, None))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::check::engine::run::rescored;
    use crate::check::examples::{Silent, Words, replacements, tea, utterance};
    use crate::rescore::{Candidates, Interpolation};
    use crate::suite::Suite;

    /// Lists that are alike but for their ids and speakers, so that many exceptions are equally bad.
    fn corpus(speakers: usize) -> Vec<Utterance> {
        let list = |number: usize| {
            let mut list = match number % 4 {
                0 => tea(),
                1 => utterance(
                    "",
                    "two cups",
                    &["two cups", "too cup", "to cups", "two cup"],
                ),
                2 => utterance("", "for tea", &["for tea"]),
                _ => utterance("", "", &["two", "to", "too too"]),
            };
            list.id = format!("u{number:02}");
            list.speaker = (speakers < 40).then(|| format!("s{}", number % speakers));
            list
        };
        (0..40).map(list).collect()
    }

    /// Every kind of property; some look at few lists.
    fn suites() -> Vec<Suite> {
        let mut suites = ["invariants", "severity"].map(|name| Suite::builtin(name).unwrap());
        for suite in &mut suites {
            suite.checks.clear();
            let mut few = suite.properties.clone();
            for (check, lists) in few.iter_mut().zip([3, 12, 25].into_iter().cycle()) {
                check.name += "-few";
                check.lists = Some(lists);
            }
            suite.properties.extend(few);
        }
        Vec::from(suites)
    }

    /// What becomes of the properties of `utterances`, taken in so many at a time.
    fn outcome(utterances: &[Utterance], rescorer: &dyn Rescorer, at_a_time: usize) -> Properties {
        let (suites, replacements) = (suites(), replacements(""));
        let plan = Plan {
            utterances,
            suites: &suites,
            replacements: &replacements,
            seed: 3,
            draws: Some(4),
        };
        let clustering = Clustering::new(utterances);
        let mut properties = OpenProperties::new(plan, rescorer, &Silent);
        let parts = || (0..).step_by(at_a_time).zip(utterances.chunks(at_a_time));

        for (first, part) in parts() {
            properties.draw_sample(first, part);
        }
        for (first, utterances) in parts() {
            let clean = rescored(&Plan { utterances, ..plan }, rescorer, &Silent).unwrap();
            let stretch = Stretch {
                first,
                utterances,
                clean: &clean,
            };
            properties.add(stretch, &clustering).unwrap();
        }
        if properties.turn() {
            for (first, part) in parts() {
                properties.add_again(first, part, &clustering).unwrap();
            }
        }
        properties.end().unwrap()
    }

    /// Likes words as the other does, capitals more, and what stands further down less.
    struct Placed(Words);

    impl Rescorer for Placed {
        fn score(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
            let mut scores = self.0.score(lists)?;
            for score in scores
                .iter_mut()
                .flat_map(|list| list.iter_mut().enumerate())
            {
                let (place, score) = score;
                *score -= 0.1 * place as f64;
            }
            Ok(scores)
        }

        fn interpolation(&self) -> Interpolation {
            self.0.interpolation()
        }

        fn name(&self) -> &'static str {
            "placed"
        }
    }

    #[test]
    fn parts_give_the_properties_of_the_whole() {
        let suites = suites();
        let asked = suites.iter().flat_map(|suite| &suite.properties);
        let kinds: BTreeSet<&str> = asked.map(|check| check.property.kind()).collect();
        assert_eq!(kinds.len(), 14, "{kinds:?}");

        for speakers in [3, 40] {
            let utterances = corpus(speakers);
            for rescorer in [&Words::new(5) as &dyn Rescorer, &Placed(Words::new(2))] {
                let whole = outcome(&utterances, rescorer, 40);
                let exceptions = whole.outcomes.iter().filter(|one| one.minimal.is_some());
                assert!(exceptions.count() >= 6, "{whole:?}");
                for at_a_time in [1, 6, 19] {
                    let parts = outcome(&utterances, rescorer, at_a_time);
                    assert_eq!(parts, whole, "{at_a_time} at a time");
                }
            }
        }
    }

    #[test]
    fn a_rescorer_that_gives_up_fails_one_property_in_whichever_part() {
        /// Fails on a text of every fourth list, written in capitals.
        struct NoCapitals;
        impl Rescorer for NoCapitals {
            fn score(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
                let mut texts = lists.iter().flat_map(|list| &list.texts);
                if texts.any(|text| text.starts_with("FOR TEA")) {
                    return Err(RescoreError::Model("what is that?".into()));
                }
                Words::new(1).score(lists)
            }

            fn interpolation(&self) -> Interpolation {
                Words::new(1).interpolation()
            }

            fn name(&self) -> &'static str {
                "no-capitals"
            }
        }

        for at_a_time in [1, 40] {
            let found = outcome(&corpus(40), &NoCapitals, at_a_time);
            let errors = found.outcomes.iter().filter(|one| match &one.status {
                Status::Error(error) => error.ends_with("what is that?"),
                _ => false,
            });
            // Of all lists, and of some.
            assert_eq!(errors.count(), 2, "{found:?}");
        }
    }
}
