//! What training on lists starts from, whatever the plan: the base and the lists.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::bert::architecture::Names;
use crate::bert::batch::TextTokenizer;
use crate::bert::checkpoint::Source;
use crate::bert::config::BertConfig;
use crate::bert::device::DeviceChoice;
use crate::bert::loading::{AdapterUse, HeadUse, LoadedModel, load};
use crate::bert::model::HeadKind;
use crate::bert::tensors::TensorStore;
use crate::cli::args::list_warnings::mixed_scores;
use crate::cli::commands::train::options::{HeadName, Options};
use crate::cli::commands::train::pooler::has_pooler;
use crate::cli::commands::train::shared_lists::shared;
use crate::cli::commands::train::{Args, open_base, robust, teacher, unread};
use crate::cli::models::files::{hash_files, hash_model};
use crate::cli::terminal::Terminal;
use crate::nbest::read::Corpus;
use crate::train::lists::TrainingList;
use crate::train::rescoring::TrainingData;

/// Hypotheses of a list that are read.
const HYPOTHESES: usize = 10;

/// The longest text, where the base reads longer ones.
const MAX_LENGTH: usize = 128;

/// What training starts from.
pub(super) struct TrainInputs {
    pub(super) source: Source,
    pub(super) device: DeviceChoice,
    pub(super) head: HeadKind,
    /// Whether the head's pooler is trained whole: it is new, or PEFT takes it for a part of the
    /// classifier.
    pub(super) whole_pooler: bool,
    pub(super) max_length: usize,
    pub(super) seed: u64,
    pub(super) train: Corpus,
    pub(super) data: TrainingData,
    /// Content hashes of what was read, and how it was.
    pub(super) hashes: BTreeMap<String, String>,
}

impl TrainInputs {
    /// Reads the lists, and what must be known of the base.
    pub(super) fn gather(
        args: &Args,
        options: &Options,
        base: &Path,
        terminal: &Terminal,
    ) -> anyhow::Result<TrainInputs> {
        let device = args.device.parse::<DeviceChoice>()?;
        // A GPU that is not there is told before anything is read.
        device.resolve()?;
        let source = open_base(base)?;
        let config = BertConfig::read(&source.base.join("config.json"))?;
        let names = config.model_type.names();
        let (head, has_pooler) = head(options, &source, names)?;
        let limit = config.longest();
        let max_length = options.max_length.unwrap_or(limit.min(MAX_LENGTH));

        if max_length > limit || max_length < 3 {
            anyhow::bail!("--max-length {max_length}: this model reads 3 to {limit} tokens");
        }

        let tokenizer = TextTokenizer::read(&source.tokenizer(), &config, max_length)?;
        let tokenizer = Arc::new(tokenizer);
        let train = read(args, &options.nbest, terminal)?;
        let dev = read(args, &options.dev, terminal)?;
        let odd = shared(&train.utterances, &dev.utterances);
        let odd = odd.into_iter().chain(scored_apart(&train, &dev));
        for warning in odd {
            terminal.warn(&warning);
        }
        let hypotheses = options.hypotheses.unwrap_or(HYPOTHESES);
        for (name, corpus) in [("training", &train), ("development", &dev)] {
            if let Some(warning) = mixed_scores(&corpus.facts, corpus.utterances.len()) {
                terminal.warn(&format!("of the {name} lists: {warning}"));
            }
            let warnings = unread::warnings(name, &corpus.utterances, hypotheses, &tokenizer)?;
            for warning in &warnings {
                terminal.warn(warning);
            }
        }
        let prepare =
            |corpus: &Corpus| TrainingList::prepare(&corpus.utterances, hypotheses, &tokenizer);
        let seed = options.seed.unwrap_or(1);
        let robust = robust::settings(options)?;
        let swaps = robust
            .map(|robust| robust::perturber(robust, seed, &train.utterances, &tokenizer))
            .transpose()?;
        let (perturber, lexicon) = swaps.unzip();
        let mut lists = prepare(&train)?;
        let taught = teacher::teach(options, device, base, &train, hypotheses, &mut lists)?;
        let data = TrainingData {
            train: lists,
            dev: prepare(&dev)?,
            perturber,
        };
        let mut hashes = BTreeMap::from([
            ("base".to_owned(), hash_model(&source)?),
            ("train".to_owned(), hash_files(&options.nbest)?),
            ("dev".to_owned(), hash_files(&options.dev)?),
            (
                "normalization".to_owned(),
                train.facts.normalization.clone(),
            ),
            ("hypotheses".to_owned(), hypotheses.to_string()),
        ]);
        hashes.extend(taught.map(|hash| ("teacher".to_owned(), hash)));
        hashes.extend(lexicon.map(|hash| ("lexicon".to_owned(), hash)));

        Ok(TrainInputs {
            source,
            device,
            head,
            whole_pooler: head == HeadKind::HfPooled
                && (!has_pooler || names.pooler_is_classifiers()),
            max_length,
            seed,
            train,
            data,
            hashes,
        })
    }

