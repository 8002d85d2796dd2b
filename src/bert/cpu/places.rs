//! Where tokens stand in their text.

/// The row among the embeddings of places for every token of a text; `uncounted` is
/// [`BertConfig::uncounted`](crate::bert::config::BertConfig::uncounted).
pub(super) fn places(uncounted: Option<u32>, text: &[u32]) -> impl Iterator<Item = usize> {
    let mut next = uncounted.map_or(0, |padding| padding as usize + 1);
    text.iter().map(move |id| match uncounted {
        // As transformers counts: padding anywhere stays at its own id.
        Some(padding) if padding == *id => padding as usize,
        _ => {
            next += 1;
            next - 1
        }
    })
}
