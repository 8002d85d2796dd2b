//! Certificates in a report, and the lines of `certificates.jsonl`.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::check::failures::certificate::{Certificate, Flip};
use crate::nbest::Utterance;
use crate::perturb::perturbed_list::WrittenSubstitution;
use crate::suite::{Check, Suite};

/// What no single substitution of a check changes, summed up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertifiedRecord {
    /// The suite the check stands in.
    pub suite: String,
    /// The check's name.
    pub check: String,
    /// Utterances whose every single substitution was tried; fewer than there are if time ran out.
    pub utterances: usize,
    /// Those of them that no substitution touches: nothing is shown of them.
    #[serde(default)]
    pub untouched: usize,
    /// Utterances that a substitution touches, and whose pick none changes, by more than the noise.
    pub certified: usize,
    /// Utterances of which some substitution changes the pick.
    pub flipped: usize,
    /// Utterances of which some substitution changes the pick to a hypothesis with more word
    /// errors.
    pub harmed: usize,
    /// Substitutions tried, all there are.
    pub substitutions: usize,
    /// Those that change a pick.
    pub flips: usize,
    /// Those that change a pick to one with more word errors.
    pub harmful_flips: usize,
}

/// One utterance.
#[derive(Debug, Serialize)]
struct CertificateLine<'a> {
    suite: &'a str,
    check: &'a str,
    id: &'a str,
    certified: bool,
    substitutions: usize,
    clean_pick: usize,
    slack: Option<f64>,
    flips: Vec<FlipLine>,
}

/// One substitution that changes the pick; several words where a coherent check swaps them alike.
#[derive(Debug, Serialize)]
struct FlipLine {
    words: Vec<WrittenSubstitution>,
    pick: usize,
    damage: usize,
    margin_after: Option<f64>,
}

/// The certificates of a check, one for each of the first utterances.
pub struct Certified<'a> {
    /// The suite the check stands in.
    pub suite: &'a Suite,
    /// The check.
    pub check: &'a Check,
    /// In the order of the utterances.
    pub certificates: Vec<Certificate>,
    /// The margin that counts as noise.
    pub noise: f64,
}

impl Certified<'_> {
    /// The sums.
    pub fn record(&self) -> CertifiedRecord {
        let count = |holds: &dyn Fn(&Certificate) -> bool| {
            self.certificates
                .iter()
                .filter(|certificate| holds(certificate))
                .count()
        };
        let sum =
            |number: &dyn Fn(&Certificate) -> usize| self.certificates.iter().map(number).sum();

        CertifiedRecord {
            suite: self.suite.name.clone(),
            check: self.check.name.clone(),
            utterances: self.certificates.len(),
            untouched: count(&|certificate| certificate.substitutions == 0),
            certified: count(&|certificate| self.certifies(certificate)),
            flipped: count(&|certificate| !certificate.flips.is_empty()),
            harmed: count(&|certificate| certificate.harmful().count() > 0),
            substitutions: sum(&|certificate| certificate.substitutions),
            flips: sum(&|certificate| certificate.flips.len()),
            harmful_flips: sum(&|certificate| certificate.harmful().count()),
        }
    }

    /// Whether there is something that does not change the pick.
    fn certifies(&self, certificate: &Certificate) -> bool {
        certificate.substitutions > 0 && certificate.holds(self.noise)
    }

    /// Writes a line for every certificate.
    pub fn write(&self, out: &mut dyn Write, utterances: &[Utterance]) -> io::Result<()> {
        for certificate in &self.certificates {
            let line = CertificateLine {
                suite: &self.suite.name,
                check: &self.check.name,
                id: &utterances[certificate.utterance].id,
                certified: self.certifies(certificate),
                substitutions: certificate.substitutions,
                clean_pick: certificate.clean_pick,
                slack: certificate.slack,
                flips: certificate.flips.iter().map(flip_line).collect(),
            };
            serde_json::to_writer(&mut *out, &line)?;
            out.write_all(b"\n")?;
        }

        Ok(())
    }
}

fn flip_line(flip: &Flip) -> FlipLine {
    let words = flip.case.substitutions().into_iter();
    FlipLine {
        words: words.map(WrittenSubstitution::from).collect(),
        pick: flip.choice.pick,
        damage: flip.choice.damage(),
        margin_after: flip.choice.margin_after,
    }
}
