//! A model that is loaded: a rescorer with what a report says about it.

use std::sync::Arc;

use crate::cli::terminal::Terminal;
use crate::nbest::lists::Lists;
use crate::report::model_kind::ModelKind;
use crate::report::model_record::ModelRecord;
use crate::report::tuning::TunedLists;
use crate::rescore::Rescorer;
use crate::rescore::cache::{Cached, ScoreCache};
use crate::rescore::chain;
use crate::rescore::known::HandsOver;
use crate::rescore::list_memory::ListMemory;
use crate::rescore::list_scorer::ListScorer;
use crate::rescore::pointwise::Pointwise;
use crate::rescore::remembered::Remembers;
use crate::rescore::text_scorer::TextScorer;

/// A rescorer with what a report says about it.
pub(crate) struct Model {
    rescorer: Arc<dyn Rescorer>,
    /// The same, where its scores are worth keeping.
    memory: Option<Arc<dyn Remembers>>,
    /// The same, where its scores can be handed from run to run.
    hands_over: Option<Arc<dyn HandsOver>>,
    record: ModelRecord,
    /// Where its scores are kept between runs.
    cache: Option<Arc<ScoreCache>>,
    /// What it says it is, and the like: nothing that needs doing.
    remarks: Vec<String>,
    notices: Vec<String>,
    is_by_text: bool,
    pub(super) saw_perturbed_lists: bool,
    /// The file that its weight was tuned in, and the lists that it was tuned on.
    pub(super) tuned_on: Option<(String, TunedLists)>,
}

impl Model {
    /// The rescorer.
    pub(crate) fn rescorer(&self) -> &dyn Rescorer {
        &*self.rescorer
    }

    /// The memory of a rescorer whose scores take long to compute.
    pub(crate) fn memory(&self) -> Option<Arc<dyn Remembers>> {
        self.memory.clone()
    }

    /// What hands its scores over to other runs; `None` where it has none of its own.
    pub(crate) fn hands_over(&self) -> Option<&dyn HandsOver> {
        self.hands_over.as_deref()
    }

    /// How many of its scores came from the cache; `None` without one.
    pub(crate) fn cached_scores(&self) -> Option<usize> {
        self.cache.as_ref().map(|cache| cache.hits())
    }

    /// How many of its scores the cache lacked; `None` without one.
    pub(crate) fn uncached_scores(&self) -> Option<usize> {
        self.cache.as_ref().map(|cache| cache.added())
    }

    /// Warns where the cache took no more scores.
    pub(crate) fn warn_of_cache(&self, terminal: &Terminal) {
        let error = self.cache.as_ref().and_then(|cache| cache.given_up());
        if let Some(error) = error {
            terminal.warn(&format!("{}: the run went on without it", chain(error)));
        }
    }

    /// Says how many of its scores came from the cache.
    pub(crate) fn say_cached(&self, terminal: &Terminal) {
        self.warn_of_cache(terminal);
        if let Some(scores) = self.cached_scores() {
            terminal.say(&format!("{scores} scores came from the cache"));
        }
    }

    /// What a report says about it.
    pub(crate) fn record(&self) -> ModelRecord {
        self.record.clone()
    }

    /// Whether scoring is the model's work, rather than known beforehand.
    pub(crate) fn is_asked(&self) -> bool {
        !matches!(
            self.record.kind,
            ModelKind::FirstPass | ModelKind::Oracle | ModelKind::Scores
        )
    }

    /// Whether each distinct text is scored once; else it takes whole lists.
    pub(crate) fn is_by_text(&self) -> bool {
        self.is_by_text
    }

    /// Whether it has learned from perturbed lists.
    pub(crate) fn saw_perturbed_lists(&self) -> bool {
        self.saw_perturbed_lists
    }

