use super::*;

use std::fs::{self, File};

use half::{bf16, f16};
use safetensors::tensor::TensorView;

fn tensor(name: &str, shape: &[usize], values: &[f32]) -> NamedTensor {
    NamedTensor {
        name: name.to_owned(),
        shape: shape.to_vec(),
        values: values.to_vec(),
    }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn a_tensor_that_is_read_in_several_parts_is_whole() {
    let folder = folder();
    let path = folder.path().join("model.safetensors");
    let values: Vec<f32> = (0..700_001_u32).map(|number| number as f32).collect();
    let long = tensor("long", &[700_001], &values);
    write_tensors(&path, &[tensor("a", &[1], &[0.5]), long.clone()]).unwrap();

    let store = TensorStore::read(&path).unwrap();
    assert!(store.named("long").unwrap() == long);
    assert_eq!(store.named("a").unwrap().values, [0.5]);
    // Cut off after it was opened.
    File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(2_000_000)
        .unwrap();
    assert!(store.named("long").is_err());
}

#[test]
fn what_a_wrapper_puts_before_all_names_is_left_out() {
    let names = |stored: [&str; 2]| -> Vec<String> {
        let folder = folder();
        let tensors = stored.map(|name| tensor(name, &[1], &[0.5]));
        write_tensors(&folder.path().join("model.safetensors"), &tensors).unwrap();
        let store = TensorStore::read_model(folder.path()).unwrap();
        store.names().map(str::to_owned).collect()
    };

    let bare = ["bert.a", "classifier.b"];
    assert_eq!(names(bare), bare);
    assert_eq!(names(["module.bert.a", "module.classifier.b"]), bare);
    assert_eq!(names(["_orig_mod.bert.a", "_orig_mod.classifier.b"]), bare);
    let mixed = ["bert.a", "module.classifier.b"];
    assert_eq!(names(mixed), mixed);
}

#[test]
fn tensors_survive_a_round_trip_and_zero_rows_are_legal() {
    let folder = folder();
    let path = folder.path().join("model.safetensors");
    let tensors = [
        tensor("b", &[2, 2], &[1.0, -2.5, 0.0, 1e-30]),
        tensor("a", &[0, 3], &[]),
    ];
    write_tensors(&path, &tensors).unwrap();

    let first = fs::read(&path).unwrap();
    let bytes: Vec<u8> = [1.0_f32, -2.5, 0.0, 1e-30]
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    let view = |shape: &[usize], bytes| TensorView::new(Dtype::F32, shape.to_vec(), bytes);
    let views = [
        ("b", view(&[2, 2], &bytes).unwrap()),
        ("a", view(&[0, 3], &[]).unwrap()),
    ];
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let expected = safetensors::serialize(views, Some(metadata)).unwrap();
    assert!(
        first == expected,
        "the file is the one that its own crate writes"
    );

    let store = TensorStore::read_model(folder.path()).unwrap();
    assert_eq!(store.names().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(store.named("a").unwrap(), tensors[1]);
    assert_eq!(store.named("b").unwrap(), tensors[0]);

    let [b, a] = tensors;
    write_tensors(&path, &[a, b]).unwrap();
    assert_eq!(fs::read(&path).unwrap(), first);
}

#[test]
fn half_precision_is_decoded_per_tensor() {
    let values = [1.5_f32, -0.25, 3.0];
    let bytes: Vec<u8> = values
        .iter()
        .flat_map(|x| f16::from_f32(*x).to_le_bytes())
        .collect();
    let decode = |bytes: &[u8], dtype| {
        let mut values = Vec::new();
        decoder(dtype).map(|decode| decode(bytes, &mut values))?;
        Some(values)
    };
    assert_eq!(decode(&bytes, Dtype::F16).unwrap(), values);

    let bytes: Vec<u8> = values
        .iter()
        .flat_map(|x| bf16::from_f32(*x).to_le_bytes())
        .collect();
    assert_eq!(decode(&bytes, Dtype::BF16).unwrap(), values);
    assert!(decode(&bytes, Dtype::I8).is_none());
}

#[track_caller]
fn check_broken(bytes: &[u8]) {
    let folder = folder();
    let path = folder.path().join("model.safetensors");
    fs::write(&path, bytes).unwrap();

    let Err(error) = TensorStore::read(&path) else {
        panic!("was read")
    };
    assert!(
        matches!(error.kind(), LoadErrorKind::Safetensors(_)),
        "{error:?}"
    );
    assert_eq!(error.path(), path);
}

#[test]
fn a_file_that_is_cut_off_or_garbage_is_an_error() {
    let folder = folder();
    let path = folder.path().join("whole.safetensors");
    write_tensors(&path, &[tensor("b", &[2, 2], &[1.0, 2.0, 3.0, 4.0])]).unwrap();
    let bytes = fs::read(&path).unwrap();
    for length in [0, 4, 20, bytes.len() - 1] {
        check_broken(&bytes[..length]);
    }
    check_broken(b"this is not a tensor file at all, but text");
}

#[test]
fn a_pointer_in_the_place_of_weights_says_how_to_fetch_them() {
    let folder = folder();
    let path = folder.path().join("model.safetensors");
    fs::write(
        &path,
        "version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
    )
    .unwrap();
    let Err(error) = TensorStore::read(&path) else {
        panic!("was read")
    };
    assert!(matches!(error.kind(), LoadErrorKind::Pointer), "{error:?}");
}

#[test]
fn shape_and_finiteness_are_checked_and_named() {
    let folder = folder();
    let path = folder.path().join("model.safetensors");
    write_tensors(&path, &[tensor("bad", &[2], &[1.0, f32::NAN])]).unwrap();

    let store = TensorStore::read(&path).unwrap();
    let error = store.get("bad", &[2]).unwrap_err();
    assert!(
        matches!(error.kind(), LoadErrorKind::TensorNotFinite { .. }),
        "{error:?}"
    );

    let error = store.get("bad", &[1, 2]).unwrap_err();
    assert_eq!(
        error.kind().to_string(),
        "tensor `bad` has the shape [2]; expected [1, 2]"
    );

    let error = store.get("gone", &[1]).unwrap_err();
    assert_eq!(
        error.kind().to_string(),
        "tensor `gone` of shape [1] is missing"
    );
}

#[test]
fn shards_are_read_through_their_index() {
    let folder = folder();
    for (name, value) in [("one", 1.0), ("two", 2.0)] {
        let path = folder.path().join(format!("{name}.safetensors"));
        write_tensors(&path, &[tensor(name, &[1], &[value])]).unwrap();
    }

    let index = folder.path().join("model.safetensors.index.json");
    let map = r#"{"weight_map": {"one": "one.safetensors", "two": "two.safetensors"}}"#;
    fs::write(&index, map).unwrap();

    let store = TensorStore::read_model(folder.path()).unwrap();
    assert_eq!(store.get("two", &[1]).unwrap(), [2.0]);
    fs::remove_file(folder.path().join("two.safetensors")).unwrap();
    assert!(TensorStore::read_model(folder.path()).is_err());
}

#[test]
fn a_name_that_comes_twice_is_told() {
    let folder = folder();
    let path = folder.path().join("model.safetensors");
    let tensor = r#"{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#;
    let header = format!(r#"{{"b":{tensor},"a":{tensor},"a":{tensor}}}"#);
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(0.5_f32.to_le_bytes());
    fs::write(&path, bytes).unwrap();

    let Err(error) = TensorStore::read(&path) else {
        panic!("was read")
    };
    let told = error.kind().to_string();
    assert!(told.starts_with("tensor `a` comes twice"), "{told}");
}

#[test]
fn a_tensor_of_two_files_of_a_model_is_told() {
    let folder = folder();
    let place = |name: &str| folder.path().join(name);
    for (name, value) in [("1.safetensors", 0.5), ("2.safetensors", 1.5)] {
        write_tensors(&place(name), &[tensor("a", &[1], &[value])]).unwrap();
    }
    let index = r#"{"weight_map": {"a": "1.safetensors", "b": "2.safetensors"}}"#;
    fs::write(place("model.safetensors.index.json"), index).unwrap();

    let Err(error) = TensorStore::read_model(folder.path()) else {
        panic!("was read")
    };
    let told = error.kind().to_string();
    assert!(told.starts_with("tensor `a` comes twice"), "{told}");
    assert_eq!(error.path(), place("2.safetensors"));
}
