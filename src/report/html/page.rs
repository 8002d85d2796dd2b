//! What the page of one model is made of.

use crate::check::failures::counterexample::Counterexample;
use crate::check::judge::words::WordPair;
use crate::report::Report;
use crate::report::ranks::RankPicture;

/// What the page shows.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// Everything that was found.
    pub report: &'a Report,
    /// Where the ranks of the model's adapters are, if it has some.
    pub(crate) ranks: &'a [RankPicture],
    /// The words that were swapped, for each check of the report.
    pub pairs: &'a [Vec<WordPair>],
    /// The failures that are saved beside the page.
    pub counterexamples: &'a [Counterexample],
    /// The report's folder, as whoever replays a failure names it.
    pub folder: &'a str,
    /// The file beside the page that holds every perturbed list, if one does.
    pub cases: Option<&'a str>,
}
