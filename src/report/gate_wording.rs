//! What a gate says, in parts: a short summary leaves some of them out, and says what several gates
//! beware of once. `report.json` has them in one string.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is decided about a gate, what to do, and what to beware of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct GateWording(Vec<Part>);

/// A sentence or two.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Part {
    whole: String,
    /// Empty if a short summary has nothing of it.
    short: String,
    is_caution: bool,
}

impl Part {
    /// One that is said at any length.
    pub(crate) fn said(text: String) -> Part {
        Part::with_short(text.clone(), text)
    }

    /// One that a short summary leaves out.
    pub(crate) fn detail(whole: String) -> Part {
        Part::with_short(whole, String::new())
    }

    /// One that ends earlier in a short summary.
    pub(crate) fn with_short(whole: String, short: String) -> Part {
        Part {
            whole,
            short,
            is_caution: false,
        }
    }

    /// Turns it into something to beware of.
    pub(crate) fn into_caution(self) -> Part {
        Part {
            is_caution: true,
            ..self
        }
    }

    fn text(&self, in_short: bool) -> &str {
        if in_short { &self.short } else { &self.whole }
    }
}

impl GateWording {
    /// Of these parts, in the order that they are read in.
    pub(crate) fn new(parts: Vec<Part>) -> GateWording {
        GateWording(parts)
    }

    /// All but what to beware of.
    pub(crate) fn sentences(&self, in_short: bool) -> String {
        self.texts(false, in_short).collect::<Vec<_>>().join(" ")
    }

    /// What to beware of.
    pub(crate) fn cautions(&self, in_short: bool) -> impl Iterator<Item = &str> {
        self.texts(true, in_short)
    }

    fn texts(&self, cautions: bool, in_short: bool) -> impl Iterator<Item = &str> {
        let parts = self
            .0
            .iter()
            .filter(move |part| part.is_caution == cautions);
        let texts = parts.map(move |part| part.text(in_short));
        texts.filter(|text| !text.is_empty())
    }
}

impl fmt::Display for GateWording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.0.iter().map(|part| part.whole.as_str());
        f.write_str(&parts.collect::<Vec<_>>().join(" "))
    }
}

impl From<GateWording> for String {
    fn from(wording: GateWording) -> String {
        wording.to_string()
    }
}

/// Of a report that was read, the parts are not known any more.
impl From<String> for GateWording {
    fn from(whole: String) -> GateWording {
        GateWording(vec![Part::said(whole)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> GateWording {
        GateWording::new(vec![
            Part::said("It is so.".to_owned()),
            Part::detail("For it must be.".to_owned()),
            Part::with_short("Add two: then it passes.".into(), "Add two.".into()),
            Part::said("No speakers are known.".to_owned()).into_caution(),
            Part::with_short("Caution: few. So what?".into(), "Caution: few.".into())
                .into_caution(),
        ])
    }

    #[test]
    fn cautions_are_told_apart_from_the_decision() {
        let wording = example();
        assert_eq!(
            wording.sentences(false),
            "It is so. For it must be. Add two: then it passes."
        );
        let cautions: Vec<&str> = wording.cautions(false).collect();
        assert_eq!(
            cautions,
            ["No speakers are known.", "Caution: few. So what?"]
        );
    }

    #[test]
    fn a_short_wording_has_no_details() {
        let wording = example();
        assert_eq!(wording.sentences(true), "It is so. Add two.");
        assert_eq!(wording.cautions(true).last(), Some("Caution: few."));
    }

    #[test]
    fn a_file_has_it_in_one_string() {
        let wording = example();
        let json = serde_json::to_string(&wording).unwrap();
        let whole = "It is so. For it must be. Add two: then it passes. No speakers are known. \
            Caution: few. So what?";
        assert_eq!(json, format!("{whole:?}"));

        let read: GateWording = serde_json::from_str(&json).unwrap();
        assert_eq!(read.to_string(), whole);
    }
}
