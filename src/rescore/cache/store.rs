//! `ScoreCache`: the file itself.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior};

use crate::rescore::cache::companions::ensure_own;
use crate::rescore::cache::error::{CacheError, CacheErrorKind};
use crate::rescore::cache::value::{Key, Value};
use crate::rescore::locked::locked;

/// What tells the file from other databases: "mdgn".
const APPLICATION: u32 = 0x6d64_676e;

/// The version of the format.
const FORMAT_VERSION: u32 = 2;

/// The one before it, whose values have no counts of tokens: a file of it is one of this version
/// from when it is opened, with what is in it.
const OLDER_VERSION: u32 = 1;

/// How every SQLite file begins, and where its header has the two numbers.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const VERSION_AT: usize = 60;
const APPLICATION_AT: usize = 68;
const HEADER: usize = 100;

/// All that the file holds.
const TABLE: &str =
    "CREATE TABLE scores (key BLOB PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID";

/// How long other processes may be at the file: each is for milliseconds.
const PATIENCE: Duration = Duration::from_mins(1);

/// Pages of 4 KiB that the log of what is written may have before the store takes them in.
const LOG_PAGES: u32 = 64;

/// How often the journal is asked for, and how far apart: the store does not wait for it by itself.
const TRIES: usize = 100;
const BETWEEN_TRIES: Duration = Duration::from_millis(20);

/// A file of scores.
pub struct ScoreCache {
    path: PathBuf,
    /// Held for moments only.
    connection: Mutex<Connection>,
    /// Scores that came from the file so far.
    hits: AtomicUsize,
    /// Scores that it lacked and was given so far.
    added: AtomicUsize,
    /// Why it is neither read nor written any more, if so.
    given_up: OnceLock<CacheError>,
}

impl fmt::Debug for ScoreCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScoreCache")
            .field("path", &self.path)
            .field("hits", &self.hits())
            .finish_non_exhaustive()
    }
}

impl ScoreCache {
    /// Opens the cache `path`, or makes it. A file that is none is refused, and stays as it is.
    pub fn open(path: &Path) -> Result<ScoreCache, CacheError> {
        let at = |kind| CacheError::new(path, kind);

        examine(path).map_err(at)?;
        ensure_own(path).map_err(at)?;
        let connection = connect(path).map_err(at)?;

        Ok(ScoreCache {
            path: path.to_owned(),
            connection: Mutex::new(connection),
            hits: AtomicUsize::new(0),
            added: AtomicUsize::new(0),
            given_up: OnceLock::new(),
        })
    }

    /// Refuses a file that [`ScoreCache::open`] would refuse, as far as its header tells, and makes
    /// and changes none.
    pub fn try_out(path: &Path) -> Result<(), CacheError> {
        let at = |kind| CacheError::new(path, kind);
        examine(path).map_err(at)?;

        // A file that is not there yet needs a folder.
        let tried = match File::options().write(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => match path.parent() {
                Some(folder) if folder != Path::new("") => folder.read_dir().map(drop),
                Some(_) | None => Ok(()),
            },
            opened => opened.map(drop),
        };
        tried.map_err(CacheErrorKind::Read).map_err(at)
    }

    /// How many scores have come from the file so far.
    pub fn hits(&self) -> usize {
        self.hits.load(Ordering::Relaxed)
    }

    /// How many scores it lacked, and was given to keep, so far.
    pub fn added(&self) -> usize {
        self.added.load(Ordering::Relaxed)
    }

    /// Why nothing is kept or found any more: once the disk takes no more, the rest is done without
    /// the file, and what it holds stays good.
    pub fn given_up(&self) -> Option<&CacheError> {
        self.given_up.get()
    }

    /// Goes on without the file where the disk is full; any other error is one.
    fn give_up(&self, kind: CacheErrorKind) -> Result<(), CacheError> {
        let is_full = matches!(kind, CacheErrorKind::NoRoom(_));
        let error = CacheError::new(&self.path, kind);
        if !is_full {
            return Err(error);
        }
        self.given_up.get_or_init(|| error);
        Ok(())
    }

    /// What is kept under each of `keys`.
    pub(super) fn get(&self, keys: &[Key]) -> Result<Vec<Option<Value>>, CacheError> {
        let nothing = || vec![None; keys.len()];
        if self.given_up().is_some() {
            return Ok(nothing());
        }
        let found = look_up(&self.connection(), keys);
        let found = found.or_else(|kind| self.give_up(kind).map(|()| nothing()))?;

        let scores = found.iter().flatten().map(|value| value.scores.len());
        self.hits.fetch_add(scores.sum(), Ordering::Relaxed);

        Ok(found)
    }

