//! What to know before trusting tests of two systems.

use crate::check::significance::PairedFindings;
use crate::report::flagged_estimate::{FlaggedEstimate, is_without_width};
use crate::report::number;
use crate::stats::{CAUTION_CLUSTERS, FEWEST_CLUSTERS, FEWEST_FOR_VERDICT, Flag};

/// That so few clusters tell little; nothing of many.
pub(crate) fn few_clusters(clusters: usize, cluster: &str) -> Option<String> {
    let count = number::count(clusters, cluster);
    match clusters {
        CAUTION_CLUSTERS.. => None,
        FEWEST_FOR_VERDICT.. => Some(format!(
            "only {count}: another sample of {cluster}s may look different"
        )),
        _ => Some(format!(
            "only {count}, and a verdict should rest on at least {FEWEST_FOR_VERDICT}: another \
             sample of {cluster}s may well say something else"
        )),
    }
}

/// Which intervals and tests say otherwise than the sign-flip test, by which a difference is
/// `shown` or not, so that nobody wonders which of them to believe.
pub(super) fn otherwise<'a>(
    shown: bool,
    intervals: [(&'a str, &FlaggedEstimate); 3],
    tests: impl Iterator<Item = (&'a str, bool)>,
) -> Option<String> {
    let intervals = intervals.into_iter().filter_map(|(name, interval)| {
        let (low, high) = interval.estimate.low.zip(interval.estimate.high)?;
        // One without width has a note of its own.
        let is_of_some_width = !interval.flags.contains(&Flag::DegenerateVariance);
        is_of_some_width.then_some((name, low > 0.0 || high < 0.0))
    });
    let others = intervals.chain(tests).filter(|(_, shows)| *shows != shown);
    let named: Vec<&str> = others.map(|(name, _)| name).collect();

    let (what, decided) = if shown {
        ("no difference", "but one is")
    } else {
        ("a difference", "and none is")
    };
    (!named.is_empty()).then(|| {
        format!(
            "{what} is shown by {}, {decided} by the sign-flip test, which decides: the others \
             assume more of the errors, or ask something else",
            named.join(", ")
        )
    })
}

/// Whether all clusters differ by the same rate, so that all resamples are the same.
pub(super) fn is_bootstrap_degenerate(found: &PairedFindings) -> bool {
    let intervals = found.bootstrap.difference.intervals.as_ref();
    intervals.is_some_and(|intervals| is_without_width(&intervals.percentile))
        && found.bootstrap.difference.estimate != 0.0
}

/// What to know before trusting the figures.
pub(super) fn notes(found: &PairedFindings) -> Vec<String> {
    let mut notes = Vec::new();
    let cluster = found.unit.name();
    if cluster == "utterance" {
        notes.push(
            "no speakers are known: utterances are taken as independent, which makes p-values too \
             small if several come from one speaker"
                .to_owned(),
        );
    }

    let count = number::count(found.clusters, cluster);
    if found.clusters < FEWEST_CLUSTERS {
        notes.push(format!(
            "with {count} the sign-flip test cannot go below p = {}: no difference can be shown",
            number::probability(2.0 * 0.5_f64.powf(found.clusters as f64))
        ));
    } else {
        notes.extend(few_clusters(found.clusters, cluster));
    }

    if found.clusters < 2 {
        notes.push(format!(
            "from {count} no interval can be made, whatever is drawn from it: another may differ \
             by any amount"
        ));
    } else if is_bootstrap_degenerate(found) || found.t.flags.contains(&Flag::DegenerateVariance) {
        notes.push(format!(
            "all {cluster}s differ by as much: an interval without width is no certainty, and \
             where the variance is 0 the p-value of exact sign flips stands in"
        ));
    }

    notes.push(format!(
        "Wilcoxon's test and the rank-biserial correlation rank each {cluster}'s difference in \
         word error rate; sign flips, t and Hedges' g are of its difference in errors, in which \
         {cluster}s of many words count for more"
    ));
    if found.without_rate > 0 {
        let (silent, has) = match found.without_rate {
            1 => ("1".to_owned(), "has"),
            several => (number::whole(several), "have"),
        };
        notes.push(format!(
            "{silent} of {count} {has} other errors and no word in a reference, so no word error \
             rate: Wilcoxon's test and the rank-biserial correlation leave out what sign flips, t \
             and the sign test count"
        ));
    }
    notes.push(format!(
        "the sign-flip test assumes that, without a difference, each {cluster}'s could as well \
        have had the other sign"
    ));
    if found.clusters < CAUTION_CLUSTERS {
        notes.push(format!(
            "the bootstrap's p is no test with fewer than {CAUTION_CLUSTERS} {cluster}s: it is too \
            small too often"
        ));
    }

    if found.different_utterances > 0 && found.sign_flip.pairs == 0 {
        notes.push(format!(
            "{} of {} utterances differ in their errors, but those of each {cluster} add up to the \
            same for both systems",
            number::whole(found.different_utterances),
            number::whole(found.utterances)
        ));
    }

    if found.mapsswe.is_none() {
        notes.push("MAPSSWE needs the texts: give trn or text files and --ref".to_owned());
    }

    notes
}
