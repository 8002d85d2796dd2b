//! Which part of a prompt each token stands for, as far as the texts of the tokens tell.

use std::ops::RangeInclusive;

/// How many more tokens than bytes a prompt may have: those that begin and end texts.
const MOST_BEYOND: usize = 16;

/// How servers show the space before a word where they show tokens as the vocabulary has them.
const SPACES: [char; 2] = ['\u{120}', '\u{2581}'];

/// Where in `prompt` each of `tokens` may end, in bytes, if these are all of its tokens; `None` if
/// they are not. A token whose text is not known may stand for anything.
///
/// Servers do not show tokens as they are: a space before a word may be left out or added, a token
/// that begins texts is in no prompt, and one with a part of a character has a stand-in.
pub(super) fn ends(prompt: &str, tokens: &[Option<&str>]) -> Option<Vec<RangeInclusive<usize>>> {
    if tokens.len() > prompt.len() + MOST_BEYOND {
        return None;
    }

    let mut ahead = vec![vec![false; prompt.len() + 1]];
    ahead[0][0] = true;
    for token in tokens {
        let mut next = vec![false; prompt.len() + 1];
        let last = ahead.last().map_or(&[][..], Vec::as_slice);
        for from in reached(last) {
            for to in steps(prompt, from, *token) {
                next[to] = true;
            }
        }
        ahead.push(next);
    }

    // Of the places that can be reached only those count from which the end can.
    let is_end = |place: usize| {
        prompt
            .get(place..)
            .is_some_and(|rest| rest.trim().is_empty())
    };
    let mut on_the_way: Vec<bool> = (0..=prompt.len()).map(is_end).collect();
    let mut ends = Vec::with_capacity(tokens.len());
    for (number, token) in tokens.iter().enumerate().rev() {
        for (place, way) in on_the_way.iter_mut().enumerate() {
            *way &= ahead[number + 1][place];
        }
        let (first, last) = (reached(&on_the_way).next()?, reached(&on_the_way).last()?);
        ends.push(first..=last);

        let mut before = vec![false; prompt.len() + 1];
        for from in reached(&ahead[number]) {
            before[from] = steps(prompt, from, *token)
                .into_iter()
                .any(|to| on_the_way[to]);
        }
        on_the_way = before;
    }
    ends.reverse();

    on_the_way[0].then_some(ends)
}

fn reached(places: &[bool]) -> impl Iterator<Item = usize> {
    places
        .iter()
        .enumerate()
        .filter_map(|(place, is_reached)| is_reached.then_some(place))
}

/// Where `token` may end if it begins at `from`.
fn steps(prompt: &str, from: usize, token: Option<&str>) -> Vec<usize> {
    let rest = &prompt[from..];
    let Some(token) = token else {
        let inner = rest.char_indices().map(|(at, _)| from + at);
        return inner.chain([prompt.len()]).collect();
    };

    let mut ends = Vec::new();
    if from == 0 && is_special(token) {
        ends.push(0);
    }
    let (whole, parts) = parts_of_characters(token);
    let literal = |shown: &str| Some(from + length_of(rest, shown)?);
    let shown = [whole.to_owned(), whole.replace(SPACES, " ")];
    let heads = shown.iter().filter_map(|shown| literal(shown));
    if parts == 0 {
        ends.extend(heads);
        return ends;
    }

    let empty = whole.is_empty().then_some(from);
    for head in heads.chain(empty) {
        ends.push(head);
        let strange = prompt[head..].char_indices().take(parts);
        let strange = strange.take_while(|(_, letter)| !letter.is_ascii());
        ends.extend(strange.map(|(at, letter)| head + at + letter.len_utf8()));
    }
    ends
}

/// How much of the beginning of `rest` is `shown`, with or without spaces before it.
fn length_of(rest: &str, shown: &str) -> Option<usize> {
    if shown.is_empty() {
        return None;
    }
    if rest.starts_with(shown) {
        return Some(shown.len());
    }

    let (words, word) = (rest.trim_start(), shown.trim_start());
    let is_there = !word.is_empty() && words.starts_with(word);
    is_there.then(|| rest.len() - words.len() + word.len())
}

/// Whether a token is one that begins texts, as far as its name tells.
pub(super) fn is_special(token: &str) -> bool {
    let enclosed = |first, last| token.starts_with(first) && token.ends_with(last);
    token.is_empty() || enclosed('<', '>') || enclosed('[', ']')
}

/// What a token shows as it is, and how many characters it may have a part of.
fn parts_of_characters(token: &str) -> (&str, usize) {
    if token.is_empty() || (token.starts_with("<0x") && token.ends_with('>')) {
        return ("", 1);
    }
    if let Some(bytes) = token.strip_prefix("bytes:") {
        return ("", bytes.matches("\\x").count());
    }

    match token.split_once('\u{fffd}') {
        Some((whole, rest)) => (whole, 1 + rest.chars().count()),
        None => (token, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(prompt: &str, tokens: &[&str], expected: Option<&[usize]>) {
        let tokens: Vec<Option<&str>> = tokens.iter().copied().map(Some).collect();
        let expected = expected.map(|ends| ends.iter().map(|&end| end..=end).collect::<Vec<_>>());
        assert_eq!(ends(prompt, &tokens), expected, "{prompt:?} {tokens:?}");
    }

    #[test]
    fn tokens_are_found_with_their_spaces_or_without() {
        check("meet me", &["meet", " me"], Some(&[4, 7]));
        check("meet me", &["meet", "me"], Some(&[4, 7]));
        check("meet me", &["\u{2581}meet", "\u{2581}me"], Some(&[4, 7]));
        check("meet me", &["<s>", " meet", " me"], Some(&[0, 4, 7]));
        check("<s>meet", &["<s>", "meet"], Some(&[3, 7]));
        check("<s>meet", &["<s>", "<s>", "meet"], Some(&[0, 3, 7]));
        check("<s>meet", &["<s>meet"], Some(&[7]));
        check(
            "write the meat",
            &["write", " the", " meat"],
            Some(&[5, 9, 14]),
        );
    }

    #[test]
    fn too_many_and_too_few_tokens_are_seen() {
        check("meet me", &["meet", " me", " gen"], None);
        check("meet me", &["meet"], None);
        check("meet", &["meet", "meet"], None);
        check("meet", &[" gen"], None);
        check("", &["meet"], None);
    }

    #[test]
    fn parts_of_characters_have_stand_ins() {
        let tokens = ["a", "\u{fffd}", "\u{fffd}", " x"].map(Some);
        assert_eq!(
            ends("aé x", &tokens),
            Some(vec![1..=1, 1..=3, 3..=3, 5..=5])
        );
        let tokens = [" ", "", "😀"].map(Some);
        assert_eq!(ends(" 😀", &tokens), Some(vec![1..=1, 1..=1, 5..=5]));
        let tokens = ["bytes:\\xf0\\x9f", "bytes:\\x98\\x80", "y"].map(Some);
        assert_eq!(ends("😀y", &tokens).unwrap()[1..], [4..=4, 5..=5]);
    }

    #[test]
    fn a_token_that_is_not_shown_has_what_the_others_leave() {
        let tokens = [None, Some("the"), Some("cat")];
        assert_eq!(
            ends("the the cat", &tokens),
            Some(vec![3..=4, 7..=7, 11..=11])
        );
        assert_eq!(ends("the cat", &tokens), Some(vec![0..=0, 3..=3, 7..=7]));
        assert_eq!(ends("a cat", &tokens), None);
        assert_eq!(ends("meat", &[None]), Some(vec![4..=4]));
    }
}
