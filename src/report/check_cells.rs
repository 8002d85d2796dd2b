//! The figures of a check as cells of tables: Markdown and the page put lines around them.

use crate::check::judge::figures::Wer;
use crate::report::number;
use crate::report::record::CheckRecord;

/// Whether it still helps, and what of that is lost: the gain, clean, perturbed and kept, then the
/// NPRRs.
pub(crate) fn helps(check: &CheckRecord) -> [String; 7] {
    let (gain, nprr) = (&check.figures.gain, &check.figures.nprr);
    let kept = gain.kept.as_ref();

    [
        number::points_with_interval(&gain.clean),
        number::points_with_interval(&gain.perturbed),
        kept.map_or_else(number::dash, number::factor_with_interval),
        number::change_with_interval(&nprr.flip),
        number::change_with_interval(&nprr.injected),
        number::change_with_interval(&nprr.rel),
        number::factor_with_interval(&nprr.pass),
    ]
}

/// How it changes its mind: flips, repairs, the regret, clean and perturbed, and Kendall's tau.
pub(crate) fn changes_of_mind(check: &CheckRecord) -> [String; 8] {
    let figures = &check.figures;
    let flips = &figures.flips;
    let tau = figures.kendall_tau.map(|tau| format!("{tau:.3}"));

    [
        number::percent_with_interval(&flips.all.rate),
        number::percent_with_interval(&flips.harmful.rate),
        number::percent_with_interval(&flips.neutral.rate),
        number::percent_with_interval(&flips.helpful.rate),
        number::percent_with_interval(&figures.repairs.rate),
        number::points_with_interval(&figures.regret.clean),
        number::points_with_interval(&figures.regret.perturbed),
        tau.unwrap_or_else(number::dash),
    ]
}

/// A word error rate, its errors by kind, and the words.
pub(crate) fn word_errors(wer: &Wer) -> [String; 5] {
    [
        number::percent_with_interval(&wer.rate),
        number::whole(wer.substitutions),
        number::whole(wer.insertions),
        number::whole(wer.deletions),
        number::whole(wer.reference_words),
    ]
}
