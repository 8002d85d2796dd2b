//! `Own`: the log-probabilities of a text's own tokens among those of its prompt.

use std::ops::RangeInclusive;

use crate::rescore::http::alignment::is_special;
use crate::rescore::http::error::TextFault;

/// What a logarithm of a probability may be above 0 by rounding.
const ROUNDING: f64 = 1e-3;

/// A token of a prompt, or of what was made up behind it.
#[derive(Debug, Default)]
pub(super) struct Token {
    /// As the server shows it, if it does.
    pub(super) text: Option<String>,
    pub(super) logprob: Option<f64>,
}

/// What there is of a text's own tokens.
#[derive(Debug, PartialEq)]
pub(super) struct Own {
    /// Their log-probabilities, of which there is at least one.
    pub(super) logprobs: Vec<f64>,
    /// Whether the first of them has none.
    pub(super) lacks_first: bool,
}

/// What there is of the text among the `tokens` of a prompt, whose prefix has so many bytes.
pub(super) fn own(
    tokens: &[Token],
    found: Option<&[RangeInclusive<usize>]>,
    prefix: usize,
) -> Result<Own, TextFault> {
    let unscored = TextFault::Unscored {
        has_prefix: prefix > 0,
    };
    if tokens.iter().all(|token| token.logprob.is_none()) {
        return Err(unscored);
    }

    let first = first_own(tokens, found, prefix)?;
    let mut own = Own {
        logprobs: Vec::with_capacity(tokens.len()),
        lacks_first: false,
    };
    for (index, token) in tokens.iter().enumerate().skip(first) {
        let fault = |value| TextFault::Token {
            number: index + 1,
            token: token.text.clone().unwrap_or_default(),
            value,
        };
        match token.logprob {
            // Some servers write 0 where there is nothing to be told.
            None | Some(0.0) if index == 0 => own.lacks_first = is_of_text(token, found),
            None => return Err(fault(None)),
            Some(value) if value > ROUNDING => return Err(fault(Some(value))),
            Some(value) => own.logprobs.push(value),
        }
    }

    if own.logprobs.is_empty() {
        return Err(unscored);
    }
    Ok(own)
}

/// The index of the first token that is of the text: one that has the end of the prefix as well
/// is.
fn first_own(
    tokens: &[Token],
    found: Option<&[RangeInclusive<usize>]>,
    prefix: usize,
) -> Result<usize, TextFault> {
    if prefix == 0 {
        let ends = found.into_iter().flatten();
        let begin = tokens.iter().zip(ends).enumerate();
        let begin = begin.take_while(|(index, (token, end))| {
            *end.end() == 0 && begins_texts(token, *index == 0)
        });
        return Ok(begin.count());
    }

    let shows_nothing = |token: &Token| token.text.as_deref() == Some("");
    for (index, end) in found.ok_or(TextFault::Prefix)?.iter().enumerate() {
        let (least, most) = (*end.start(), *end.end());
        // What shows nothing behind the prefix is a part of the text's first character. A space
        // before it may be a part of the same token.
        if least == prefix && most == prefix && index + 1 < tokens.len() {
            let shown = tokens[index].text.as_deref();
            let is_apart = shown.is_some_and(|shown| !shown.ends_with(' '));
            return if is_apart || !shows_nothing(&tokens[index + 1]) {
                Ok(index + 1)
            } else {
                Err(TextFault::Prefix)
            };
        }
        // The same before a token that shows the whole character.
        if least > prefix {
            let parts = tokens[..index].iter().enumerate().rev();
            let parts = parts.take_while(|(number, token)| {
                shows_nothing(token) && !begins_texts(token, *number == 0)
            });
            return Ok(index - parts.count());
        }
        if most > prefix {
            return Err(TextFault::Prefix);
        }
    }
    Err(TextFault::Unscored { has_prefix: true })
}

/// Whether a token that stands for nothing in a prompt begins texts: such are no part of one, and
/// may have a probability. Some servers show nothing for it, or for the first parts of a character.
fn begins_texts(token: &Token, is_first: bool) -> bool {
    match token.text.as_deref() {
        Some("") | None => is_first && token.logprob.is_none_or(|logprob| logprob == 0.0),
        Some(_) => true,
    }
}

/// Whether the first token of a prompt, which has no probability, is known to be of the text.
fn is_of_text(token: &Token, found: Option<&[RangeInclusive<usize>]>) -> bool {
    match found.and_then(<[_]>::first) {
        Some(end) => *end.start() > 0,
        None => token.text.as_deref().is_some_and(|text| !is_special(text)),
    }
}
