//! A strict property in the making: an exception is looked for among the lists of the corpus,
//! reduced greedily, and confirmed.

use crate::check::engine::trial::Rescored;
use crate::check::judge::estimate::finite;
use crate::check::properties::judgment::without_exception;
use crate::check::properties::open_property::{OpenProperty, PropertyPart, Seen};
use crate::check::properties::outcome::{Compared, Evidence, Minimal, Status};
use crate::check::properties::probe::Probe;
use crate::check::properties::reduce::{LIMITS, reduce};
use crate::check::properties::sample::Chosen;
use crate::check::properties::strict::{Exception, Strict};
use crate::rescore::{RescoreError, Rescorer};

/// How often an exception must show again to be believed.
const CONFIRMATIONS: usize = 2;

/// So many lists of the corpus are looked at together where all of them are: the first so many, the
/// next so many, however large parts are. Most corpora have fewer.
const TOGETHER: usize = 4096;

/// A strict property with what it saw so far.
pub(super) struct OpenStrict<'a> {
    property: Box<dyn Strict>,
    chosen: Chosen,
    /// How far apart scores of equal calls are.
    repeated: f64,
    rescorer: &'a dyn Rescorer,
    together: usize,
    /// Lists of the corpus that are not looked at yet.
    waiting: Vec<Probe>,
    /// Lists of the corpus that could show an exception.
    able: usize,
    /// Lists tried, those that are made up included.
    lists: usize,
    /// The largest difference of scores that should be equal.
    largest: f64,
    /// The first exception, made smaller.
    exception: Option<Reduced>,
}

/// A reduced exception.
struct Reduced {
    /// As small as it got.
    exception: Exception,
    /// The id of the list it was found in.
    id: String,
    /// Whether it showed again each time it was asked for.
    confirmed: bool,
    /// Whether nothing smaller shows it; otherwise the calls were spent.
    complete: bool,
}

impl<'a> OpenStrict<'a> {
    /// Of no list yet.
    pub(super) fn new(
        property: Box<dyn Strict>,
        chosen: Chosen,
        repeated: f64,
        rescorer: &'a dyn Rescorer,
    ) -> OpenStrict<'a> {
        OpenStrict {
            together: match chosen {
                Chosen::All => TOGETHER,
                // What is drawn was asked for in so many lists.
                Chosen::Some(_) => usize::MAX,
            },
            property,
            chosen,
            repeated,
            rescorer,
            waiting: Vec::new(),
            able: 0,
            lists: 0,
            largest: 0.0,
            exception: None,
        }
    }

    /// Looks at the lists that wait, with those behind them that are made up.
    fn look(&mut self, odd_lists: Vec<Probe>) -> Result<(), RescoreError> {
        let mut probes = std::mem::take(&mut self.waiting);
        probes.extend(self.property.companion(&probes));
        probes.extend(odd_lists);

        let seen = self.property.look(&probes, self.rescorer)?;
        self.lists += probes.len();
        self.largest = self.largest.max(seen.largest);
        if let (None, Some(first)) = (&self.exception, seen.exception) {
            self.exception = Some(self.reduced(first, probes)?);
        }
        Ok(())
    }

    /// What is left of the exception `first`, found among `probes`.
    fn reduced(&self, first: Exception, probes: Vec<Probe>) -> Result<Reduced, RescoreError> {
        let start: Vec<Probe> = first
            .probes
            .iter()
            .map(|index| probes[*index].clone())
            .collect();
        let id = start
            .first()
            .map_or_else(String::new, |probe| probe.id.clone());
        let look = |probes: &[Probe]| self.property.look(probes, self.rescorer);
        let shows = |probes: &[Probe]| Ok(look(probes)?.exception.is_some());

        // Where the smaller call does not show it, the exception is shown as it was found.
        let (least, complete) = if shows(&start)? {
            reduce(start, self.property.fewest_entries(), LIMITS, &shows)?
        } else {
            (probes, false)
        };

        let mut exception = first;
        let mut confirmed = true;
        for _ in 0..CONFIRMATIONS {
            match look(&least)?.exception {
                Some(again) => exception = again,
                None => confirmed = false,
            }
        }

        Ok(Reduced {
            exception,
            id,
            confirmed,
            complete,
        })
    }
}

