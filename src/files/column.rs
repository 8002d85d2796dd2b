//! A long column of small records: written once, in order, and read from its beginning as often as
//! need be.

use std::io;

use crate::files::spill::Spill;

/// So many bytes are held in memory: a short column never sees the disk.
const HELD: usize = 1 << 19;

/// Records of so many bytes each.
#[derive(Debug)]
pub(crate) struct Column<const BYTES: usize> {
    /// So many bytes are held at most.
    most: usize,
    /// The last of all records.
    held: Vec<u8>,
    spill: Spill,
}

impl<const BYTES: usize> Default for Column<BYTES> {
    fn default() -> Column<BYTES> {
        Column::holding(HELD)
    }
}

impl<const BYTES: usize> Column<BYTES> {
    /// Without any, of which so many bytes are held in memory.
    pub(crate) fn holding(most: usize) -> Column<BYTES> {
        Column {
            most,
            held: Vec::new(),
            spill: Spill::default(),
        }
    }

    /// Adds a record behind all others.
    pub(crate) fn push(&mut self, record: [u8; BYTES]) -> io::Result<()> {
        if self.held.len() + BYTES > self.most {
            let held = &self.held;
            self.spill.add_run(|out| out.write_all(held))?;
            self.held.clear();
        }
        self.held.extend_from_slice(&record);
        Ok(())
    }

    /// Hands all records to `take`, in order.
    pub(crate) fn each(&self, mut take: impl FnMut([u8; BYTES])) -> io::Result<()> {
        let mut record = [0; BYTES];
        for mut run in self.spill.runs() {
            while run.fill(&mut record)? {
                take(record);
            }
        }
        let (held, _) = self.held.as_chunks();
        held.iter().copied().for_each(take);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_in_order_as_often_as_they_are_read() {
        for count in [0, 1, 300_000_u32] {
            let mut column = Column::default();
            for number in 0..count {
                column.push(number.to_le_bytes()).unwrap();
            }
            for _ in 0..2 {
                let mut next = 0;
                let take = |record| {
                    assert_eq!(u32::from_le_bytes(record), next);
                    next += 1;
                };
                column.each(take).unwrap();
                assert_eq!(next, count);
            }
        }
    }
}
