//! The axis of a chart, and figures as places on it.

/// A horizontal axis: what is at its left and at its right end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    low: f64,
    high: f64,
}

impl Axis {
    /// An axis that holds all finite `values`, with some room at both ends.
    pub(super) fn around(values: impl IntoIterator<Item = f64>) -> Axis {
        let Some((low, high)) = extent(values) else {
            return Axis {
                low: 0.0,
                high: 1.0,
            };
        };

        let room = (0.08 * (high - low)).max(1e-6);
        Axis {
            low: low - room,
            high: high + room,
        }
    }

    /// An axis from 0 that holds all finite `values`, with some room at its end.
    pub(super) fn from_zero(values: impl IntoIterator<Item = f64>) -> Axis {
        let finite = values.into_iter().filter(|value| value.is_finite());
        let high = finite.fold(0.0, f64::max);
        Axis {
            low: 0.0,
            high: (1.04 * high).max(1e-6),
        }
    }

    /// Where `value` is, from 0 at the left end to 100 at the right; what is beyond is at the end.
    pub(super) fn place(self, value: f64) -> f64 {
        (100.0 * (value - self.low) / (self.high - self.low)).clamp(0.0, 100.0)
    }

    /// The same as SVG has it: `12.34%`.
    pub(super) fn at(self, value: f64) -> String {
        percentage(self.place(value))
    }

    /// Round values on the axis, for its ticks: two at least, seven at most.
    pub(super) fn ticks(self) -> Vec<f64> {
        let rough = (self.high - self.low) / 6.0;
        let unit = 10f64.powf(rough.log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * unit);
        let step = steps.into_iter().find(|step| *step >= rough);
        let step = step.unwrap_or(10.0 * unit);

        let first = (self.low / step).ceil();
        let places = (0..8).map(|place| (first + f64::from(place)) * step);
        places.take_while(|value| *value <= self.high).collect()
    }

    /// How long the stretch between two values is.
    pub(super) fn between(self, a: f64, b: f64) -> String {
        percentage((self.place(a) - self.place(b)).abs())
    }

    /// How a label at `value` is aligned so that it stays inside.
    pub(super) fn anchor(self, value: f64) -> &'static str {
        match self.place(value) {
            place if place < 15.0 => "start",
            place if place > 85.0 => "end",
            _ => "middle",
        }
    }
}

/// The lowest and the highest of all finite `values`, if there is one.
pub(super) fn extent(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    let finite = values.into_iter().filter(|value| value.is_finite());
    finite.fold(None, |extent, value| match extent {
        None => Some((value, value)),
        Some((low, high)) => Some((f64::min(low, value), f64::max(high, value))),
    })
}

/// A length as SVG has it.
pub(super) fn percentage(value: f64) -> String {
    format!("{value:.2}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_stay_on_the_axis() {
        let axis = Axis::around([0.0, 1.0, f64::NAN, f64::INFINITY]);
        assert_eq!(axis.at(0.5), "50.00%");
        assert_eq!(axis.at(-7.0), "0.00%");
        assert_eq!(axis.anchor(0.0), "start");
        assert_eq!(axis.between(1.0, 0.5), axis.between(0.0, 0.5));
    }

    #[test]
    fn ticks_are_round_and_on_the_axis() {
        let of = |low: f64, high: f64| Axis { low, high }.ticks();
        assert_eq!(of(0.0, 2.0), [0.0, 0.5, 1.0, 1.5, 2.0]);
        assert_eq!(of(21.0, 39.0), [25.0, 30.0, 35.0]);
        for (low, high) in [(0.0, 1e-6), (0.239, 0.241), (-0.3, 4.0), (0.16, 0.33)] {
            let ticks = of(low, high);
            assert!((2..=7).contains(&ticks.len()), "{low} {high}: {ticks:?}");
            assert!(ticks.iter().all(|tick| (low..=high).contains(tick)));
        }
    }

    #[test]
    fn an_axis_of_one_value_or_none_has_a_length() {
        assert_eq!(Axis::around([2.0]).at(2.0), "50.00%");
        assert_eq!(Axis::around([f64::NAN]).at(0.5), "50.00%");
        assert_eq!(Axis::from_zero([]).at(0.0), "0.00%");
    }
}