    /// Notes that `lists` are those that its weight was tuned on, or that its first-pass scale is
    /// for scores and theirs are ranks, or the other way round.
    pub(crate) fn notice_tuning_lists(&mut self, lists: &Lists) {
        let Some((file, tuned)) = &self.tuned_on else {
            return;
        };
        let mut notices = Vec::new();
        if tuned.content_hash == lists.facts.content_hash {
            notices.push(format!(
                "caution: these are the lists that {file} was tuned on: figures on them are no \
                 evidence about others"
            ));
        }

        let (ranked, of) = (lists.facts.rank_stands_in, lists.survey.utterances);
        if tuned.rank_stands_in == Some(0) && ranked > 0 {
            notices.push(format!(
                "{file} was tuned on lists with first-pass scores, and {ranked} of {of} lists here \
                 have none, so that minus the rank stands in: the scale of the first pass is that \
                 of scores; tune on lists without scores"
            ));
        } else if tuned.rank_stands_in == Some(tuned.utterances) && ranked < of {
            notices.push(format!(
                "{file} was tuned on lists without first-pass scores, and {} of {of} lists here \
                 have some: the scale of the first pass is that of ranks; tune on lists with scores",
                of - ranked
            ));
        }
        self.notices.extend(notices);
    }

    /// What the user should know about it: what it says of itself, then all that is warned of.
    pub(crate) fn notes(&self) -> Vec<String> {
        [&self.remarks[..], &self.notices].concat()
    }

    /// Says what it says of itself, and warns of the rest that is `told`.
    pub(crate) fn tell(&self, told: impl Fn(&str) -> bool, terminal: &Terminal) {
        for remark in &self.remarks {
            terminal.say(remark);
        }
        for notice in self.notices.iter().filter(|notice| told(notice)) {
            terminal.warn(notice);
        }
    }

    /// The same with what it says of itself.
    pub(super) fn remarking(mut self, remark: String) -> Model {
        self.remarks.push(remark);
        self
    }

    /// Adds what the user should know, too.
    pub(crate) fn notice(&mut self, notice: String) {
        self.notices.push(notice);
    }
}

/// A model whose scores are asked for anew in every run, or taken from a `cache`.
pub(crate) fn forgetful(
    rescorer: Arc<dyn Rescorer>,
    cache: Option<Arc<ScoreCache>>,
    record: ModelRecord,
    notices: Vec<String>,
) -> Model {
    Model {
        rescorer,
        memory: None,
        hands_over: None,
        record,
        cache,
        remarks: Vec::new(),
        notices,
        is_by_text: false,
        saw_perturbed_lists: false,
        tuned_on: None,
    }
}

/// The same, of a model that scores whole lists.
pub(crate) fn listwise(
    scorer: Arc<dyn ListScorer>,
    cache: Option<Arc<ScoreCache>>,
    record: ModelRecord,
    notices: Vec<String>,
) -> Model {
    let memory = Arc::new(ListMemory::new(scorer));
    Model {
        memory: Some(Arc::clone(&memory) as Arc<dyn Remembers>),
        hands_over: Some(Arc::clone(&memory) as Arc<dyn HandsOver>),
        ..forgetful(memory, cache, record, notices)
    }
}

/// A model over `scorer` that scores every text once in a run, and with a `cache` once in all runs.
pub(crate) fn pointwise(
    scorer: impl TextScorer + 'static,
    cache: Option<Arc<ScoreCache>>,
    identity: String,
    record: ModelRecord,
    notices: Vec<String>,
) -> Model {
    match cache {
        Some(cache) => {
            let cached = Cached::new(scorer, Arc::clone(&cache), identity);
            remembering(cached, Some(cache), record, notices)
        }
        None => remembering(scorer, None, record, notices),
    }
}

fn remembering(
    scorer: impl TextScorer + 'static,
    cache: Option<Arc<ScoreCache>>,
    record: ModelRecord,
    notices: Vec<String>,
) -> Model {
    let memory = Arc::new(Pointwise::new(scorer));
    Model {
        is_by_text: true,
        memory: Some(Arc::clone(&memory) as Arc<dyn Remembers>),
        hands_over: Some(Arc::clone(&memory) as Arc<dyn HandsOver>),
        ..forgetful(memory, cache, record, notices)
    }
}
