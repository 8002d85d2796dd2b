//! What is wrong with lists and references, in sentences without a final full stop.

use crate::files::json::shorten;
use crate::nbest::spelling::{SpelledApart, SpellingCause};
use crate::report::number;

/// That words count as errors for their spelling, and what to do.
pub(crate) fn spelled_apart(found: &SpelledApart) -> String {
    let owed = number::percent(Some(found.owed));
    let only_because_of = match &found.cause {
        SpellingCause::Case => "case".to_owned(),
        SpellingCause::Punctuation => "punctuation or case".to_owned(),
        SpellingCause::Invisible(found) => {
            let code = u32::from(*found);
            format!("characters that are not seen, such as U+{code:04X}")
        }
        SpellingCause::Marks {
            words,
            references,
            all,
        } => return marks(words, [*references, *all], &owed),
    };

    let steps = found.steps().unwrap_or_default();
    format!(
        "{} of the {} words of the references match no hypothesis of their list only because of \
         {only_because_of}, and count as errors: without that, {owed} of the first pass's errors \
         vanish; give --normalize {steps}",
        whole(found.apart),
        whole(found.words),
    )
}

/// That these words are in so many references, of all, and in no hypothesis.
fn marks(words: &[String], [references, all]: [u64; 2], owed: &str) -> String {
    let named: Vec<String> = words
        .iter()
        .map(|word| format!("`{}`", shorten(word, 40)))
        .collect();
    let (are, count, them) = match words.len() {
        1 => ("is", "counts", "it"),
        _ => ("are each", "count", "them"),
    };
    format!(
        "{} {are} in {} of {} references and in no hypothesis of their lists, and {count} as \
         errors there, up to {owed} of those of the first pass: take {them} out of the references \
         if recognizers do not write {them}",
        named.join(", "),
        whole(references),
        whole(all)
    )
}

fn whole(count: u64) -> String {
    number::whole(usize::try_from(count).unwrap_or(usize::MAX))
}

/// That many errors are those of lists whose references are empty.
pub(super) fn empty_references(empty: usize, lists: usize, errors: usize) -> String {
    format!(
        "{} of {} are empty, and count {} even in the best hypotheses there: give what was said, \
         or leave these lists out",
        number::whole(empty),
        number::count(lists, "reference"),
        number::count(errors, "error")
    )
}

pub(super) fn far_from_references(oracle: f64) -> String {
    format!(
        "Even the best hypotheses have a word error rate of {}: lists and references hardly \
         belong together; look at ids, normalization and --refs",
        number::percent(Some(oracle))
    )
}

pub(super) fn far_lists(share: f64) -> String {
    format!(
        "{} of the reference words are in lists whose best hypothesis is wrong in most of its \
         words: references of other utterances may be among them, whose errors make margins wide; \
         look at ids, normalization and --refs",
        number::percent(Some(share))
    )
}

pub(super) fn single_hypotheses(single: usize, lists: usize) -> String {
    format!(
        "{} of {} have one hypothesis: no model can change its mind there, so they water the \
         figures down; leave them out, or take longer lists",
        number::whole(single),
        number::count(lists, "list")
    )
}

/// The share of lists from which it is told how much narrower they make intervals if they are
/// copies.
const NARROWED: f64 = 0.25;

/// That lists are there more than once, and what it means; `alike` of the copies have no scores
/// that tell them apart.
pub(super) fn copies(lists: usize, distinct: usize, alike: usize) -> String {
    let counted = format!(
        "Of {} {} {} distinct: the others are copies under other ids",
        number::count(lists, "list"),
        number::whole(distinct),
        if distinct == 1 { "is" } else { "are" }
    );
    let joined = "speakers, or utterances without one, that share a list with its scores count as \
        one";
    // No speakers are joined by such lists, which count in full.
    let share = alike as f64 / lists as f64;
    let narrow = if share >= NARROWED {
        let factor = (1.0 / (1.0 - share)).sqrt();
        format!("; if they are not, intervals are too narrow, by a factor of about {factor:.1}")
    } else {
        String::new()
    };
    let advice = format!(
        "if they are recordings of their own, give their first-pass scores, which tell them \
        apart{narrow}"
    );

    if alike == 0 {
        format!("{counted}, and no evidence of their own ({joined})")
    } else if alike == lists - distinct {
        format!("{counted}, or nothing tells them apart; {advice}")
    } else {
        format!(
            "{counted}, and no evidence of their own ({joined}), or nothing tells them apart ({}): \
            {advice}",
            number::whole(alike)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_copies_that_may_be_none_are_told_with_what_they_do_to_intervals() {
        let narrow = "if they are not, intervals are too narrow, by a factor of about 1.4";
        assert!(copies(180, 91, 89).ends_with(narrow));
        assert!(!copies(180, 140, 40).contains("too narrow"));
        // Speakers of lists that are surely copies are joined.
        assert!(!copies(180, 91, 0).contains("too narrow"));
    }

    #[test]
    fn marks_are_named_with_what_they_cost() {
        let told = marks(&["</s>".to_owned(), "<s>".to_owned()], [90, 99], "12.00 %");
        let expected = "`</s>`, `<s>` are each in 90 of 99 references and in no hypothesis of";
        assert!(told.starts_with(expected), "{told}");
        assert!(
            told.contains("up to 12.00 % of those of the first pass"),
            "{told}"
        );
    }
}
