//! A Vulkan device against the processor: scores, steps of training, and what is told of it.
//!
//! Mesa's driver makes a device of any processor, so no GPU is needed. Where there is no device,
//! nothing is compared: a line says so, and it is an error where `ROBUSTNESS_CHECK_VULKAN` is
//! `required`.

use std::collections::BTreeMap;

use mondegreen::bert::device::{DeviceChoice, DeviceError};
use mondegreen::bert::driver::Driver;
use serde_json::Value;

use crate::peft::announce;
use crate::project::{Project, Run, repository, run_with, some_lists, words};

/// The largest difference between two devices that is allowed.
const NEAR: f64 = 1e-3;

/// Whether there is a device.
fn has_vulkan() -> bool {
    match DeviceChoice::Gpu(Driver::Vulkan, 0).resolve() {
        Ok(_) => true,
        Err(error @ DeviceError::Absent { found: 0, .. }) => {
            let required = std::env::var("ROBUSTNESS_CHECK_VULKAN");
            assert_ne!(required.as_deref(), Ok("required"), "{error}");
            announce("NOT TESTED: there is no Vulkan device, so nothing was computed on one");
            false
        }
        Err(error) => panic!("{error}"),
    }
}

/// The score of every text of `lists.jsonl`.
fn scores(project: &Project, options: &[&str]) -> BTreeMap<String, f64> {
    let words = words("score --nbest lists.jsonl --quiet");
    let run = project.run(&[&words[..], options].concat());
    assert_eq!(run.code, 0, "{options:?}: {}", run.err);

    let mut scores = BTreeMap::new();
    for line in run.out.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let texts = line["texts"].as_array().unwrap();
        for (text, score) in texts.iter().zip(line["scores"].as_array().unwrap()) {
            let score = score.as_f64().unwrap();
            scores.insert(text.as_str().unwrap().to_owned(), score);
        }
    }

    assert!(!scores.is_empty(), "{options:?}: {}", run.out);
    scores
}

/// The largest difference of scores of the same texts.
#[track_caller]
fn difference(ones: &BTreeMap<String, f64>, others: &BTreeMap<String, f64>) -> f64 {
    assert!(ones.keys().eq(others.keys()));
    let differences = ones.values().zip(others.values());
    differences
        .map(|(one, other)| (one - other).abs())
        .fold(0.0, f64::max)
}

#[test]
fn scores_of_the_demo_are_those_of_the_processor() {
    if !has_vulkan() {
        return;
    }

    let project = some_lists(100);
    let processor = scores(&project, &["--model", "demo"]);
    let gpu = scores(&project, &["--model", "demo", "--device", "vulkan:0"]);
    let largest = difference(&processor, &gpu);
    announce(&format!(
        "vulkan: scores of {} texts differ by at most {largest:.1e}",
        gpu.len()
    ));
    assert!(largest <= NEAR, "{largest}");

    // Equal bits would be those of the processor: nothing was computed elsewhere.
    assert!(largest > 0.0);

    // No score depends on the texts beside it: here each is alone.
    let alone = "--model demo --device vulkan --batch-tokens 1";
    assert_eq!(scores(&project, &words(alone)), gpu);
}

/// A project in which a tiny model learns from some lists, without dropout: random numbers are
/// drawn otherwise on each device.
fn school() -> Project {
    let mut project = some_lists(40);
    for file in ["config.json", "model.safetensors", "tokenizer.json"] {
        let path = repository("fixtures/reference/hf-peft/bert-tiny").join(file);
        project = project.file(&format!("base/{file}"), std::fs::read(path).unwrap());
    }

    project
}

