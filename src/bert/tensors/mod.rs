//! Named tensors in safetensors files.
//!
//! Bytes and names only: what a name means is in
//! [`weights`](mod@crate::bert::weights) and `adapter`.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};

use safetensors::tensor::{Metadata, TensorInfo};
use safetensors::{Dtype, SafeTensors};

use crate::bert::error::{LoadError, LoadErrorKind};
use crate::bert::model_file;
use crate::bert::model_file::read_text;
use crate::bert::tensor_file::{Content, Decode, decoder, open_if_whole};
use crate::files::document::DOCUMENT;
use crate::files::json;
use crate::files::{WriteError, write_file};

/// What PyTorch puts before all names of a model that was trained in parallel, or compiled, where
/// it was saved as it was.
const WRAPPERS: [&str; 2] = ["module.", "_orig_mod."];

/// A tensor of 32-bit numbers with its name in files.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedTensor {
    /// The name in the file.
    pub name: String,
    /// The size of every axis.
    pub shape: Vec<usize>,
    /// The numbers, last axis fastest.
    pub values: Vec<f32>,
}

struct Entry {
    file: usize,
    start: usize,
    end: usize,
    dtype: Dtype,
    shape: Vec<usize>,
}

/// The tensors of one or several safetensors files, read and decoded when asked for.
pub(crate) struct TensorStore {
    files: Vec<(PathBuf, Content)>,
    entries: BTreeMap<String, Entry>,
}

impl TensorStore {
    /// Reads one file. A file that is cut off, or whose header does not fit it, is an error.
    pub(crate) fn read(path: &Path) -> Result<TensorStore, LoadError> {
        let mut store = TensorStore {
            files: Vec::new(),
            entries: BTreeMap::new(),
        };
        store.add(path)?;
        Ok(store)
    }

    /// Reads `model.safetensors` of a folder, or all the files that its
    /// `model.safetensors.index.json` names. What PyTorch's wrappers put before all names is left
    /// out.
    pub(crate) fn read_model(folder: &Path) -> Result<TensorStore, LoadError> {
        let mut store = TensorStore::read_as_stored(folder)?;
        for wrapper in WRAPPERS {
            let all = std::mem::take(&mut store.entries);
            let is_wrapped = all.keys().all(|name| name.starts_with(wrapper));
            let bare = |name: String| match name.strip_prefix(wrapper) {
                Some(bare) if is_wrapped => bare.to_owned(),
                _ => name,
            };
            let named = all.into_iter().map(|(name, entry)| (bare(name), entry));
            store.entries = named.collect();
        }

        Ok(store)
    }

    fn read_as_stored(folder: &Path) -> Result<TensorStore, LoadError> {
        let single = folder.join("model.safetensors");
        if model_file::is_file(&single) {
            return TensorStore::read(&single);
        }

        let index = folder.join("model.safetensors.index.json");
        if !index.is_file() {
            let pickles = ["pytorch_model.bin", "pytorch_model.bin.index.json"];
            let others = ["tf_model.h5", "flax_model.msgpack"];
            let has = |names: &[&str]| names.iter().any(|name| folder.join(name).is_file());
            let reason = if has(&pickles) {
                "there is only pytorch_model.bin, which can run code when it is read; convert it \
                 to model.safetensors with transformers' save_pretrained"
            } else if has(&others) {
                "its weights are those of TensorFlow or Flax; convert them to model.safetensors \
                 with transformers' from_pretrained and save_pretrained"
            } else {
                "there is no model.safetensors in it"
            };
            return Err(LoadError::folder(folder, reason));
        }

        let io = |error| LoadError::new(&index, error);
        let json = |error| LoadError::new(&index, error);
        let text = read_text(&index, DOCUMENT).map_err(io)?;
        let shards: ShardIndex = json::parse(&text).map_err(json)?;
        let mut names: Vec<&String> = shards.weight_map.values().collect();
        names.sort();
        names.dedup();
        if names.is_empty() {
            let advice = "it must name the file of every tensor";
            return Err(LoadError::field(&index, "weight_map", &"empty", advice));
        }

        let mut store = TensorStore {
            files: Vec::new(),
            entries: BTreeMap::new(),
        };
        for name in names {
            if name.contains(['/', '\\']) {
                let advice = "the files must lie beside the index";
                return Err(LoadError::field(&index, "weight_map", &name, advice));
            }
            let shard = folder.join(name);
            if !model_file::is_there(&shard)? {
                let advice = "there is no such file beside the index";
                return Err(LoadError::field(&index, "weight_map", &name, advice));
            }
            store.add(&shard)?;
        }

        Ok(store)
    }

