//! The verdict of a run: one, for its heading, its page, its exit code and whatever else says it.

use crate::check::judge::remark::Effect;
use crate::report::Report;
use crate::report::baseline::BaselineRecord;
use crate::report::ending::Ending;
use crate::stats::verdict::Verdict;

impl Report {
    /// The verdict over checks, properties and cautions, whatever the run was compared with.
    pub(crate) fn verdict_alone(&self) -> Ending {
        let checks = self.checks.iter().map(|check| check.verdict.verdict);
        let tried = self.properties.iter().map(|property| property.status);
        let tried = tried.filter(|status| *status != Ending::Skipped);
        let cautions = self
            .cautions
            .iter()
            .filter_map(|caution| caution.effect.of_run());

        let verdicts = checks.chain(tried).map(Ending::of_run).chain(cautions);
        let untried = self
            .has_untried_properties()
            .then_some(Verdict::Inconclusive);
        let worst = verdicts.chain(untried).max();
        worst.unwrap_or(Verdict::Inconclusive).into()
    }

    /// Whether properties were asked for and none could be tried, which tells nothing.
    pub(crate) fn has_untried_properties(&self) -> bool {
        let mut properties = self.properties.iter();
        !self.properties.is_empty() && properties.all(|one| one.status == Ending::Skipped)
    }

    /// Whether the rescorer is known to be so that nothing could have passed.
    pub(crate) fn is_barred(&self) -> bool {
        let mut cautions = self.cautions.iter();
        cautions.any(|caution| caution.effect != Effect::Warns)
    }
}

/// The verdict of a run whose checks, properties and cautions come to `alone`: a comparison with a
/// `baseline` can make it worse.
pub(crate) fn beside(alone: Ending, baseline: Option<&BaselineRecord>) -> Ending {
    let compared = baseline.filter(|baseline| !baseline.accepted);
    let compared = compared.map(|baseline| baseline.verdict.of_run());
    compared.map_or(alone, |compared| alone.of_run().max(compared).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(verdict: Ending, accepted: bool) -> BaselineRecord {
        BaselineRecord {
            model: "a".to_owned(),
            content_hash: None,
            differences: Vec::new(),
            margin: 0.05,
            verdict,
            accepted,
            common_utterances: 12,
            cluster: "speaker".to_owned(),
            clusters: 12,
            added: Vec::new(),
            removed: Vec::new(),
            changed: Vec::new(),
            added_checks: Vec::new(),
            removed_checks: Vec::new(),
            uncounted_checks: Vec::new(),
            changes: Vec::new(),
        }
    }

    #[test]
    fn a_comparison_makes_a_run_worse_and_never_better() {
        for (alone, verdict, expected) in [
            (Ending::Pass, Ending::Pass, Ending::Pass),
            (Ending::Pass, Ending::Identical, Ending::Pass),
            (Ending::Pass, Ending::Inconclusive, Ending::Inconclusive),
            (Ending::Pass, Ending::Fail, Ending::Fail),
            (Ending::Inconclusive, Ending::Pass, Ending::Inconclusive),
            (Ending::Inconclusive, Ending::Fail, Ending::Fail),
            (Ending::Fail, Ending::Identical, Ending::Fail),
        ] {
            let of = |accepted| beside(alone, Some(&compared(verdict, accepted)));
            assert_eq!(of(false), expected, "{alone:?} {verdict:?}");
            assert_eq!(of(true), alone, "{alone:?} {verdict:?}, accepted");
        }
        assert_eq!(beside(Ending::Pass, None), Ending::Pass);
    }
}
