//! Reducing: probes made as small as they get while they show the same.
//!
//! Greedy, in chunks from halves to single ones (ddmin), over and over until nothing gets smaller:
//! fewer lists, fewer hypotheses, fewer words. Cases of perturbed words have their own moves
//! ([`moves`](mod@crate::perturb::moves)); here is what has no substitutions to undo.

use crate::check::properties::probe::Probe;
use crate::rescore::RescoreError;

/// When to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReduceLimits {
    /// How often candidates may be tried.
    pub(crate) calls: usize,
}

/// Of one exception of a property.
pub(crate) const LIMITS: ReduceLimits = ReduceLimits { calls: 600 };

/// The smallest probes that `shows` still accepts, and whether nothing smaller does: none with one
/// list, hypothesis or word less. At least one list of at least `fewest_entries` stays, or what
/// there was.
pub(crate) fn reduce(
    probes: Vec<Probe>,
    fewest_entries: usize,
    limits: ReduceLimits,
    shows: &dyn Fn(&[Probe]) -> Result<bool, RescoreError>,
) -> Result<(Vec<Probe>, bool), RescoreError> {
    let mut reduction = Reduction {
        least: probes,
        calls: limits.calls,
        shows,
    };

    loop {
        let before = reduction.least.clone();
        reduction.lists()?;
        reduction.entries(fewest_entries)?;
        reduction.words()?;
        if reduction.calls == 0 {
            return Ok((reduction.least, false));
        }
        if reduction.least == before {
            return Ok((reduction.least, true));
        }
    }
}

struct Reduction<'a> {
    least: Vec<Probe>,
    calls: usize,
    shows: &'a dyn Fn(&[Probe]) -> Result<bool, RescoreError>,
}

impl Reduction<'_> {
    fn lists(&mut self) -> Result<(), RescoreError> {
        let count = self.least.len();
        self.drop_chunks(count, 1, |probes, kept| {
            kept.iter().map(|index| probes[*index].clone()).collect()
        })
    }

    fn entries(&mut self, fewest: usize) -> Result<(), RescoreError> {
        for list in 0..self.least.len() {
            let count = self.least[list].entries.len();
            self.drop_chunks(count, fewest, |probes, kept| {
                let mut probes = probes.to_vec();
                probes[list] = probes[list].with_entries(kept);
                probes
            })?;
        }
        Ok(())
    }

    fn words(&mut self) -> Result<(), RescoreError> {
        for list in 0..self.least.len() {
            for entry in 0..self.least[list].entries.len() {
                let count = self.least[list].entries[entry].text.split(' ').count();
                self.drop_chunks(count, 1, |probes, kept| {
                    let mut probes = probes.to_vec();
                    let text = &mut probes[list].entries[entry].text;
                    let words: Vec<&str> = text.split(' ').collect();
                    let left: Vec<&str> = kept.iter().map(|index| words[*index]).collect();
                    *text = left.join(" ");
                    probes
                })?;
            }
        }

        Ok(())
    }

    /// Drops what it can of `count` things, in ever smaller chunks; `keep` builds the probes that
    /// have the kept ones left.
    fn drop_chunks(
        &mut self,
        count: usize,
        fewest: usize,
        keep: impl Fn(&[Probe], &[usize]) -> Vec<Probe>,
    ) -> Result<(), RescoreError> {
        let whole = self.least.clone();
        let mut kept: Vec<usize> = (0..count).collect();
        let mut size = count.div_ceil(2);
        while size > 0 {
            let mut start = 0;
            while start < kept.len() {
                let end = (start + size).min(kept.len());
                if kept.len() - (end - start) < fewest {
                    start = end;
                    continue;
                }
                if self.calls == 0 {
                    return Ok(());
                }
                let mut fewer = kept.clone();
                fewer.drain(start..end);
                let candidate = keep(&whole, &fewer);
                self.calls -= 1;
                if (self.shows)(&candidate)? {
                    self.least = candidate;
                    kept = fewer;
                } else {
                    start = end;
                }
            }
            size = if size == 1 { 0 } else { size.div_ceil(2) };
        }

        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_reduced(shows: impl Fn(&str) -> bool, fewest: usize, expected: &[&[&str]]) {
        let probes = vec![
            Probe::made("a", ["one two three", "four five"]),
            Probe::made("b", ["six two", "seven", "two eight nine"]),
        ];
        let shows = |probes: &[Probe]| {
            let texts = probes.iter().flat_map(|probe| &probe.entries);
            let texts: Vec<&str> = texts.map(|entry| entry.text.as_str()).collect();
            Ok(shows(&texts.join(" / ")))
        };
        let limits = ReduceLimits { calls: 10_000 };
        let (least, complete) = reduce(probes, fewest, limits, &shows).unwrap();
        assert!(complete);

        let texts: Vec<Vec<&str>> = least
            .iter()
            .map(|probe| {
                probe
                    .entries
                    .iter()
                    .map(|entry| entry.text.as_str())
                    .collect()
            })
            .collect();

        assert_eq!(texts, expected);
    }

    #[test]
    fn only_what_matters_is_left() {
        check_reduced(|texts| texts.contains("nine"), 1, &[&["nine"]]);
        check_reduced(|texts| texts.contains("nine"), 2, &[&["seven", "nine"]]);
        check_reduced(
            |texts| texts.contains("five") && texts.contains("six"),
            1,
            &[&["five"], &["six"]],
        );
        check_reduced(
            |texts| texts.matches("two").count() > 1,
            1,
            &[&["two", "two"]],
        );
    }

    #[test]
    fn spent_calls_leave_what_still_shows() {
        let probes = vec![Probe::made(
            "a",
            ["one two three four five six seven eight"],
        )];
        let shows = |probes: &[Probe]| Ok(probes[0].entries[0].text.contains("three"));
        let (least, complete) = reduce(probes, 1, ReduceLimits { calls: 2 }, &shows).unwrap();
        assert!(!complete && shows(&least).unwrap());
    }
}
