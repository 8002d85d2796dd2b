//! Whether the figures of a report that is read back can have been measured.
//!
//! A report is a file that people copy and edit. What is read is compared with, and printed, so
//! that a rate below zero or a gate without a margin would be told as if it were a finding.

use serde_json::{Map, Value};

/// No figure is larger: all are shares, factors or probabilities of counted errors.
const LARGEST: f64 = 1e12;

/// The parts of a report that hold figures. Failures and properties hold scores of a model, which
/// can be of any size.
const PARTS: [&str; 3] = ["clean", "checks", "baseline"];

/// A figure that no run can have measured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{field} {problem}: no run writes that; the report was changed by hand, or made by another \
     program: restore it, or run the check again"
)]
pub struct Implausible {
    /// Where it is, such as `checks[0].flips.all.rate`.
    pub field: String,
    /// What is wrong with it.
    pub problem: String,
}

/// Refuses the first figure of `report` that cannot be.
pub(crate) fn check(report: &Value) -> Result<(), Implausible> {
    for part in PARTS {
        if let Some(value) = report.get(part) {
            walk(part, part, value)?;
        }
    }
    Ok(())
}

/// Looks at the `value` of the field `name`, which is at `place`.
fn walk(place: &str, name: &str, value: &Value) -> Result<(), Implausible> {
    let refuse = |problem: String| {
        Err(Implausible {
            field: place.to_owned(),
            problem,
        })
    };

    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                walk(&format!("{place}.{field}"), field, value)?;
            }
            match estimate(name, fields) {
                Some(problem) => refuse(problem),
                None => share(place, fields),
            }
        }
        Value::Array(values) => {
            if name == "margins" && values.is_empty() {
                return refuse("is empty, and a gate has a margin".to_owned());
            }
            for (index, value) in values.iter().enumerate() {
                walk(&format!("{place}[{index}]"), "", value)?;
            }
            Ok(())
        }
        Value::Number(number) => match number.as_f64() {
            Some(value) if value.abs() > LARGEST => {
                refuse(format!("is {number}, which is no figure"))
            }
            Some(value) if is_probability(name) && !(0.0..=1.0).contains(&value) => {
                refuse(format!("is {number}, and a probability is from 0 to 1"))
            }
            Some(_) | None => Ok(()),
        },
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
    }
}

fn is_probability(name: &str) -> bool {
    name == "p" || name.starts_with("p_") || name.ends_with("_p") || name == "confidence"
}

fn number(fields: &Map<String, Value>, field: &str) -> Option<f64> {
    fields.get(field).and_then(Value::as_f64)
}

/// What is wrong with a number and its interval, the field called `name`, if it is one.
fn estimate(name: &str, fields: &Map<String, Value>) -> Option<String> {
    if !fields.contains_key("confidence") {
        return None;
    }

    if let (Some(low), Some(high)) = (number(fields, "low"), number(fields, "high"))
        && low > high
    {
        return Some(format!("is an interval from {low} to {high}"));
    }
    let value = number(fields, "value")?;
    (name == "rate" && value < 0.0).then(|| format!("is {value}, and a rate is at least 0"))
}

/// Refuses a share of counted lists that is larger than all of them.
fn share(place: &str, fields: &Map<String, Value>) -> Result<(), Implausible> {
    let rate = fields.get("rate").and_then(Value::as_object);
    let value = rate.and_then(|rate| number(rate, "value"));
    match value.filter(|value| fields.contains_key("count") && *value > 1.0) {
        Some(value) => Err(Implausible {
            field: format!("{place}.rate"),
            problem: format!("is {value}, and a share is at most 1"),
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn estimate(value: f64, low: f64, high: f64) -> Value {
        json!({"value": value, "low": low, "high": high, "confidence": 0.95})
    }

    #[track_caller]
    fn check_refused(report: &Value, field: &str, problem: &str) {
        let expected = Implausible {
            field: field.to_owned(),
            problem: problem.to_owned(),
        };
        assert_eq!(check(report), Err(expected));
    }

    #[test]
    fn figures_that_no_run_measures_are_named() {
        let rate = |rate: Value| json!({"clean": {"model": {"rate": rate}}});
        assert_eq!(check(&rate(estimate(0.25, -0.01, 0.5))), Ok(()));
        check_refused(
            &rate(estimate(-1.0, -2.0, 0.5)),
            "clean.model.rate",
            "is -1, and a rate is at least 0",
        );
        check_refused(
            &rate(estimate(0.25, 0.5, 0.1)),
            "clean.model.rate",
            "is an interval from 0.5 to 0.1",
        );
        check_refused(
            &rate(estimate(0.25, 0.0, 2e12)),
            "clean.model.rate.high",
            "is 2000000000000.0, which is no figure",
        );

        let flips = json!([{"flips": {"all": {"count": 3, "rate": estimate(1.5, 1.0, 2.0)}}}]);
        check_refused(
            &json!({"checks": flips}),
            "checks[0].flips.all.rate",
            "is 1.5, and a share is at most 1",
        );
        check_refused(
            &json!({"checks": [{"verdict": {"gates": [{"margins": [1]}, {"margins": []}]}}]}),
            "checks[0].verdict.gates[1].margins",
            "is empty, and a gate has a margin",
        );
        check_refused(
            &json!({"baseline": {"changes": [{"p_difference": 1.5}]}}),
            "baseline.changes[0].p_difference",
            "is 1.5, and a probability is from 0 to 1",
        );
    }

    #[test]
    fn scores_of_a_model_are_no_figures() {
        let report = json!({"failures": {"margin": -1e300}, "properties": [{"largest": 1e300}]});
        assert_eq!(check(&report), Ok(()));
    }
}