    /// The base with a new head.
    pub(super) fn load(&self) -> anyhow::Result<LoadedModel> {
        Ok(load(
            &self.source,
            &self.device.resolve()?,
            AdapterUse::Keep,
            HeadUse::New(self.head, self.seed),
            Some(self.max_length),
        )?)
    }
}

/// The head to train, and whether the base has a pooler for it.
fn head(options: &Options, source: &Source, names: &Names) -> anyhow::Result<(HeadKind, bool)> {
    let has_pooler = has_pooler(&TensorStore::read_model(&source.base)?, names);

    let head = match options.head {
        Some(HeadName::HfPooled) => HeadKind::HfPooled,
        None if has_pooler => HeadKind::HfPooled,
        Some(HeadName::ClsLinear) | None => HeadKind::ClsLinear,
    };

    Ok((head, has_pooler))
}

fn read(args: &Args, files: &[PathBuf], terminal: &Terminal) -> anyhow::Result<Corpus> {
    let corpus = args.reading.read(files, terminal)?.into_corpus()?;
    if corpus.utterances.is_empty() {
        anyhow::bail!("there is no utterance in {}", files[0].display());
    }
    Ok(corpus)
}

/// A warning where all lists of one kind have first-pass scores, and none of the other.
fn scored_apart(train: &Corpus, dev: &Corpus) -> Option<String> {
    let none_of = |corpus: &Corpus| corpus.facts.rank_stands_in == corpus.utterances.len();
    let all_of = |corpus: &Corpus| corpus.facts.rank_stands_in == 0;
    let (with, without) = if all_of(train) && none_of(dev) {
        ("training", "development")
    } else if none_of(train) && all_of(dev) {
        ("development", "training")
    } else {
        return None;
    };

    Some(format!(
        "the {with} lists have first-pass scores and the {without} lists have none, where minus \
            the rank stands in (0, -1, -2, ...): what is learned beside the one, and the \
            first-pass scale, do not suit the other; take lists of one kind"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nbest::read::ReadOptions;

    #[test]
    fn scores_of_training_lists_alone_or_of_others_alone_are_told() {
        let read = |score: &str| {
            let list = format!(r#"{{"id": "a", "ref": "two", "hyps": [{{"text": "to"{score}}}]}}"#);
            Corpus::read("lists.jsonl", list.as_bytes(), &ReadOptions::default()).unwrap()
        };
        let (scored, bare) = (read(r#", "score": -2.5"#), read(""));
        let told = |train, dev| scored_apart(train, dev).unwrap_or_default();
        assert_eq!(told(&scored, &scored), "");
        assert_eq!(told(&bare, &bare), "");

        let begin = "the training lists have first-pass scores and the development lists have none";
        assert!(told(&scored, &bare).starts_with(begin));
        let begin = "the development lists have first-pass scores and the training lists have none";
        assert!(told(&bare, &scored).starts_with(begin));
    }
}
