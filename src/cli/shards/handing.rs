//! What parts know, handed over to the model of a merge as their utterances go by.
//!
//! Every part tells its utterances in order of their ids, and so does the merge: of each part no
//! more is held than a block.

use std::collections::VecDeque;
use std::path::Path;

use crate::check::engine::agreement::Agreement;
use crate::cli::shards::part::{PartError, PartReader};
use crate::cli::terminal::Terminal;
use crate::nbest::Utterance;
use crate::nbest::share::Share;
use crate::report::number;
use crate::rescore::known::{HandsOver, Known};

/// The parts of a run, in order of the shards, and the model that is handed what they know.
pub(crate) struct Handing<'a> {
    model: &'a dyn HandsOver,
    parts: Vec<OpenPart>,
    /// What became of texts that are known twice.
    agreement: Agreement,
}

/// A part that is being read.
struct OpenPart {
    reader: PartReader,
    /// What was read and is not handed over yet.
    waiting: VecDeque<Known>,
}

impl OpenPart {
    /// What is known of the utterance `id`, a text at a time. What comes before it is of no
    /// utterance that the merge has.
    fn next_of(&mut self, id: &str) -> Result<Option<Known>, PartError> {
        loop {
            match self.waiting.front() {
                Some(known) if known.utterance.as_str() > id => return Ok(None),
                Some(known) if known.utterance == id => return Ok(self.waiting.pop_front()),
                Some(_) => drop(self.waiting.pop_front()),
                None => match self.reader.block()? {
                    Some(block) => self.waiting.extend(block),
                    None => return Ok(None),
                },
            }
        }
    }
}

impl<'a> Handing<'a> {
    /// Of the parts at `paths`, which are those of all shards in their order.
    pub(super) fn new<'p>(
        model: &'a dyn HandsOver,
        paths: impl Iterator<Item = &'p Path>,
    ) -> Result<Handing<'a>, PartError> {
        let parts = paths.map(|path| {
            Ok(OpenPart {
                reader: PartReader::open(path)?,
                waiting: VecDeque::new(),
            })
        });
        Ok(Handing {
            model,
            parts: parts.collect::<Result<_, PartError>>()?,
            agreement: Agreement::default(),
        })
    }

    /// Has the model know what the parts know of `utterances`, which come next in order of ids, and
    /// forget the ones before.
    pub(crate) fn hand_over(&mut self, utterances: &[Utterance]) -> Result<(), PartError> {
        self.model.forget();
        for utterance in utterances {
            let index = Share::index(&utterance.id, self.parts.len());
            while let Some(known) = self.parts[index].next_of(&utterance.id)? {
                if let Some(gap) = self.model.take_over(known) {
                    self.agreement.add(gap);
                }
            }
        }
        Ok(())
    }

    /// All utterances went by: says where shards disagreed, which is for the report as well.
    pub(crate) fn end(self, terminal: &Terminal) -> Agreement {
        self.model.forget();
        let Agreement { apart, largest, .. } = self.agreement;
        if apart > 0 {
            terminal.warn(&format!(
                "{} more than one score, up to {largest:.1e} apart, of different shards or of a \
                    shard and this merge: the first counts, and a run that is not sharded may \
                    differ as much",
                number::count(apart, "text") + if apart == 1 { " has" } else { " have" },
            ));
        }

        self.agreement
    }
}
