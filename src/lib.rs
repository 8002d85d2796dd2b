//! mondegreen: property-based robustness testing of second-pass rescorers.
//!
//! A recogniser's first pass writes an n-best list; a rescorer picks the winner.
//! This crate swaps words of the list for words that sound alike, and measures,
//! with intervals and a verdict, how much worse the rescorer's pick gets.
//!
//! The program `robustness-check` is told about in the [guides](guide). Here is what a test of your
//! own can use.
//!
//! # Perturbed lists in a proptest
//!
//! [`perturbed`](perturb::strategy::perturbed) makes a list a strategy of proptest: it draws
//! versions of the list with words swapped, and shrinks one that fails to the fewest words and
//! hypotheses.
//!
//! ```
//! use mondegreen::nbest::read::{Corpus, ReadOptions};
//! use mondegreen::perturb::strategy::perturbed;
//! use mondegreen::phonetics::lexicon::Lexicon;
//! use proptest::prelude::*;
//!
//! let lists = br#"[{"id": "u1", "ref": "meet me at eight", "hyps": [
//!     {"text": "meet me at eight", "score": -1.5},
//!     {"text": "meet me at a", "score": -2.0}
//! ]}]"#;
//! let corpus = Corpus::read("lists.json", &lists[..], &ReadOptions::default())?;
//!
//! proptest!(|(case in perturbed(&corpus.utterances[0], Lexicon::embedded()).all_hypotheses())| {
//!     // A swap changes no number of words.
//!     for (text, original) in case.texts().iter().zip(case.originals()) {
//!         prop_assert_eq!(text.word_count(), original.word_count());
//!     }
//! });
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # A rescorer of your own
//!
//! Whatever scores texts is a [`Rescorer`](rescore::Rescorer). This one knows nothing but how long
//! they are:
//!
//! ```
//! use mondegreen::nbest::read::{Corpus, ReadOptions};
//! use mondegreen::rescore::{Candidates, Interpolation, RescoreError, Rescorer};
//!
//! struct Short;
//!
//! impl Rescorer for Short {
//!     fn score(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
//!         let score = |text: &&str| -0.1 * text.len() as f64;
//!         let scores = lists.iter().map(|list| list.texts.iter().map(score).collect());
//!         Ok(scores.collect())
//!     }
//!
//!     // total = first_pass_scale * first pass + weight * second pass
//!     fn interpolation(&self) -> Interpolation {
//!         Interpolation { first_pass_scale: 0.1, weight: 1.0 }
//!     }
//!
//!     fn name(&self) -> &str {
//!         "short"
//!     }
//! }
//!
//! let list = br#"{"id": "u1", "ref": "two", "hyps": [{"text": "to do"}, {"text": "two"}]}"#;
//! let corpus = Corpus::read("list.jsonl", &list[..], &ReadOptions::default())?;
//! let utterance = &corpus.utterances[0];
//! let scores = Short.score(&[Candidates::of(utterance)])?;
//! let pick = Short.interpolation().select(utterance.nbest.hypotheses(), &scores[0]);
//! assert_eq!(utterance.nbest.hypotheses()[pick].transcript.as_str(), "two");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # A suite, run to its verdict
//!
//! [`check::run`] does what the program does: every list, perturbed as the [`suite`] says, and
//! judged over speakers.
//!
//! ```
//! use mondegreen::check;
//! use mondegreen::check::engine::plan::Plan;
//! use mondegreen::nbest::read::{Corpus, Input, ReadOptions};
//! use mondegreen::perturb::menu::Replacements;
//! use mondegreen::phonetics::lexicon::Lexicon;
//! use mondegreen::stats::verdict::Verdict;
//! use mondegreen::suite::Suite;
//! # use mondegreen::rescore::{Candidates, Interpolation, RescoreError, Rescorer};
//! # struct Short;
//! # impl Rescorer for Short {
//! #     fn score(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
//! #         let score = |text: &&str| -0.1 * text.len() as f64;
//! #         Ok(lists.iter().map(|list| list.texts.iter().map(score).collect()).collect())
//! #     }
//! #     fn interpolation(&self) -> Interpolation {
//! #         Interpolation { first_pass_scale: 0.1, weight: 1.0 }
//! #     }
//! #     fn name(&self) -> &str {
//! #         "short"
//! #     }
//! # }
//!
//! let lists = Input::Lists("fixtures/nbest/test.jsonl".into());
//! let corpus = Corpus::open(&[lists], &ReadOptions::default())?;
//! let suites = [Suite::open("perturb-n")?];
//! let plan = Plan {
//!     utterances: &corpus.utterances,
//!     suites: &suites,
//!     replacements: &Replacements::from(Lexicon::embedded()),
//!     seed: 1,
//!     draws: Some(2),
//! };
//!
//! let findings = check::run(&plan, &Short)?;
//! assert_eq!(findings.verdict, Verdict::Inconclusive);
//! let gates = &findings.judgments[0].gates;
//! let verdicts = gates.iter().map(|gate| (gate.kind.name(), gate.decision.verdict));
//! let expected = [("flip", Verdict::Pass), ("gain", Verdict::Inconclusive)];
//! assert_eq!(verdicts.collect::<Vec<_>>(), expected);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # A property of your own
//!
//! [`choices`](check::engine::pair::choices) tells what a rescorer picks from a list and from its
//! perturbed version. So any promise about picks is a property, and one that is broken comes with
//! the smallest list that shows it:
//!
//! ```
//! use mondegreen::check::engine::pair::{ListPair, choices};
//! use mondegreen::nbest::read::{Corpus, ReadOptions};
//! use mondegreen::perturb::strategy::perturbed;
//! use mondegreen::phonetics::lexicon::Lexicon;
//! use proptest::prelude::*;
//! use proptest::test_runner::{TestError, TestRunner};
//! # use mondegreen::rescore::{Candidates, Interpolation, RescoreError, Rescorer};
//! # struct Short;
//! # impl Rescorer for Short {
//! #     fn score(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
//! #         let score = |text: &&str| -0.1 * text.len() as f64;
//! #         Ok(lists.iter().map(|list| list.texts.iter().map(score).collect()).collect())
//! #     }
//! #     fn interpolation(&self) -> Interpolation {
//! #         Interpolation { first_pass_scale: 0.1, weight: 1.0 }
//! #     }
//! #     fn name(&self) -> &str {
//! #         "short"
//! #     }
//! # }
//!
//! let lists = br#"[{"id": "u1", "ref": "send it by noon", "hyps": [
//!     {"text": "send it by noon", "score": -9.0},
//!     {"text": "end it at noon", "score": -10.5}
//! ]}]"#;
//! let corpus = Corpus::read("lists.json", &lists[..], &ReadOptions::default())?;
//! let utterance = &corpus.utterances[0];
//!
//! let draws = perturbed(utterance, Lexicon::embedded()).all_hypotheses();
//! let found = TestRunner::deterministic().run(&draws, |case| {
//!     // Where words were dropped so that two texts are alike, there is no list any more.
//!     let Some(pair) = ListPair::of(utterance, &case) else { return Ok(()) };
//!     let choice = choices(&[pair], &Short).expect("it scores any text").remove(0);
//!     // What it picks after the swap is no worse than what it picked before.
//!     prop_assert_eq!(choice.damage(), 0);
//!     Ok(())
//! });
//!
//! // The longer "buy" or "bye" loses to a text that is further from what was said.
//! let Err(TestError::Fail(_, smallest)) = found else { panic!("{found:?}") };
//! assert_eq!(smallest.substitutions().len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Bird's eye
//!
//! ```text
//! n-best file -> nbest::Utterance --+
//! CMUdict -> phonetics ---> perturb +--> check::engine --> verdict --> report
//! suite file -> suite --------------+        |
//! checkpoint -> bert (a Rescorer) -----------+      train -> checkpoint
//! ```
//!
//! One run is data flow: files become utterances ([`nbest`]); a suite names checks
//! ([`suite`]); each check draws perturbed lists ([`perturb`], over [`phonetics`]);
//! a rescorer scores clean and perturbed lists ([`rescore`], [`bert`]); [`check`]
//! counts word errors and judges (over [`stats`]); a report
//! shows it ([`report`]). Training ([`train`]) is the other half: it makes the
//! checkpoints that are checked.
//!
//! # Floors
//!
//! A module uses only floors below its own; `tests/it/floors.rs` enforces it.
//!
//! | floor | modules | role |
//! |---|---|---|
//! | 6 | `cli` | the command line: arguments, files, clock, terminal |
//! | 5 | [`report`] | showing it |
//! | 4 | [`check`], [`train`] | doing it |
//! | 3 | [`suite`], [`bert`] | what is checked; how a model scores |
//! | 2 | [`perturb`], [`rescore`] | one verb each |
//! | 1 | [`nbest`], [`phonetics`], [`stats`] | data and numbers |
//! | 0 | [`files`] | what is put on the disk |
//!
//! [`guide`] holds no code: it tells in plain words how the program is used, what its figures mean,
//! and how often its verdicts are wrong.
//!
//! # What you will not find
//!
//! - [`stats`] has never heard of words, and [`report`] computes nothing.
//! - [`check`] knows a [`rescore::Rescorer`], not BERT; only [`bert`] and [`train`] import burn.
//! - Only `cli` reads the clock, the environment and the terminal, and only it prints.
//! - No result depends on thread count, shard, batch size or the order of input
//!   files: every random draw is a pure function of the names and the seed.
//! - No paper's figures: where arXiv 2401.10447 leaves a definition open, ours is
//!   stated where it is implemented.

pub mod files;
pub mod nbest;
pub mod phonetics;
pub mod stats;

pub mod perturb;
pub mod rescore;

#[cfg(feature = "bert")]
pub mod bert;
pub mod suite;

pub mod check;
#[cfg(feature = "bert")]
pub mod train;

pub mod report;

pub mod guide;

#[doc(hidden)]
#[cfg_attr(
    all(not(feature = "bert"), not(test)),
    expect(dead_code, reason = "progress and interruption serve models")
)]
#[cfg_attr(
    not(feature = "bert"),
    expect(clippy::unused_self, reason = "progress serves models")
)]
pub mod cli;