    /// Keeps `value` under `key`, unless another process has kept one there in the meantime.
    pub(super) fn put(&self, key: &Key, value: &Value) -> Result<(), CacheError> {
        const INSERT: &str = "INSERT OR IGNORE INTO scores (key, value) VALUES (?1, ?2)";

        self.added.fetch_add(value.scores.len(), Ordering::Relaxed);
        let connection = self.connection();
        if self.given_up().is_some() {
            return Ok(());
        }
        let kept = connection.execute(INSERT, (key.bytes(), value.sealed(key)));
        kept.map_or_else(|error| self.give_up(error.into()), |_| Ok(()))?;

        Ok(())
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        locked(&self.connection)
    }
}

/// Refuses what is no cache before the store touches it.
fn examine(path: &Path) -> Result<(), CacheErrorKind> {
    // What is standard input elsewhere is meant as no name.
    if path.as_os_str() == "-" {
        return Err(CacheErrorKind::NotAFile);
    }
    // A pipe that nobody writes to is never opened: it is asked first what it is.
    match path.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => {
            if !found.map_err(CacheErrorKind::Read)?.is_file() {
                return Err(CacheErrorKind::NotAFile);
            }
        }
    }
    let file = File::open(path).map_err(CacheErrorKind::Read)?;

    let mut header = Vec::new();
    file.take(HEADER as u64)
        .read_to_end(&mut header)
        .map_err(CacheErrorKind::Read)?;
    // Nothing, or another process is about to make it.
    if header.is_empty() {
        return Ok(());
    }

    if header.len() < HEADER || !header.starts_with(MAGIC) {
        return Err(CacheErrorKind::Foreign);
    }
    let number = |at: usize| {
        let bytes = [header[at], header[at + 1], header[at + 2], header[at + 3]];
        u32::from_be_bytes(bytes)
    };

    match (number(APPLICATION_AT), number(VERSION_AT)) {
        (APPLICATION, FORMAT_VERSION | OLDER_VERSION) => Ok(()),
        (APPLICATION, other) => Err(CacheErrorKind::Version(other)),
        _ => Err(CacheErrorKind::Foreign),
    }
}

/// Opens the file, makes its table where it is new, and looks whether it is whole.
fn connect(path: &Path) -> Result<Connection, CacheErrorKind> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;

    make(&mut connection)?;
    // Nothing but that table: a view or a trigger of somebody else's would run when scores are
    // read.
    if schema(&connection)? != [TABLE] {
        return Err(CacheErrorKind::Damaged);
    }

    let answer: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if answer != "ok" {
        return Err(CacheErrorKind::Damaged);
    }

    // With a log that is written ahead, a commit is one write, which outlives the process.
    keep_log(&connection)?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    // The log is taken in early: it would grow to many times what a small cache takes.
    connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;

    Ok(connection)
}

/// What the file says that it holds.
fn schema(connection: &Connection) -> Result<Vec<String>, CacheErrorKind> {
    let mut select = connection.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")?;
    let found = select.query_map([], |row| row.get(0))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Makes the table, unless it is there or another process is making it, and brings a file of the
/// older version up to this one.
fn make(connection: &mut Connection) -> Result<(), CacheErrorKind> {
    let version = |connection: &Connection| {
        connection.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0))
    };
    if version(connection)? == FORMAT_VERSION {
        return Ok(());
    }

    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    match version(&transaction)? {
        0 => {
            transaction.execute_batch(TABLE)?;
            transaction.pragma_update(None, "application_id", APPLICATION)?;
            transaction.pragma_update(None, "user_version", FORMAT_VERSION)?;
        }
        OLDER_VERSION => transaction.pragma_update(None, "user_version", FORMAT_VERSION)?,
        _ => {}
    }

    Ok(transaction.commit()?)
}

/// Asks for the write-ahead log. Where the file system has none, the store does without.
fn keep_log(connection: &Connection) -> Result<(), CacheErrorKind> {
    let mut tries = 0;
    loop {
        let asked = connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()));
        tries += 1;
        match asked.map_err(CacheErrorKind::from) {
            Err(CacheErrorKind::Busy) if tries < TRIES => thread::sleep(BETWEEN_TRIES),
            asked => return asked,
        }
    }
}

