//! The bytes of a safetensors file, and how they become numbers.

use std::collections::HashSet;
use std::fmt;
use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Mutex;

use half::{bf16, f16};
use safetensors::tensor::Metadata as Header;
use safetensors::{Dtype, SafeTensorError, SafeTensors};
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::bert::error::{LoadError, LoadErrorKind};
use crate::rescore::locked::locked;

/// The longest header of a safetensors file; some thousand tensors take a few hundred thousand
/// bytes.
const LONGEST_HEADER: u64 = 16 << 20;

/// How a pointer of Git LFS begins.
const POINTER: &[u8] = b"version https://git-lfs";

/// Bytes of a tensor that are read and decoded at a time: a multiple of the size of every number.
const AT_A_TIME: usize = 1 << 20;

/// Where the bytes of a file are.
pub(super) enum Content {
    /// In the program.
    Carried(&'static [u8]),
    /// In the file: of a model that is all but read, only what becomes of it is in memory.
    File(Mutex<File>, Metadata),
}

/// Whether a file is, to all appearances, still what it was: some systems keep no times.
fn is_as_before(before: &Metadata, now: &Metadata) -> bool {
    before.len() == now.len() && before.modified().ok() == now.modified().ok()
}

impl Content {
    /// The bytes of a file that was opened just now.
    pub(super) fn of(file: File) -> io::Result<Content> {
        let opened = file.metadata()?;
        Ok(Content::File(Mutex::new(file), opened))
    }

    /// Gives the bytes `[start, end)` to `take`, some at a time. A file that was written to since
    /// it was opened is an error: what was read before belongs to other weights.
    pub(super) fn each(
        &self,
        start: usize,
        end: usize,
        take: &mut dyn FnMut(&[u8]),
    ) -> io::Result<()> {
        match self {
            Content::Carried(bytes) => bytes[start..end].chunks(AT_A_TIME).for_each(take),
            Content::File(file, opened) => {
                let mut file = locked(file);
                file.seek(SeekFrom::Start(start as u64))?;
                let mut bytes = vec![0; AT_A_TIME.min(end - start)];
                let mut left = end - start;
                while left > 0 {
                    let part = &mut bytes[..AT_A_TIME.min(left)];
                    file.read_exact(part)?;
                    take(part);
                    left -= part.len();
                }
                if !is_as_before(opened, &file.metadata()?) {
                    return Err(io::Error::other("it was changed while it was in use"));
                }
            }
        }

        Ok(())
    }
}

/// A file whose header covers it exactly, where the header ends, and what it says.
pub(super) fn open_if_whole(path: &Path) -> Result<(File, usize, Header), LoadError> {
    let io = |error| LoadError::new(path, error);
    let broken = |error| LoadError::new(path, error);
    let mut file = File::open(path).map_err(io)?;
    let length = file.metadata().map_err(io)?.len();
    let mut bytes = Vec::new();
    (&mut file).take(8).read_to_end(&mut bytes).map_err(io)?;

    if bytes == POINTER[..8] {
        let rest = POINTER.len() as u64 - 8;
        (&mut file).take(rest).read_to_end(&mut bytes).map_err(io)?;
        if bytes == POINTER {
            return Err(LoadError::new(path, LoadErrorKind::Pointer));
        }
        bytes.truncate(8);
        file.seek(SeekFrom::Start(8)).map_err(io)?;
    }

    let stated = <[u8; 8]>::try_from(&bytes[..]).map_or(0, u64::from_le_bytes);
    if stated <= LONGEST_HEADER.min(length) {
        (&mut file)
            .take(stated)
            .read_to_end(&mut bytes)
            .map_err(io)?;
    }

    let header = bytes.get(8..).unwrap_or_default();
    if let Some(tensor) = named_twice(header) {
        return Err(LoadError::new(path, LoadErrorKind::TensorTwice { tensor }));
    }
    let header = serde_json::from_slice::<Header>(header).ok();
    let is_whole =
        |header: &Header| length.checked_sub(8 + stated) == Some(header.data_len() as u64);
    if let Some(header) = header.filter(is_whole) {
        return Ok((file, bytes.len(), header));
    }
    // What is wrong with it is for the library to tell, but for the bytes behind it.
    let error = SafeTensors::read_metadata(&bytes).err();
    let error = error.unwrap_or(SafeTensorError::MetadataIncompleteBuffer);
    Err(broken(error))
}

/// The first name that comes twice in a header, of which other readers take the last; `None` too of
/// what is no header, which is for them to tell.
fn named_twice(header: &[u8]) -> Option<String> {
    serde_json::from_slice::<Names>(header).ok()?.twice
}

/// The names of the members of an object.
struct Names {
    /// The first that comes twice.
    twice: Option<String>,
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Names, D::Error> {
        deserializer.deserialize_map(NamesVisitor)
    }
}

struct NamesVisitor;

impl<'de> Visitor<'de> for NamesVisitor {
    type Value = Names;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Names, A::Error> {
        let (mut seen, mut twice) = (HashSet::new(), None);
        while let Some(name) = members.next_key::<String>()? {
            members.next_value::<IgnoredAny>()?;
            if let Some(again) = seen.replace(name) {
                twice.get_or_insert(again);
            }
        }
        Ok(Names { twice })
    }
}

/// What turns bytes into numbers, which it adds to those before.
pub(super) type Decode = fn(&[u8], &mut Vec<f32>);

/// The decoder of numbers of a type; `None` of one that no model has.
pub(super) fn decoder(dtype: Dtype) -> Option<Decode> {
    match dtype {
        Dtype::F32 => Some(|bytes, values| {
            let (numbers, _) = bytes.as_chunks();
            values.extend(numbers.iter().copied().map(f32::from_le_bytes));
        }),
        Dtype::F16 => Some(|bytes, values| {
            let (numbers, _) = bytes.as_chunks();
            let numbers = numbers.iter().copied().map(f16::from_le_bytes);
            values.extend(numbers.map(f16::to_f32));
        }),
        Dtype::BF16 => Some(|bytes, values| {
            let (numbers, _) = bytes.as_chunks();
            let numbers = numbers.iter().copied().map(bf16::from_le_bytes);
            values.extend(numbers.map(bf16::to_f32));
        }),
        _ => None,
    }
}
