//! What training writes is what scoring reads.

use std::collections::BTreeMap;

use burn::module::Module;
use burn::tensor::Device;

use crate::bert::batch::TokenBatch;
use crate::bert::checkpoint::{BaseSearch, Checkpoint, FORMAT_VERSION, Source};
use crate::bert::loading::{AdapterUse, HeadUse, load};
use crate::bert::model::HeadKind;
use crate::bert::weights::{numbers, write_model};
use crate::train::cost::{TrainingCost, parameter_counts};
use crate::train::export::{Export, write_checkpoint, write_shape};
use crate::train::parameters::count;
use crate::train::progress::Spent;
use crate::train::strategy::{DynamicRank, MixedRank, TrainingStrategy};
use crate::train::tests::{STEPS, base, config, dynamic, full_warm_up, plan, train, warm_up};
use crate::train::vocabulary::Vocabulary;

/// What is written is read back as the same scores.
#[track_caller]
fn check_export(strategy: &TrainingStrategy) {
    let plan = plan(strategy);
    let parent = tempfile::tempdir().unwrap();
    let outcome = train(&plan, &parent.path().join("run"), usize::MAX).unwrap();
    let vocabulary = Vocabulary::build(["ab ab cd cd ef ef gh gh"], 24);
    let tokenizer = parent.path().join("tokenizer.json");
    std::fs::write(&tokenizer, vocabulary.tokenizer_json()).unwrap();

    let folder = parent.path().join("base");
    std::fs::create_dir(&folder).unwrap();
    write_model(&folder, &base(), Vec::new()).unwrap();
    write_shape(&folder, &config(), &tokenizer).unwrap();

    let parameters = parameter_counts(&plan, &outcome.output.model, &outcome.masks, false);
    let cost = TrainingCost::new(Spent::default(), STEPS, parameters, "cpu", 1);
    let export = Export {
        plan: &plan,
        model: &outcome.output.model,
        config: &config(),
        tokenizer: &tokenizer,
        base: "../base",
        whole_base: "/elsewhere/base",
        masks: &outcome.masks,
        whole_pooler: false,
        cost: Some(&cost),
    };

    let checkpoint = Checkpoint {
        format_version: FORMAT_VERSION,
        base: None,
        head: HeadKind::ClsLinear,
        weight: 1.0,
        first_pass_scale: 1.0,
        max_length: 8,
        normalization: serde_json::Value::Null,
        strategy: serde_json::Value::Null,
        seed: 1,
        data: BTreeMap::new(),
    };

    let out = parent.path().join("out");
    std::fs::create_dir(&out).unwrap();
    write_checkpoint(&out, &export, checkpoint).unwrap();
    assert_eq!(TrainingCost::read(&out).unwrap(), Some(cost));

    let source = Source::open(
        &out,
        BaseSearch {
            base: None,
            cache: None,
        },
    )
    .unwrap();

    let device = Device::flex();
    let read = load(&source, &device, AdapterUse::Keep, HeadUse::Stored, None)
        .unwrap()
        .model;
    let texts: [&[u32]; 2] = [&[2, 7, 9, 3], &[2, 8, 12, 3]];
    let batch = TokenBatch::new(&texts, 0, &device);
    let expected = numbers(outcome.output.model.valid().forward(&batch));

    for (score, expected) in numbers(read.valid().forward(&batch)).iter().zip(&expected) {
        assert!(
            (score - expected).abs() < 1e-5,
            "{strategy:?}: {score}, expected {expected}"
        );
    }
}

#[test]
fn every_checkpoint_is_read_back_with_the_same_scores() {
    check_export(&TrainingStrategy::Full);
    check_export(&TrainingStrategy::Lora);
    check_export(&dynamic());
    check_export(&warm_up(None));
    check_export(&warm_up(Some(DynamicRank::default())));
    check_export(&full_warm_up(None));
    check_export(&TrainingStrategy::MixedRank(MixedRank::Drawn));

    let listed = vec![
        ("query".to_owned(), 3),
        ("attention.output.dense".to_owned(), 1),
    ];

    check_export(&TrainingStrategy::MixedRank(MixedRank::Listed(listed)));
}

/// Trained at once, and stored at the end.
#[track_caller]
fn check_counts(strategy: &TrainingStrategy, trainable: usize, stored: usize) {
    let plan = plan(strategy);
    let parent = tempfile::tempdir().unwrap();
    let outcome = train(&plan, &parent.path().join("run"), usize::MAX).unwrap();
    let counts = parameter_counts(&plan, &outcome.output.model, &outcome.masks, false);
    let bare = count(&base(), &|_| true);

    assert_eq!(
        (counts.model, counts.trainable, counts.stored),
        (bare, trainable, stored)
    );
}

#[test]
fn parameters_are_counted_as_they_are_trained_and_stored() {
    let all = count(&base(), &|_| true);
    check_counts(&TrainingStrategy::Full, all, all);

    // A layer: four maps of 16 x 16 and two of 16 x 32; the head is 16 and a bias.
    let (direction, head) = (2 * (4 * 32 + 2 * 48), 17);
    check_counts(
        &TrainingStrategy::Lora,
        2 * direction + head,
        2 * direction + head,
    );
    check_counts(&warm_up(None), 6 * direction + head, 2 * direction + head);

    let plan = plan(&dynamic());
    let parent = tempfile::tempdir().unwrap();
    let outcome = train(&plan, &parent.path().join("run"), usize::MAX).unwrap();
    let counts = parameter_counts(&plan, &outcome.output.model, &outcome.masks, false);
    assert_eq!(counts.trainable, 3 * (direction + 12) + head);

    // Two of three directions are left, wherever they are: 33 or 49 numbers each.
    assert!((24 * 33 + 17..=24 * 49 + 17).contains(&counts.stored));
}
