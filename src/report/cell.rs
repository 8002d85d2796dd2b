//! Cells of Markdown tables.

/// `text` as the content of one cell: on one line, without an end of the cell in it.
pub(crate) fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_stays_one() {
        assert_eq!(cell("a|b\nc\r\nd"), "a\\|b c  d");
    }
}