fn look_up(connection: &Connection, keys: &[Key]) -> Result<Vec<Option<Value>>, CacheErrorKind> {
    // One view of the file, and one lock.
    let transaction = connection.unchecked_transaction()?;
    let mut select = transaction.prepare("SELECT value FROM scores WHERE key = ?1")?;

    let mut found = Vec::with_capacity(keys.len());
    for key in keys {
        let sealed: Option<Vec<u8>> = select
            .query_row([key.bytes()], |row| row.get(0))
            .optional()?;
        let value =
            sealed.map(|sealed| Value::unsealed(key, &sealed).ok_or(CacheErrorKind::Damaged));
        found.push(value.transpose()?);
    }

    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(score: f64) -> Value {
        Value {
            scores: vec![score],
            cut: false,
            tokens: None,
        }
    }

    fn keys(count: u32) -> Vec<Key> {
        (0..count)
            .map(|number| Key::of("model", "text", &[&number.to_le_bytes()]))
            .collect()
    }

    #[test]
    fn two_connections_share_what_is_kept_and_the_first_score_of_a_key_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.cache");
        let (one, other) = (
            ScoreCache::open(&path).unwrap(),
            ScoreCache::open(&path).unwrap(),
        );

        let keys = keys(3);
        one.put(&keys[0], &value(-1.5)).unwrap();
        other.put(&keys[0], &value(7.0)).unwrap();
        other.put(&keys[1], &value(f64::NAN)).unwrap();

        let found = one.get(&keys).unwrap();
        assert_eq!(found[0], Some(value(-1.5)));
        assert!(found[1].as_ref().unwrap().scores[0].is_nan());
        assert_eq!(found[2], None);
        assert_eq!((one.hits(), other.hits()), (2, 0));

        // The log goes with the last process that had the file open.
        drop((one, other));
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
    }

    #[track_caller]
    fn check_refused(path: &Path, expected: &str) {
        let before = std::fs::read(path).ok();
        let error = ScoreCache::open(path).unwrap_err();
        assert!(error.kind.to_string().contains(expected), "{}", error.kind);
        let tried = ScoreCache::try_out(path).unwrap_err();
        assert_eq!(tried.kind.to_string(), error.kind.to_string());
        assert_eq!(std::fs::read(path).ok(), before);
    }

    #[test]
    fn other_files_are_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        check_refused(folder.path(), "no file");

        std::fs::write(at("text"), "{\"id\": 1}\n").unwrap();
        check_refused(&at("text"), "another kind");
        Connection::open(at("database"))
            .unwrap()
            .execute_batch("CREATE TABLE scores (key, value)")
            .unwrap();
        check_refused(&at("database"), "another kind");

        drop(ScoreCache::open(&at("later")).unwrap());
        Connection::open(at("later"))
            .unwrap()
            .execute_batch("PRAGMA user_version = 3; PRAGMA journal_mode = DELETE")
            .unwrap();
        check_refused(&at("later"), "its format is 3");

        std::fs::write(at("empty"), "").unwrap();
        ScoreCache::try_out(&at("empty")).unwrap();
        assert_eq!(std::fs::read(at("empty")).unwrap(), b"");
        ScoreCache::try_out(&at("new")).unwrap();
        assert!(!at("new").exists());
        ScoreCache::try_out(&at("no folder/new")).unwrap_err();

        ScoreCache::open(&at("empty")).unwrap();
    }

    #[test]
    fn a_file_of_the_older_version_is_read_and_becomes_one_of_this() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.cache");
        let keys = keys(1);
        let cache = ScoreCache::open(&path).unwrap();
        cache.put(&keys[0], &value(-1.5)).unwrap();
        drop(cache);

        let connection = Connection::open(&path).unwrap();
        connection
            .execute_batch("PRAGMA user_version = 1; PRAGMA journal_mode = DELETE")
            .unwrap();
        drop(connection);

        let cache = ScoreCache::open(&path).unwrap();
        assert_eq!(cache.get(&keys).unwrap(), [Some(value(-1.5))]);
        drop(cache);
        let header = std::fs::read(&path).unwrap();
        assert_eq!(header[VERSION_AT..VERSION_AT + 4], [0, 0, 0, 2]);
    }

    #[test]
    fn no_damage_becomes_a_score() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.cache");
        let keys = keys(200);
        let cache = ScoreCache::open(&path).unwrap();
        for (key, score) in keys.iter().zip(0..) {
            cache.put(key, &value(f64::from(score))).unwrap();
        }
        drop(cache);

        let whole = std::fs::read(&path).unwrap();
        let mut refused = 0;
        for place in (0..whole.len()).step_by(97).chain([20, 68, 100]) {
            let mut damaged = whole.clone();
            damaged[place] ^= 0x20;
            std::fs::write(&path, &damaged).unwrap();

            let opened = ScoreCache::open(&path);
            let Ok(found) = opened.and_then(|cache| cache.get(&keys)) else {
                refused += 1;
                assert!(std::fs::read(&path).unwrap() == damaged, "{place}");
                continue;
            };
            for (found, score) in found.into_iter().zip(0..) {
                assert!(found.is_none_or(|found| found == value(f64::from(score))));
            }
        }

        assert!(refused > 20, "{refused}");
    }
}
