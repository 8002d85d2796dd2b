//! What stands for [`amx`](super::amx) on systems where nothing speaks to such a unit.

use crate::bert::cpu::block_sums::BlockSums;

/// Not used: no map suits what is absent.
pub(super) const BELOW: i32 = 0;

pub(super) fn suits(_inputs: usize, _outputs: usize) -> bool {
    false
}

/// There are none.
pub(super) struct Panels;

/// Nothing.
#[derive(Default)]
pub(super) struct Memory;

impl Panels {
    pub(super) fn new(_columns: &[i8], _inputs: usize) -> Panels {
        unreachable!("no map suits what is absent")
    }

    pub(super) fn multiply(&self, _rows: &[u8], _: &mut Memory, _put: impl FnMut(&BlockSums<'_>)) {
        unreachable!("no map is packed for what is absent")
    }
}
