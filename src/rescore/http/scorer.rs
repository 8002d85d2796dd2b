//! A server as a rescorer.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::rescore::error::RescoreError;
use crate::rescore::http::client::Client;
use crate::rescore::http::completions::Completions;
use crate::rescore::http::error::{HttpError, HttpErrorKind};
use crate::rescore::http::options::{HttpOptions, Interface};
use crate::rescore::http::served::Served;
use crate::rescore::http::tei;
use crate::rescore::interpolation::Interpolation;
use crate::rescore::text_scorer::{Scored, TextScorer, keep_uncut, one_by_one};

/// How often an interruption is looked for while requests are on their way.
const GLANCE: Duration = Duration::from_millis(50);

/// A server that scores texts, each by itself.
pub struct HttpScorer {
    asker: Arc<Asker>,
    served: Served,
    batch_texts: usize,
    connections: usize,
    cancel: Arc<AtomicBool>,
    progress: Arc<dyn Fn(usize) + Send + Sync>,
    url: String,
    name: String,
    interpolation: Interpolation,
}

/// The server, in the words of its interface.
struct Asker {
    client: Client,
    completions: Option<Completions>,
}

impl Asker {
    fn score(&self, texts: &[String]) -> Result<Vec<f64>, HttpErrorKind> {
        match &self.completions {
            Some(completions) => completions.score(&self.client, texts),
            None => tei::score(&self.client, texts),
        }
    }
}

/// Requests that several threads share.
struct Batches {
    texts: Vec<Vec<String>>,
    next: AtomicUsize,
    /// Set once nobody waits for the answers.
    over: AtomicBool,
}

impl fmt::Debug for HttpScorer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpScorer")
            .field("name", &self.name)
            .field("served", &self.served)
            .finish_non_exhaustive()
    }
}

impl From<HttpError> for RescoreError {
    fn from(error: HttpError) -> RescoreError {
        match error.kind() {
            HttpErrorKind::Text { text, .. } => RescoreError::Text {
                text: text.clone(),
                list: None,
                source: Box::new(error),
            },
            kind => {
                let interrupted = matches!(kind, HttpErrorKind::Interrupted);
                RescoreError::of_model(error, interrupted)
            }
        }
    }
}

impl HttpScorer {
    /// Asks the server what it serves.
    pub fn open(
        options: HttpOptions,
        interpolation: Interpolation,
    ) -> Result<HttpScorer, HttpError> {
        let client = Client::new(&options).map_err(|kind| {
            // An address that is refused may hold a secret.
            let shown = options.url.split(['@', '?', '#']);
            let plain = shown.count() == 1 || !matches!(kind, HttpErrorKind::Address(_));
            HttpError::new(if plain { &options.url } else { "(not shown)" }, kind)
        })?;

        let opened = match options.interface {
            Interface::TextEmbeddingsInference => tei::served(&client).map(|served| (None, served)),
            Interface::Completions(completions) => Completions::open(&client, completions)
                .map(|(completions, served)| (Some(completions), served)),
        };
        let (completions, served) = opened.map_err(|kind| HttpError::new(&options.url, kind))?;

        let kind = if completions.is_some() {
            "completions"
        } else {
            "tei"
        };
        let most = served.batch_texts.unwrap_or(usize::MAX);
        Ok(HttpScorer {
            name: format!("{kind}:{}", options.url),
            asker: Arc::new(Asker {
                client,
                completions,
            }),
            served,
            batch_texts: options.batch_texts.min(most).max(1),
            connections: options.connections.max(1),
            cancel: options.cancel,
            progress: options.progress,
            url: options.url,
            interpolation,
        })
    }

    /// What the server says it serves.
    pub fn served(&self) -> &Served {
        &self.served
    }

    /// Has every batch scored, several at a time; `keep` gets the number of a batch with its scores
    /// as soon as they are there.
    fn exchange(
        &self,
        texts: Vec<Vec<String>>,
        mut keep: impl FnMut(usize, Vec<f64>),
    ) -> Result<(), HttpErrorKind> {
        let batches = Arc::new(Batches {
            texts,
            next: AtomicUsize::new(0),
            over: AtomicBool::new(false),
        });
        let (sender, answers) = mpsc::channel();
        let count = batches.texts.len();
        for index in 0..self.connections.min(count) {
            let (asker, batches, sender) = (
                Arc::clone(&self.asker),
                Arc::clone(&batches),
                sender.clone(),
            );
            // Not waited for where the run ends before the server answers.
            let begun = thread::Builder::new().spawn(move || work(&asker, &batches, &sender));
            match begun {
                Ok(_) => {}
                Err(error) if index == 0 => return Err(HttpErrorKind::Thread(error)),
                // With fewer threads than connections were asked for it takes longer.
                Err(_) => break,
            }
        }
        drop(sender);

        let mut answered = 0;
        let ended = loop {
            if answered == count {
                break Ok(());
            }
            if self.cancel.load(Ordering::SeqCst) {
                break Err(HttpErrorKind::Interrupted);
            }

            // A server may take minutes, and whoever interrupts does not wait for it.
            match answers.recv_timeout(GLANCE) {
                Ok((index, Ok(scores))) => {
                    (self.progress)(batches.texts[index].len());
                    keep(index, scores);
                    answered += 1;
                }
                Ok((_, Err(kind))) => break Err(kind),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    unreachable!("a thread that asks ends with an answer to its last request")
                }
            }
        };

        batches.over.store(true, Ordering::SeqCst);
        ended
    }
}

/// Has one batch after the other scored, until none is left.
fn work(
    asker: &Asker,
    batches: &Batches,
    answers: &mpsc::Sender<(usize, Result<Vec<f64>, HttpErrorKind>)>,
) {
    while !batches.over.load(Ordering::SeqCst) {
        let index = batches.next.fetch_add(1, Ordering::SeqCst);
        let Some(texts) = batches.texts.get(index) else {
            return;
        };
        let answer = asker.score(texts);
        // The run ends with this: what others would still ask for is asked in vain.
        if answer.is_err() {
            batches.over.store(true, Ordering::SeqCst);
        }
        // Whoever waited may be gone.
        let _ = answers.send((index, answer));
    }
}

impl TextScorer for HttpScorer {
    fn score_texts(&self, texts: &[&str]) -> Result<Vec<f64>, RescoreError> {
        one_by_one(self, texts)
    }

    fn score_texts_one_by_one(
        &self,
        texts: &[&str],
        keep: &(dyn Fn(Scored) + Sync),
    ) -> Result<(), RescoreError> {
        let size = self.batch_texts;
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        let batches: Vec<Vec<String>> = texts.chunks(size).map(owned).collect();

        let exchanged = self.exchange(batches, |batch, scores| {
            keep_uncut(keep, batch * size, scores);
        });

        Ok(exchanged.map_err(|kind| HttpError::new(&self.url, kind))?)
    }

    fn may_vary(&self) -> bool {
        true
    }

    fn interpolation(&self) -> Interpolation {
        self.interpolation
    }

    fn name(&self) -> &str {
        &self.name
    }
}
