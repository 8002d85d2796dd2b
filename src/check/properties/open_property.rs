//! A property in the making: part after part of the lists is taken in, and nothing of a list is
//! kept that is not asked about any more.

use crate::check::engine::trial::Rescored;
use crate::check::properties::outcome::{Evidence, Minimal, Status};
use crate::check::properties::rate::Counted;
use crate::nbest::Utterance;
use crate::rescore::RescoreError;

/// Some lists of the corpus that follow each other.
#[derive(Clone, Copy)]
pub(super) struct PropertyPart<'a> {
    /// How many come before.
    pub(super) first: usize,
    pub(super) utterances: &'a [Utterance],
    /// The label of the cluster of each.
    pub(super) labels: &'a [usize],
}

/// A property with what it saw so far.
pub(super) trait OpenProperty: Send {
    /// Takes a part in, with the rescored lists.
    fn add(&mut self, part: PropertyPart<'_>, clean: &[Rescored]) -> Result<(), RescoreError>;

    /// Whether all parts, which are in, must come once more.
    fn turns(&mut self) -> bool {
        false
    }

    /// Takes a part in once more.
    fn add_again(&mut self, _part: PropertyPart<'_>) -> Result<(), RescoreError> {
        Ok(())
    }

    /// What was seen of all parts.
    fn end(self: Box<Self>) -> Result<Seen, RescoreError>;
}

/// What one property saw, before rates are judged together.
pub(super) enum Seen {
    Concluded(Status, Evidence, Option<Minimal>),
    Counted(Counted),
}

impl Seen {
    /// Nothing, for this reason.
    pub(super) fn skipped(reason: &str) -> Seen {
        Seen::Concluded(Status::Skipped(reason.to_owned()), Evidence::None, None)
    }
}
