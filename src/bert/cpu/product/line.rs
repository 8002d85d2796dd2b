//! A line of a panel: the weights of one input.

/// How many columns a panel of the right side has.
pub(crate) const COLUMNS: usize = 32;

/// One input's weights for the outputs of a panel.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(align(64))]
pub(crate) struct Line(pub(crate) [f32; COLUMNS]);

impl Line {
    /// Weights that add nothing.
    pub(crate) const ZERO: Line = Line([0.0; COLUMNS]);
}
