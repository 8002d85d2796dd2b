//! Errors of ours that go through `std::io`, and how they come out again.

use std::io;

use crate::nbest::error::ReadErrorKind;
use crate::nbest::limits::LimitReached;

/// Carries [`ReadErrorKind::NotUtf8`] through `std::io`.
#[derive(Debug, thiserror::Error)]
#[error("not UTF-8 at byte {offset}")]
pub(super) struct NotUtf8 {
    pub(super) offset: u64,
}

/// Carries [`ReadErrorKind::Utf16`] through `std::io`.
#[derive(Debug, thiserror::Error)]
#[error("the text is UTF-16; save it as UTF-8")]
pub(super) struct InUtf16;

/// Carries [`ReadErrorKind::Compressed`] through `std::io`.
#[derive(Debug, thiserror::Error)]
#[error("{compression} data: {source}")]
pub(super) struct Damaged {
    pub(super) compression: &'static str,
    pub(super) source: io::Error,
}

impl From<io::Error> for ReadErrorKind {
    fn from(error: io::Error) -> ReadErrorKind {
        let error = match error.downcast::<LimitReached>() {
            Ok(limit) => return ReadErrorKind::TooLong(limit.to_string()),
            Err(error) => error,
        };
        let error = match error.downcast::<NotUtf8>() {
            Ok(NotUtf8 { offset }) => return ReadErrorKind::NotUtf8 { offset },
            Err(error) => error,
        };
        let error = match error.downcast::<InUtf16>() {
            Ok(InUtf16) => return ReadErrorKind::Utf16,
            Err(error) => error,
        };

        match error.downcast::<Damaged>() {
            Ok(Damaged {
                compression,
                source,
            }) => ReadErrorKind::Compressed {
                compression,
                source,
            },
            Err(error) if error.kind() == io::ErrorKind::IsADirectory => ReadErrorKind::Folder,
            Err(error) => ReadErrorKind::Io(error),
        }
    }
}
