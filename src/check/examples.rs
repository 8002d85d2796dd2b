//! A small lexicon, lists and rescorers, for the tests of this module.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::check::engine::plan::CheckProgress;
use crate::check::failures::counterexample::{Counterexample, Provenance};
use crate::check::failures::minimize::{MinimizeLimits, minimize};
use crate::check::failures::pair_judge::PairJudge;
use crate::nbest::{Hypothesis, NBest, Transcript, Utterance};
use crate::perturb::case::Case;
use crate::perturb::draw::{DrawKey, draw_case};
use crate::perturb::menu::Replacements;
use crate::perturb::moves::Scope;
use crate::perturb::{Amount, Perturbation};
use crate::phonetics::distance::PhoneticDistance;
use crate::phonetics::lexicon::Lexicon;
use crate::rescore::{Candidates, Interpolation, RescoreError, Rescorer};
use crate::suite::gates::Gates;
use crate::suite::{Check, Suite};

/// A suite `s` of one check `c`, of three draws.
pub(in crate::check) fn suite(perturbation: Perturbation) -> Suite {
    Suite {
        name: "s".to_owned(),
        description: String::new(),
        alpha: 0.05,
        min_clusters: 12,
        min_coverage: 0.5,
        properties: Vec::new(),
        checks: vec![Check {
            name: "c".to_owned(),
            perturbation,
            gates: Gates::default(),
            draws: 3,
        }],
    }
}

/// Is told nothing.
pub(in crate::check) struct Silent;

impl CheckProgress for Silent {
    fn begin(&self, _check: &str, _lists: usize) {}
}

/// Homophones and near words, all of them common.
const WORDS: &str = "two T UW1\ntoo T UW1\nto T UW1\ndo D UW1\ntheir DH EH1 R\nthere DH EH1 R\n\
    cups K AH1 P S\ncup K AH1 P\nfor F AO1 R\nfour F AO1 R\nfore F AO1 R\ntea T IY1\ntee T IY1\n";

/// The lexicon, with further lines.
pub(crate) fn replacements(further: &str) -> Replacements {
    let text = format!("{WORDS}{further}");
    let lexicon = Lexicon::read(text.as_bytes(), "test").unwrap();
    let words: Vec<String> = lexicon.words().map(str::to_owned).collect();
    Replacements::from(&lexicon.with_common(words.iter().map(String::as_str)))
}

/// An utterance with the given hypotheses, best first.
pub(in crate::check) fn utterance(id: &str, reference: &str, texts: &[&str]) -> Utterance {
    let hypotheses = texts.iter().zip(1u32..).map(|(text, rank)| Hypothesis {
        transcript: Transcript::new(text),
        score: -0.3 * f64::from(rank),
        am_score: None,
        lm_score: None,
    });

    Utterance {
        id: id.to_owned(),
        speaker: None,
        reference: Transcript::new(reference),
        nbest: NBest::new(hypotheses.collect()).unwrap(),
        attributes: BTreeMap::new(),
    }
}

/// The list with first-pass scores that it has under no other number: no copy, then, of one that is
/// otherwise alike.
pub(in crate::check) fn scored_apart(list: Utterance, number: u32) -> Utterance {
    let mut hypotheses = list.nbest.hypotheses().to_vec();
    for hypothesis in &mut hypotheses {
        hypothesis.score -= f64::from(number);
    }

    Utterance {
        nbest: NBest::new(hypotheses).unwrap(),
        ..list
    }
}

/// A list with many eligible words.
pub(in crate::check) fn tea() -> Utterance {
    utterance(
        "tea",
        "two cups for their tea",
        &[
            "two cups for their tea",
            "two cups for there tea",
            "to cup four their tee",
            "two cups to their tea for two",
        ],
    )
}

/// Most words of every hypothesis, by words up to 0.6 away.
pub(in crate::check) fn strong() -> Perturbation {
    Perturbation {
        amount: Amount::Rate(0.7),
        max_distance: PhoneticDistance::from_milli(600),
        ..Perturbation::PERTURB_N
    }
}

/// The case that `seed` draws from `utterance`.
pub(in crate::check) fn draw(
    utterance: &Utterance,
    replacements: &Replacements,
    seed: u64,
) -> Case {
    let key = DrawKey {
        suite: "s",
        check: "c",
        seed,
        utterance: &utterance.id,
        draw: 0,
    };
    draw_case(utterance, &strong(), replacements, 0, &key)
}

/// What the models with salts below `salts` get wrong in their first draws, minimized; the rescorer
/// is named after its salt.
pub(crate) fn counterexamples(salts: u64) -> Vec<Counterexample> {
    let (tea, replacements) = (tea(), replacements(""));
    let mut saved = Vec::new();
    for salt in 0..salts {
        let rescorer = Words::new(salt);
        let cases: Vec<Case> = (0..8).map(|seed| draw(&tea, &replacements, seed)).collect();
        let utterances = vec![&tea; cases.len()];
        let judge = PairJudge {
            utterances: &utterances,
            rescorer: &rescorer,
            is_failure: &|_, choice| choice.fails(0.0),
        };
        let limits = MinimizeLimits {
            batch: 8,
            texts: usize::MAX,
            scope: Scope::Words,
            out_of_time: &|| false,
        };
        let minima = minimize(cases.clone(), &judge, &limits).minima;
        for (seed, (case, minimum)) in (0..).zip(cases.iter().zip(&minima)) {
            let provenance = Provenance {
                rescorer: salt.to_string(),
                suite: "s".to_owned(),
                check: "c".to_owned(),
                seed,
                draw: 0,
                noise: 0.0,
                coherent: false,
            };
            saved.extend(Counterexample::new(&tea, case, minimum, provenance));
        }
    }

    saved
}

/// Scores a text by its words: each is worth something between -1 and 1 that depends on it and the
/// salt.
#[derive(Debug)]
pub(in crate::check) struct Words {
    /// Another salt is another model.
    pub(in crate::check) salt: u64,
    /// The largest error of a score, which depends on when the text is scored.
    pub(in crate::check) noise: f64,
    /// How many lists were scored, each call one more.
    pub(in crate::check) calls: AtomicU64,
}

impl Words {
    pub(in crate::check) fn new(salt: u64) -> Words {
        Words {
            salt,
            noise: 0.0,
            calls: AtomicU64::new(0),
        }
    }

    fn unit(&self, of: impl Hash) -> f64 {
        let mut hasher = DefaultHasher::new();
        (self.salt, of).hash(&mut hasher);
        (hasher.finish() % 2001) as f64 / 1000.0 - 1.0
    }
}

impl Rescorer for Words {
    fn score(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let score = |text: &&str| {
            let exact: f64 = text.split_whitespace().map(|word| self.unit(word)).sum();
            exact + self.noise * self.unit((text, call))
        };

        Ok(lists
            .iter()
            .map(|list| list.texts.iter().map(score).collect())
            .collect())
    }

    fn interpolation(&self) -> Interpolation {
        Interpolation {
            first_pass_scale: 1.0,
            weight: 1.0,
        }
    }

    fn name(&self) -> &'static str {
        "words"
    }
}