/// Trains `strategy` on `device` into the folder of its name; the loss of every step.
fn losses(project: &Project, strategy: &str, device: &str, out: &str) -> Vec<f64> {
    let mut words = words(
        "train --base base --nbest lists.jsonl --dev lists.jsonl --lr 1e-3 --lists 4 --steps 4 \
         --evaluate-every 1",
    );
    words.extend(["--strategy", strategy, "--device", device, "--out", out]);
    if strategy == "lora" {
        words.extend(["--rank", "4", "--dropout", "0"]);
    }
    let run = project.run(&words);
    assert_eq!(run.code, 0, "{}", run.err);

    let told = run.err.split(": loss ").skip(1);
    let numbers = told.map(|line| line.split(',').next().unwrap().parse().unwrap());
    numbers.collect()
}

#[test]
fn steps_of_training_have_the_losses_of_the_processor() {
    if !has_vulkan() {
        return;
    }

    let project = school();
    for strategy in ["lora", "full"] {
        let [cpu, gpu] = ["cpu", "gpu"].map(|place| format!("{strategy}-{place}"));
        let processor = losses(&project, strategy, "cpu", &cpu);
        let vulkan = losses(&project, strategy, "vulkan:0", &gpu);
        assert_eq!(processor.len(), 4);
        let pairs = processor.iter().zip(&vulkan);
        let largest = pairs
            .map(|(one, other)| (one - other).abs())
            .fold(0.0, f64::max);
        announce(&format!(
            "vulkan: {strategy}: losses {processor:?} and {vulkan:?}"
        ));
        assert!(largest <= NEAR, "{largest}");
        // It has learned something: the steps are not all alike.
        assert!((vulkan[0] - vulkan[3]).abs() > NEAR, "{vulkan:?}");

        // What was learned is the same, too.
        let [one, other] = [cpu, gpu].map(|model| scores(&project, &["--model", &model]));
        let largest = difference(&one, &other);
        announce(&format!(
            "vulkan: {strategy}: what was trained differs by {largest:.1e}"
        ));
        assert!(largest <= 10.0 * NEAR, "{largest}");
    }
}

#[test]
fn reports_name_the_device() {
    if !has_vulkan() {
        return;
    }

    let project = some_lists(20);
    let run = project.run(&words(
        "--model demo --suite perturb-1 --draws 1 --nbest lists.jsonl --device vulkan:0 \
         --max-failures 1 --out report",
    ));
    assert_ne!(run.code, 2, "{}", run.err);

    let report: Value = serde_json::from_str(&project.read("report/report.json")).unwrap();
    let device = report["run"]["device"].as_str().unwrap();
    assert!(
        device.starts_with("vulkan:0 (") && device.len() > 12,
        "{device}"
    );
    announce(&format!("vulkan: computed on {device}"));
}

#[test]
fn a_device_that_cannot_be_used_is_one_clear_error() {
    if !has_vulkan() {
        return;
    }

    let project = some_lists(1);
    let words = words("score --model demo --nbest lists.jsonl --device");
    project.check_error(
        &[&words[..], &["vulkan:99"]].concat(),
        &["there is no GPU vulkan:99", "vulkan:0"],
    );
    project.check_error(&[&words[..], &["cuda:0"]].concat(), &["cuda", "use cpu"]);

    // A device that cannot be opened.
    let setting = [("CUBECL_WGPU_MAX_TASKS", "0")];
    let words = [&words[..], &["vulkan:0"]].concat();
    let Run { code, out, err } = run_with(&project.path("."), &words, &setting);
    assert_eq!((code, out.as_str()), (2, ""), "{err}");
    assert!(err.contains("vulkan:0 cannot be used"), "{err}");
    assert!(!err.contains("panicked"), "{err}");

    // No driver at all.
    let setting = [
        ("VK_ICD_FILENAMES", "/dev/null"),
        ("VK_DRIVER_FILES", "/dev/null"),
    ];
    let Run { code, out, err } = run_with(&project.path("."), &words, &setting);
    assert_eq!((code, out.as_str()), (2, ""), "{err}");
    assert!(err.contains("no Vulkan driver was found"), "{err}");
    assert!(!err.contains("panicked"), "{err}");
}
