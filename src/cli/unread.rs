//! What a model could not read of its texts, for the commands that give no verdict.

use crate::cli::terminal::Terminal;
use crate::report::cautions;
use crate::rescore::Rescorer;

/// Warns of tokens that `rescorer` does not know, and of texts that were too long for it, as far as
/// it has scored texts.
pub(crate) fn warn_of_unread(rescorer: &dyn Rescorer, terminal: &Terminal) {
    for warning in cautions::unread(rescorer.tokens(), rescorer.truncated_texts()) {
        terminal.warn(&warning);
    }
}
