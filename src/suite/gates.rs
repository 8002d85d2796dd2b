//! Gates: what a check judges, and how much of it passes.
//!
//! In a suite they are a table of the check:
//!
//! ```toml
//! [check.gates]
//! flip = { relative = 0.05 }   # or { absolute = 0.005 }, or both; true: the default; false: none
//! gain = true                  # or { keep = 0.5 }; false: none
//! ```

use crate::suite::document::Table;
use crate::suite::error::{SuiteError, SuiteErrorKind};

/// The flip cost that passes where a suite does not say: 5 % of the clean errors.
pub const FLIP_MARGIN: f64 = 0.05;

/// A margin above this share is taken for a percentage, a slip of the pen.
const MOST_RELATIVE: f64 = 1.0;

/// The same for a difference of word error rates.
const MOST_ABSOLUTE: f64 = 0.1;

/// Nobody means a percentage above this.
const MOST_PERCENT: f64 = 1000.0;

/// What is judged: a check passes if all of its gates do, and fails if one does.
///
/// Invariant of gates that were read: at least one is there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gates {
    /// Errors that changes of mind add stay below this margin; `None` if that is not judged.
    pub flip: Option<Margin>,
    /// The picks still have fewer errors than the first pass's; `None` if that is not judged.
    pub gain: Option<Keep>,
}

impl Default for Gates {
    fn default() -> Gates {
        Gates {
            flip: Some(Margin {
                relative: Some(FLIP_MARGIN),
                absolute: None,
            }),
            gain: Some(Keep::default()),
        }
    }
}

/// The degradation that still passes; a check must stay below all margins given.
///
/// Invariant of margins that were read: at least one is given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Margin {
    /// As a share of the clean word error rate; above 0, at most 1.
    pub relative: Option<f64>,
    /// As a difference of word error rates, 0.01 being one percentage point; above 0, at most 0.1.
    pub absolute: Option<f64>,
}

/// How much of the clean gain over the first pass must be left on perturbed lists: 0 asks for any
/// gain at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Keep {
    /// In thousandths, so that sums stay whole; at most 1000.
    thousandths: u16,
}

impl Keep {
    /// The nearest thousandth to `share`; `None` outside of 0..=1.
    pub fn new(share: f64) -> Option<Keep> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 0 to 1000"
        )]
        (0.0..=1.0).contains(&share).then(|| Keep {
            thousandths: (1000.0 * share).round() as u16,
        })
    }

    /// As a share, in 0..=1.
    pub fn share(self) -> f64 {
        f64::from(self.thousandths) / 1000.0
    }

    /// As a fraction in lowest terms: numerator, denominator.
    pub fn fraction(self) -> [i64; 2] {
        let (mut a, mut b) = (i64::from(self.thousandths), 1000);
        while a != 0 {
            (a, b) = (b % a, a);
        }
        [i64::from(self.thousandths) / b, 1000 / b]
    }
}

/// The gates of a check; both with their defaults where it does not say.
pub(super) fn gates(check: &Table<'_, '_>) -> Result<Gates, SuiteError> {
    let default = Gates::default();
    let Some(gates) = check.table("gates", "the gates", &["flip", "gain"])? else {
        return Ok(default);
    };

    // True asks for the default, false for none; a table says how much passes.
    let flip = match switch(&gates, "flip") {
        Some(on) => default.flip.filter(|_| on),
        None if gates.get("flip").is_none() => None,
        None => {
            let example = "flip = { relative = 0.05 }, or flip = true";
            Some(margin(&gates, "flip", example)?)
        }
    };
    let gain = match switch(&gates, "gain") {
        Some(on) => default.gain.filter(|_| on),
        None => keep(&gates)?,
    };

    if flip.is_none() && gain.is_none() {
        let problem =
            "the check has no gate: write flip = { relative = 0.05 }, gain = true, or both";
        return Err(check.conflict("gates", problem));
    }
    Ok(Gates { flip, gain })
}

/// The gate that is merely switched on or off.
fn switch(gates: &Table<'_, '_>, key: &str) -> Option<bool> {
    gates.get(key)?.get_ref().as_bool()
}

fn keep(gates: &Table<'_, '_>) -> Result<Option<Keep>, SuiteError> {
    let Some(gate) = gates.table("gain", "the gate `gain`", &["keep"])? else {
        return Ok(None);
    };
    let expected = "a share of the clean gain from 0 to 1, such as 0.5";
    let share = gate.number("keep", expected, |keep| Keep::new(keep).is_some())?;
    match share.and_then(Keep::new) {
        Some(keep) => Ok(Some(keep)),
        None => Err(gate.missing("keep", "gain = { keep = 0.5 }, or gain = true")),
    }
}

/// The margin of a degradation in the table of `key`.
pub(super) fn margin(
    table: &Table<'_, '_>,
    key: &'static str,
    example: &'static str,
) -> Result<Margin, SuiteError> {
    let Some(margin) = table.table(key, "the margin", &["relative", "absolute"])? else {
        return Err(table.missing(key, example));
    };

    let expected = "above 0 and at most 1, such as 0.10";
    let accepts = |value: f64| value > 0.0 && value <= MOST_PERCENT;
    let relative = margin.number("relative", expected, accepts)?;
    let expected = "above 0 and below 1, such as 0.005";
    let absolute = margin.number("absolute", expected, |value| value > 0.0 && value < 1.0)?;

    refuse_percentage(&margin, "relative", relative, MOST_RELATIVE)?;
    refuse_percentage(&margin, "absolute", absolute, MOST_ABSOLUTE)?;
    if relative.is_none() && absolute.is_none() {
        return Err(margin.missing("relative` or `absolute", example));
    }
    Ok(Margin { relative, absolute })
}

/// Asks back where a share is so large that a percentage was probably meant.
fn refuse_percentage(
    margin: &Table<'_, '_>,
    key: &'static str,
    value: Option<f64>,
    most: f64,
) -> Result<(), SuiteError> {
    let Some(value) = value.filter(|value| *value > most) else {
        return Ok(());
    };

    let short = |value: f64, least: usize| {
        let text = format!("{value:.4}");
        let digits = text.trim_end_matches('0').split_once('.');
        let digits = digits.map_or(0, |(_, digits)| digits.len());
        format!("{value:.*}", digits.max(least))
    };
    let kind = SuiteErrorKind::Percentage {
        key,
        value,
        percent: short(100.0 * value, 0),
        most,
        meant: short(value / 100.0, 2),
    };
    Err(margin.error(key, kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_fractions_in_lowest_terms() {
        for (share, fraction) in [
            (0.0, [0, 1]),
            (0.5, [1, 2]),
            (0.75, [3, 4]),
            (0.333, [333, 1000]),
            (1.0, [1, 1]),
        ] {
            assert_eq!(Keep::new(share).unwrap().fraction(), fraction);
        }

        assert_eq!(Keep::new(1.01), None);
        assert_eq!(Keep::new(f64::NAN), None);
    }
}
