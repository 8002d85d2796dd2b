//! Harm on the clean lists: whether the picks are shown to have more errors than the first pass's.
//!
//! A run fails by it as it does by any gate, so that it is corrected together with the gates' tests
//! of failing.

use crate::check::judge::figures::CleanFigures;
use crate::check::judge::remark::Remark;
use crate::check::judge::verdict::Judgment;
use crate::stats::FEWEST_FOR_VERDICT;
use crate::stats::multiplicity::holm;
use crate::stats::random::named_seed;
use crate::stats::signflip::sign_flip;

/// The test of harm, before any correction.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Harm {
    /// Errors beyond those of the first pass, by cluster.
    pub(super) differences: Vec<i64>,
    /// One-sided exact sign-flip probability.
    pub(crate) p: f64,
}

impl Harm {
    /// Tests the `clean` lists of a run with this seed. `None` where so few clusters, or references
    /// without any word, bring no verdict.
    pub(crate) fn test(clean: &CleanFigures, seed: u64) -> Option<Harm> {
        let differences = clean.difference_by_cluster();
        if differences.len() < FEWEST_FOR_VERDICT || clean.model.reference_words == 0 {
            return None;
        }

        let p = sign_flip(&differences, named_seed(seed, "clean")).p_greater;
        Some(Harm { differences, p })
    }

    /// What there is too much of in each cluster.
    pub(crate) fn excesses(&self) -> Vec<f64> {
        let excesses = self.differences.iter().map(|difference| *difference as f64);
        excesses.collect()
    }

    /// That there is harm, if it is shown at `alpha` beside what the gates of the run say of
    /// failing.
    pub(crate) fn remark(&self, alpha: f64, judgments: &[Judgment]) -> Option<Remark> {
        let gates = judgments.iter().flat_map(|judgment| &judgment.gates);
        let family: Vec<f64> = std::iter::once(self.p)
            .chain(gates.map(|gate| gate.p_fail_alone))
            .collect();
        let p = holm(&family)[0];

        (p <= alpha).then(|| Remark::WorseThanFirstPass {
            extra_errors: self.differences.iter().sum(),
            p,
            tests: family.len(),
        })
    }
}
