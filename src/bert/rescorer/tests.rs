use super::*;

fn rescorer(token_budget: usize, threads: usize) -> BertRescorer {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reference/hf-peft");
    let options = LoadOptions {
        path: &root.join("adapter-lora"),
        search: BaseSearch {
            base: Some(&root.join("bert-tiny")),
            cache: None,
        },
        device: &Device::flex(),
        token_budget,
        threads,
        precision: Precision::Single,
        max_length: Some(32),
        weight: None,
        first_pass_scale: Some(0.5),
    };

    BertRescorer::load(&options).unwrap()
}

/// Sentences of 0 to 45 words, many of each length.
fn texts() -> Vec<String> {
    let words = [
        "please", "send", "there", "invoice", "to", "the", "new", "address",
    ];
    (0..200_usize)
        .map(|index| {
            let word = |place: usize| words[(index * 7 + place * place + place) % words.len()];
            let length = index % 23 + index % 2 * 23;
            (0..length).map(word).collect::<Vec<_>>().join(" ")
        })
        .collect()
}

#[test]
fn scores_do_not_depend_on_threads_or_batches_or_company() {
    let texts = texts();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let expected = rescorer(512, 1).score_texts(&texts).unwrap();
    for (token_budget, threads) in [(512, 2), (1, 3), (100, 2), (100_000, 1)] {
        let found = rescorer(token_budget, threads).score_texts(&texts).unwrap();
        assert!(
            found == expected,
            "{token_budget} tokens, {threads} threads"
        );
    }

    let rescorer = rescorer(512, 1);
    for (index, text) in texts.iter().enumerate().step_by(9) {
        let alone = rescorer.score_texts(&[text]).unwrap();
        assert!(
            alone == [expected[index]],
            "{text}: {alone:?} is not {}",
            expected[index]
        );
    }
}

#[test]
fn texts_that_were_cut_are_counted() {
    let rescorer = rescorer(512, 1);
    let long = "the ".repeat(40);
    rescorer.score_texts(&["the address", &long]).unwrap();
    assert_eq!(rescorer.truncated_texts(), 1);
    rescorer.score_texts(&[]).unwrap();
    assert_eq!(rescorer.truncated_texts(), 1);
}

#[test]
fn progress_counts_every_text_and_a_cancelled_run_ends() {
    let done = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&done);
    let cancel = Arc::new(AtomicBool::new(false));
    let rescorer = rescorer(64, 2)
        .with_progress(Box::new(move |texts| {
            counter.fetch_add(texts, Ordering::Relaxed);
        }))
        .with_cancel(Arc::clone(&cancel));
    let texts = texts();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    rescorer.score_texts(&texts).unwrap();
    assert_eq!(done.load(Ordering::Relaxed), texts.len());
    cancel.store(true, Ordering::Relaxed);
    assert!(matches!(
        rescorer.score_texts(&texts),
        Err(RescoreError::Interrupted)
    ));
}

#[test]
fn an_interruption_keeps_the_scores_of_the_batches_before_it() {
    let texts = texts();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let whole = rescorer(64, 1);
    let expected = whole.score_texts(&texts).unwrap();
    let cancel = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&cancel);
    let done = AtomicUsize::new(0);
    let rescorer = rescorer(64, 1)
        .with_progress(Box::new(move |texts| {
            if done.fetch_add(texts, Ordering::Relaxed) + texts >= 100 {
                flag.store(true, Ordering::Relaxed);
            }
        }))
        .with_cancel(cancel);

    let found = Mutex::new(Vec::new());
    let ended =
        rescorer.score_texts_one_by_one(&texts, &|scored| found.lock().unwrap().push(scored));
    assert!(matches!(ended, Err(RescoreError::Interrupted)));

    let found = found.into_inner().unwrap();
    assert!((100..texts.len()).contains(&found.len()), "{}", found.len());
    for scored in &found {
        assert_eq!(scored.score.to_bits(), expected[scored.index].to_bits());
        let tokens = whole.tokenize(&texts[scored.index..=scored.index]).unwrap();
        assert_eq!(scored.cut, tokens[0].truncated);
    }

    let cut = found.iter().filter(|scored| scored.cut);
    assert_eq!(rescorer.truncated_texts(), cut.count());
}

#[test]
fn the_callers_numbers_come_before_the_models() {
    let interpolation = rescorer(512, 1).interpolation();
    assert_eq!(
        interpolation,
        Interpolation {
            first_pass_scale: 0.5,
            weight: 1.0
        }
    );
}