impl OpenProperty for OpenStrict<'_> {
    fn add(&mut self, part: PropertyPart<'_>, _: &[Rescored]) -> Result<(), RescoreError> {
        for index in self.chosen.within(part.first, part.utterances) {
            // Only now: those that are made up come with the last lists.
            if self.waiting.len() == self.together {
                self.look(Vec::new())?;
            }

            let utterance = &part.utterances[index];
            let is_able = utterance.nbest.len() >= self.property.fewest_entries();
            self.able += usize::from(is_able);
            self.waiting.push(Probe::of(utterance));
        }
        Ok(())
    }

    fn end(mut self: Box<Self>) -> Result<Seen, RescoreError> {
        self.look(self.property.odd_lists())?;

        let evidence = Evidence::Compared(Compared {
            lists: self.lists,
            largest_difference: finite(self.largest),
        });
        let Some(reduced) = self.exception else {
            let status = without_exception(self.able);
            return Ok(Seen::Concluded(status, evidence, None));
        };

        // What repeated calls do by themselves, nothing else need be blamed for; repeating is one
        // of the properties.
        let size = reduced.exception.size;
        let is_noise = self.property.compares_calls() && size <= 2.0 * self.repeated;
        let status = if reduced.confirmed && !is_noise {
            Status::Fail
        } else {
            Status::Flaky
        };
        let minimal = Minimal {
            id: reduced.id,
            sentence: reduced.exception.sentence,
            lists: reduced.exception.lists,
            complete: reduced.complete,
            confirmed: reduced.confirmed,
        };

        Ok(Seen::Concluded(status, evidence, Some(minimal)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::examples::utterance;
    use crate::check::properties::batch::BatchInvariance;
    use crate::check::properties::finite::FiniteScores;
    use crate::nbest::Utterance;
    use crate::rescore::{Candidates, Interpolation};

    /// Scores that hang on how many texts are in the call.
    struct Crowd;

    impl Rescorer for Crowd {
        fn score(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
            let texts: usize = lists.iter().map(|list| list.texts.len()).sum();
            let score = |list: &Candidates<'_>| vec![texts as f64; list.texts.len()];
            Ok(lists.iter().map(score).collect())
        }

        fn interpolation(&self) -> Interpolation {
            Interpolation {
                first_pass_scale: 1.0,
                weight: 1.0,
            }
        }

        fn name(&self) -> &'static str {
            "crowd"
        }
    }

    /// The status, lists tried, and the largest difference, of lists that come so many at a time.
    fn found(
        property: Box<dyn Strict>,
        chosen: Chosen,
        lists: &[Utterance],
        at_a_time: usize,
    ) -> (Status, usize, Option<f64>, Option<Minimal>) {
        let all = chosen == Chosen::All;
        let mut open = OpenStrict::new(property, chosen, 0.0, &Crowd);
        if all {
            open.together = 5;
        }
        for (number, utterances) in lists.chunks(at_a_time).enumerate() {
            let part = PropertyPart {
                first: number * at_a_time,
                utterances,
                labels: &[],
            };
            open.add(part, &[]).unwrap();
            assert!(!all || open.waiting.len() <= 5);
        }
        match Box::new(open).end().unwrap() {
            Seen::Concluded(status, Evidence::Compared(compared), minimal) => {
                (status, compared.lists, compared.largest_difference, minimal)
            }
            _ => panic!("a strict property compares"),
        }
    }

    #[test]
    fn lists_are_looked_at_in_the_same_groups_however_they_come() {
        let lists: Vec<Utterance> = (0..15)
            .map(|number| utterance(&format!("u{number:02}"), "a", &["a b", "a"]))
            .collect();
        let batch = |at_a_time| {
            let property = Box::new(BatchInvariance { tolerance: 0.1 });
            found(property, Chosen::All, &lists, at_a_time)
        };
        // Three groups of five, and a made-up text each.
        let whole = batch(15);
        let (status, tried, difference, minimal) = &whole;
        assert_eq!((status, *tried), (&Status::Fail, 18));
        // Eleven texts in a call, or one or two.
        assert_eq!(*difference, Some(10.0));
        assert_eq!(minimal.as_ref().unwrap().id, "u00");
        for at_a_time in [1, 4, 5, 7] {
            assert_eq!(batch(at_a_time), whole);
        }

        // Odd lists come once.
        let finite = |at_a_time| found(Box::new(FiniteScores), Chosen::All, &lists, at_a_time);
        assert_eq!(finite(15), (Status::Pass, 25, Some(0.0), None));
        for at_a_time in [1, 4, 5, 7] {
            assert_eq!(finite(at_a_time), finite(15));
        }
    }

    #[test]
    fn lists_that_are_drawn_are_looked_at_together() {
        let lists: Vec<Utterance> = (0..15)
            .map(|number| utterance(&format!("u{number:02}"), "a", &["a b", "a"]))
            .collect();
        for at_a_time in [1, 4, 15] {
            let chosen = Chosen::Some((1..14).collect());
            let property = Box::new(BatchInvariance { tolerance: 0.1 });
            let (_, tried, difference, _) = found(property, chosen, &lists, at_a_time);
            assert_eq!((tried, difference), (14, Some(26.0)));
        }
    }
}
