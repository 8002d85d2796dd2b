//! A figure with its interval as a strip in a row of a table, on an axis that the rows share.

use maud::{Markup, html};

use crate::check::judge::estimate::Estimate;
use crate::report::html::chart::{Axis, percentage};

/// On which side of a margin a figure must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// At most the margin.
    Below,
    /// Above the margin.
    Above,
}

impl Kept {
    /// Where the shaded side begins and how wide it is, for a margin at this place of the axis.
    pub(super) fn shaded(self, margin: f64) -> (String, String) {
        match self {
            Kept::Below => (percentage(0.0), percentage(margin)),
            Kept::Above => (percentage(margin), percentage(100.0 - margin)),
        }
    }
}

/// What a strip shows. It is hidden from those who listen: the figures stand beside it.
pub(super) struct Strip<'a> {
    /// The axis of all rows.
    pub(super) axis: Axis,
    /// What was measured.
    pub(super) estimate: &'a Estimate,
    /// The margin, and where it is kept.
    pub(super) margin: Option<(f64, Kept)>,
    /// The lowest and the highest of several seeds.
    pub(super) range: Option<(f64, f64)>,
    /// Decides the colors.
    pub(super) class: &'static str,
}

impl Strip<'_> {
    /// The picture.
    pub(super) fn draw(&self) -> Markup {
        let axis = self.axis;
        let (low, high) = (self.estimate.low, self.estimate.high);

        html! {
            svg class={ "strip " (self.class) } aria-hidden="true" height="26" width="100%" {
                @if let Some((margin, kept)) = self.margin {
                    @let (x, width) = kept.shaded(axis.place(margin));
                    rect.kept x=(x) width=(width) y="0" height="26" {}
                    line.margin x1=(axis.at(margin)) x2=(axis.at(margin)) y1="0" y2="26" {}
                }
                line.zero x1=(axis.at(0.0)) x2=(axis.at(0.0)) y1="0" y2="26" {}
                @match low.zip(high) {
                    Some((low, high)) => {
                        line.bar x1=(axis.at(low)) x2=(axis.at(high)) y1="13" y2="13" {}
                    }
                    None => { line.bar.unbounded x1="0" x2="100%" y1="13" y2="13" {} }
                }
                @if let Some((least, most)) = self.range {
                    @for seed in [least, most] {
                        line.seed x1=(axis.at(seed)) x2=(axis.at(seed)) y1="5" y2="21" {}
                    }
                }
                @if let Some(value) = self.estimate.value {
                    circle.point cx=(axis.at(value)) cy="13" r="4.5" {}
                }
            }
        }
    }
}

/// All that an axis must hold for strips of these figures: their values and their ends.
pub(super) fn ends(estimate: &Estimate) -> impl Iterator<Item = f64> {
    [estimate.value, estimate.low, estimate.high]
        .into_iter()
        .flatten()
}