    fn add(&mut self, path: &Path) -> Result<(), LoadError> {
        let io = |error| LoadError::new(path, error);
        let broken = |error| LoadError::new(path, error);
        let (content, start, metadata) = if let Some(bytes) = model_file::carried(path) {
            let (header, metadata) = SafeTensors::read_metadata(bytes).map_err(broken)?;
            // Behind the length of the header, eight bytes, and the header itself.
            (Content::Carried(bytes), header + 8, metadata)
        } else {
            let (file, start, metadata) = open_if_whole(path)?;
            (Content::of(file).map_err(io)?, start, metadata)
        };

        let mut names = metadata.offset_keys();
        names.sort();
        for name in names {
            let info = metadata
                .info(&name)
                .expect("the name comes from the same header");
            let entry = Entry {
                file: self.files.len(),
                start: start + info.data_offsets.0,
                end: start + info.data_offsets.1,
                dtype: info.dtype,
                shape: info.shape.clone(),
            };
            // Those of another file of the same model.
            if self.entries.contains_key(&name) {
                return Err(LoadError::new(
                    path,
                    LoadErrorKind::TensorTwice { tensor: name },
                ));
            }
            self.entries.insert(name, entry);
        }

        self.files.push((path.to_owned(), content));
        Ok(())
    }

    /// The first file, for errors about something that is in none.
    pub(crate) fn path(&self) -> &Path {
        &self.files[0].0
    }

    /// Every name, sorted.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// How many numbers all tensors hold.
    pub(crate) fn numbers(&self) -> usize {
        let shapes = self.names().filter_map(|name| self.shape(name));
        shapes.map(|shape| shape.iter().product::<usize>()).sum()
    }

    /// Whether there is a tensor of that name.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    /// The shape of a tensor.
    pub(crate) fn shape(&self, name: &str) -> Option<&[usize]> {
        self.entries.get(name).map(|entry| entry.shape.as_slice())
    }

    /// A tensor, which must have the shape `expected`.
    fn find(&self, name: &str, expected: &[usize]) -> Result<Found<'_>, LoadError> {
        let Some(entry) = self.entries.get(name) else {
            let kind = LoadErrorKind::TensorMissing {
                tensor: name.to_owned(),
                expected: expected.to_vec(),
            };
            return Err(LoadError::new(self.path(), kind));
        };
        let (path, content) = &self.files[entry.file];

        if entry.shape != expected {
            let kind = LoadErrorKind::TensorShape {
                tensor: name.to_owned(),
                expected: expected.to_vec(),
                found: entry.shape.clone(),
            };
            return Err(LoadError::new(path, kind));
        }
        let Some(decode) = decoder(entry.dtype) else {
            let kind = LoadErrorKind::TensorType {
                tensor: name.to_owned(),
                dtype: format!("{:?}", entry.dtype),
            };
            return Err(LoadError::new(path, kind));
        };

        Ok(Found {
            path,
            content,
            decode,
            range: entry.start..entry.end,
        })
    }

    /// The numbers of a tensor, which must have the shape `expected`.
    pub(crate) fn get(&self, name: &str, expected: &[usize]) -> Result<Vec<f32>, LoadError> {
        let found = self.find(name, expected)?;
        let mut values = Vec::with_capacity(expected.iter().product());
        found.read(&mut |decode, bytes| decode(bytes, &mut values))?;
        found.check_finite(name, &values)?;
        Ok(values)
    }

    /// Fails where [`TensorStore::get`] would, but for what only the numbers tell.
    pub(crate) fn check_outline(&self, name: &str, expected: &[usize]) -> Result<(), LoadError> {
        self.find(name, expected).map(drop)
    }

    /// Fails where [`TensorStore::get`] would, and keeps no number.
    pub(crate) fn check(&self, name: &str, expected: &[usize]) -> Result<(), LoadError> {
        let found = self.find(name, expected)?;
        let mut result = Ok(());
        let mut values = Vec::new();
        found.read(&mut |decode, bytes| {
            if result.is_ok() {
                values.clear();
                decode(bytes, &mut values);
                result = found.check_finite(name, &values);
            }
        })?;

        result
    }

    /// One row of a table that has the shape `expected`.
    ///
    /// # Panics
    ///
    /// When there is no such row.
    pub(crate) fn row(
        &self,
        name: &str,
        expected: [usize; 2],
        row: usize,
    ) -> Result<Vec<f32>, LoadError> {
        let [rows, width] = expected;
        assert!(row < rows, "a table has the row that is asked for");
        let mut found = self.find(name, &expected)?;
        let length = found.range.len() / rows;
        let start = found.range.start + row * length;
        found.range = start..start + length;

        let mut values = Vec::with_capacity(width);
        found.read(&mut |decode, bytes| decode(bytes, &mut values))?;
        found.check_finite(name, &values)?;
        Ok(values)
    }

    /// A tensor of whatever shape.
    pub(crate) fn named(&self, name: &str) -> Result<NamedTensor, LoadError> {
        let shape = self.shape(name).map(<[usize]>::to_vec).unwrap_or_default();
        let values = self.get(name, &shape)?;
        Ok(NamedTensor {
            name: name.to_owned(),
            shape,
            values,
        })
    }
}

