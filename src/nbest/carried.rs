//! Errors of ours that go through `std::io`, and how they come out again.

use std::io;

use crate::nbest::error::ReadErrorKind;

/// What was met while bytes were read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Carried {
    #[error("the text is not UTF-8 at byte {offset}; save it as UTF-8")]
    NotUtf8 { offset: u64 },
    #[error("the text is UTF-16; save it as UTF-8")]
    Utf16,
    #[error("the {compression} data is cut off or damaged; copy or make the file again")]
    Damaged {
        compression: &'static str,
        source: io::Error,
    },
    #[error(
        "the line or record is longer than {limit} bytes; if it is a list, and meant to be so long, \
         raise --max-line"
    )]
    LongLine { limit: u64 },
    #[error(
        "the file holds more than {limit} bytes (decompressed, if it is compressed); if it holds \
         lists, and is meant to be so long, raise --max-file"
    )]
    LongFile { limit: u64 },
    #[error(
        "the zstd data asks for a window of more than 256 MiB; compress the file again without \
         --long"
    )]
    Window,
    #[error("the file is {packing}, which is not read: unpack it, or pack it with gzip or zstd")]
    Packed { packing: &'static str },
}

impl From<Carried> for io::Error {
    fn from(carried: Carried) -> io::Error {
        io::Error::other(carried)
    }
}

impl From<io::Error> for ReadErrorKind {
    fn from(error: io::Error) -> ReadErrorKind {
        match error.downcast() {
            Ok(Carried::NotUtf8 { offset }) => ReadErrorKind::NotUtf8 { offset },
            Ok(Carried::Utf16) => ReadErrorKind::Utf16,
            Ok(Carried::Damaged {
                compression,
                source,
            }) => ReadErrorKind::Compressed {
                compression,
                source,
            },
            Ok(limit) => ReadErrorKind::TooLong(limit.to_string()),
            Err(error) if error.kind() == io::ErrorKind::IsADirectory => ReadErrorKind::Folder,
            Err(error) => ReadErrorKind::Io(error),
        }
    }
}
