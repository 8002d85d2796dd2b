//! Numbers in lines of text.

use crate::nbest::error::ReadErrorKind;

/// The number that `text` is, if it is a finite one.
pub(super) fn finite(text: &str) -> Option<f64> {
    let number = text.trim().parse::<f64>().ok();
    number.filter(|number| number.is_finite())
}

/// Whether `text` is a number, be it finite or not.
pub(super) fn is_number(text: &str) -> bool {
    text.trim().parse::<f64>().is_ok()
}

/// The score that `text` is; `None` if it is no number. Errors show it as `shown`.
pub(super) fn score(id: &str, text: &str, shown: &str) -> Result<Option<f64>, ReadErrorKind> {
    match text.trim().parse::<f64>() {
        Ok(score) if score.is_finite() => Ok(Some(score)),
        Ok(_) => {
            let field = format_args!("score of {id}");
            Err(ReadErrorKind::not_finite(field, shown))
        }
        Err(_) => Ok(None),
    }
}