/// Where the numbers of a tensor are, and what decodes them.
struct Found<'a> {
    path: &'a Path,
    content: &'a Content,
    decode: Decode,
    range: Range<usize>,
}

impl Found<'_> {
    /// Gives the bytes to `take`, some at a time, with what decodes them.
    fn read(&self, take: &mut dyn FnMut(Decode, &[u8])) -> Result<(), LoadError> {
        let Range { start, end } = self.range;
        let read = self
            .content
            .each(start, end, &mut |bytes| take(self.decode, bytes));
        read.map_err(|error| LoadError::new(self.path, error))
    }

    fn check_finite(&self, name: &str, values: &[f32]) -> Result<(), LoadError> {
        let Some(value) = values.iter().find(|value| !value.is_finite()) else {
            return Ok(());
        };
        let kind = LoadErrorKind::TensorNotFinite {
            tensor: name.to_owned(),
            value: *value,
        };
        Err(LoadError::new(self.path, kind))
    }
}

#[derive(serde::Deserialize)]
struct ShardIndex {
    weight_map: BTreeMap<String, String>,
}

/// Writes tensors as 32-bit numbers, with the metadata `{"format": "pt"}` that
/// Hugging Face's readers ask for. Same tensors, same bytes, whatever their order.
///
/// # Panics
///
/// When the numbers of a tensor do not fill its shape, or two have one name.
pub(crate) fn write_tensors(path: &Path, tensors: &[NamedTensor]) -> Result<(), WriteError> {
    let elsewhere = tensors.iter().map(|tensor| TensorElsewhere {
        name: tensor.name.clone(),
        shape: tensor.shape.clone(),
        values: Box::new(|| Cow::Borrowed(&*tensor.values)),
    });
    write_tensors_from(path, elsewhere.collect())
}

/// A tensor whose numbers are elsewhere.
pub(crate) struct TensorElsewhere<'a> {
    /// The name in the file.
    pub(crate) name: String,
    /// The size of every axis.
    pub(crate) shape: Vec<usize>,
    /// Fetches the numbers, last axis fastest.
    pub(crate) values: Box<dyn Fn() -> Cow<'a, [f32]> + 'a>,
}

impl TensorElsewhere<'_> {
    fn count(&self) -> usize {
        self.shape.iter().product()
    }
}

/// As [`write_tensors`]; the numbers of one tensor at a time are fetched.
///
/// # Panics
///
/// When the numbers of a tensor do not fill its shape, or two have one name.
pub(crate) fn write_tensors_from(
    path: &Path,
    mut tensors: Vec<TensorElsewhere<'_>>,
) -> Result<(), WriteError> {
    const FEW: usize = 1 << 14;

    tensors.sort_by(|one, other| one.name.cmp(&other.name));
    for pair in tensors.windows(2) {
        let [one, other] = pair else { continue };
        assert_ne!(one.name, other.name, "two tensors have one name");
    }

    let mut end = 0;
    let infos = tensors.iter().map(|tensor| {
        let start = end;
        end += tensor.count() * size_of::<f32>();
        let info = TensorInfo {
            dtype: Dtype::F32,
            shape: tensor.shape.clone(),
            data_offsets: (start, end),
        };
        (tensor.name.clone(), info)
    });
    let infos = infos.collect();
    let format = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let metadata =
        Metadata::new(Some(format), infos).expect("the numbers of tensors fill their shapes");
    let mut header = serde_json::to_vec(&metadata).expect("names and sizes become JSON");
    header.resize(header.len().next_multiple_of(8), b' ');

    write_file(path, |writer: &mut dyn Write| {
        writer.write_all(&(header.len() as u64).to_le_bytes())?;
        writer.write_all(&header)?;
        for tensor in &tensors {
            let values = (tensor.values)();
            assert_eq!(values.len(), tensor.count(), "numbers fill their shape");
            for few in values.chunks(FEW) {
                let bytes: Vec<u8> = few.iter().flat_map(|value| value.to_le_bytes()).collect();
                writer.write_all(&bytes)?;
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests;
