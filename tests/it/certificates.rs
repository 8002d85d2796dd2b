//! Certificates of bundled lists against brute force: strings cut and joined, the lexicon asked
//! word by word.

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};

use mondegreen::check::failures::certificate::certify;
use mondegreen::nbest::Utterance;
use mondegreen::nbest::normalize::Normalization;
use mondegreen::nbest::read::{Corpus, ReadOptions, ScoreKind};
use mondegreen::perturb::menu::Replacements;
use mondegreen::perturb::rules::{SwapRules, left_out_by};
use mondegreen::perturb::{Perturbation, Vocabulary};
use mondegreen::phonetics::distance::PhoneticDistance;
use mondegreen::phonetics::lexicon::Lexicon;
use mondegreen::rescore::{Candidates, Interpolation, RescoreError, Rescorer};

use crate::project::repository;

/// Scores a text by its words, each worth something that depends on its letters alone.
struct Letters;

impl Rescorer for Letters {
    fn score(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
        let worth = |word: &str| {
            let mut hasher = DefaultHasher::new();
            word.hash(&mut hasher);
            (hasher.finish() % 1000) as f64 / 500.0
        };
        let score = |text: &&str| text.split(' ').map(worth).sum();

        Ok(lists
            .iter()
            .map(|list| list.texts.iter().map(score).collect())
            .collect())
    }

    fn interpolation(&self) -> Interpolation {
        Interpolation {
            first_pass_scale: 0.1,
            weight: 1.0,
        }
    }

    fn name(&self) -> &'static str {
        "letters"
    }
}

/// The pick from the list of `utterance` with these texts.
fn pick(utterance: &Utterance, texts: &[String]) -> usize {
    let texts = texts.iter().map(String::as_str).collect();
    let scores = Letters.score(&[Candidates { utterance, texts }]).unwrap();
    Letters
        .interpolation()
        .select(utterance.nbest.hypotheses(), &scores[0])
}

/// Every single homophone swap that changes the pick, as hypothesis, word and new word, and how
/// many there are.
fn brute_force(
    utterance: &Utterance,
    replacements: &Replacements,
) -> (usize, Vec<(usize, usize, String)>) {
    let hypotheses = utterance.nbest.hypotheses().iter();
    let originals: Vec<String> = hypotheses
        .map(|hypothesis| hypothesis.transcript.as_str().to_owned())
        .collect();
    let clean_pick = pick(utterance, &originals);
    let (mut tried, mut flips) = (0, Vec::new());

    for (hypothesis, original) in originals.iter().enumerate() {
        let words: Vec<&str> = original.split_whitespace().collect();
        for (position, word) in words.iter().enumerate() {
            let index = replacements.index();
            let homophones = index.replacements(word, PhoneticDistance::ZERO);
            for homophone in homophones {
                let (vocabulary, rules) = (Vocabulary::Common, &SwapRules::FAIR);
                if left_out_by(index.lexicon(), word, &homophone, vocabulary, rules).is_some() {
                    continue;
                }
                let mut swapped = words.clone();
                swapped[position] = homophone.word;
                let mut texts = originals.clone();
                texts[hypothesis] = swapped.join(" ");
                tried += 1;
                if pick(utterance, &texts) != clean_pick {
                    flips.push((hypothesis, position, homophone.word.to_owned()));
                }
            }
        }
    }

    (tried, flips)
}

#[test]
fn three_hundred_certificates_are_what_brute_force_finds() {
    let file = File::open(repository("fixtures/nbest/test.jsonl")).unwrap();
    let options = ReadOptions {
        normalization: Normalization::default(),
        format: None,
        scores: ScoreKind::LogProbability,
        acoustic_weight: 1.0,
    };
    let corpus = Corpus::read("test.jsonl", file, &options).unwrap();
    let utterances = &corpus.utterances[..300];
    let replacements = Replacements::from(Lexicon::embedded());
    let certificates = certify(
        utterances,
        &Perturbation::PERTURB_N,
        &replacements,
        &Letters,
        &|| false,
    )
    .unwrap();
    assert_eq!(certificates.len(), utterances.len());

    let mut safe = 0;
    for (utterance, certificate) in utterances.iter().zip(&certificates) {
        let (tried, flips) = brute_force(utterance, &replacements);
        assert_eq!(certificate.substitutions, tried, "{}", utterance.id);
        let found: Vec<(usize, usize, String)> = certificate
            .flips
            .iter()
            .map(|flip| {
                let swap = flip.case.substitutions().remove(0);
                (swap.hypothesis, swap.word, swap.to)
            })
            .collect();
        assert_eq!(found, flips, "{}", utterance.id);
        assert_eq!(certificate.holds(0.0), flips.is_empty());
        safe += usize::from(flips.is_empty());
    }

    assert!((20..280).contains(&safe), "{safe}");
}
