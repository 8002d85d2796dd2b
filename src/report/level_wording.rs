//! The level of a suite, where it is another one than most have: what is shown at another level is
//! not shown as surely as it reads.

use crate::report::gate_wording::Part;
use crate::report::number;
use crate::suite::checks::ALPHA;

/// From here on a level carries a caution.
const LOOSE: f64 = 0.2;

/// Whether a level is the one that suites have by default.
pub(crate) fn is_usual(alpha: f64) -> bool {
    (alpha - ALPHA).abs() < 1e-9
}

/// What is to be said of the level of a gate; nothing of the usual one.
pub(crate) fn parts(alpha: f64) -> Vec<Part> {
    if is_usual(alpha) {
        return Vec::new();
    }

    let (level, sure) = (number::level(alpha), number::level(1.0 - alpha));
    let mut parts = vec![Part::said(format!(
        "The level is {level} % (alpha of the suite): what is shown is shown with {sure} % \
         confidence, while each end of the interval has 95 %."
    ))];
    if alpha >= LOOSE {
        let loose = format!(
            "Caution: at a level of {level} % a rescorer that is exactly at its margin passes in \
             up to {level} % of all runs, and fails in as many; 5 % is usual."
        );
        parts.push(Part::said(loose).into_caution());
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::gate_wording::GateWording;

    #[test]
    fn another_level_is_named_and_a_loose_one_cautioned_of() {
        let said = |alpha| GateWording::new(parts(alpha)).to_string();
        assert_eq!(said(0.05), "");
        let strict = said(0.01);
        assert!(
            strict.contains("level is 1 %") && strict.contains("99 % confidence"),
            "{strict}"
        );
        assert!(!strict.contains("Caution"), "{strict}");
        let loose = said(0.3);
        assert!(
            loose.contains("70 % confidence") && loose.contains("up to 30 %"),
            "{loose}"
        );
    }
}
