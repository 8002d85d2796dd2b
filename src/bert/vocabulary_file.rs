//! The vocabulary of a tokenizer, looked through for damage that would change every score silently.
//!
//! What no vocabulary is made with is refused: a token twice, or an id of two tokens. What some are
//! made with is said: ids that no token has, fewer tokens than the model has embeddings for, a
//! padding token elsewhere than in `config.json`.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::Path;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::bert::error::{LoadError, LoadErrorKind};
use crate::bert::model_file::read_text;
use crate::bert::tokenizer_options::or_null;
use crate::bert::tokenizer_source::{self, is_made, is_pieces};
use crate::files::document::{DOCUMENT, SETTINGS};
use crate::nbest::json::shorten;

/// The most characters of a token in a message.
const LONGEST_SHOWN: usize = 40;

/// What to do about a damaged vocabulary.
const COPY: &str = "copy the file again from where the model is from";

/// Padding is made of fewer embeddings than these, which no token has.
const PADDING: u64 = 1_000;

/// What the number of embeddings is a multiple of where they are padded.
const PADDED_TO: u64 = 8;

/// How many pieces the lists have that came with Google's models: one of as many has lost none, and
/// embeddings beyond it are those of tokens that somebody's code adds.
const PUBLISHED: [usize; 5] = [30_522, 28_996, 119_547, 105_879, 21_128];

/// How the tokens begin that fill up the vocabulary of fairseq's models.
const FILLER: &str = "madeupword";

/// What a model's padding token is called.
const PADDING_TOKENS: [&str; 2] = ["[PAD]", "<pad>"];

/// `vocab` of a tokenizer's model.
#[derive(Default)]
pub(super) enum Vocabulary {
    /// Tokens with their ids, as the file has them.
    Tokens(Vec<(String, Value)>),
    /// As many tokens, whose ids are their places.
    Listed(u64),
    /// Something else, which is for the tokenizer's own reader to refuse.
    #[default]
    Unknown,
}

impl Vocabulary {
    /// Refuses a token that comes twice, and an id of two tokens or of none.
    pub(super) fn check(&self) -> Result<(), String> {
        let Vocabulary::Tokens(tokens) = self else {
            return Ok(());
        };

        let (mut seen, mut owners) = (HashSet::new(), HashMap::new());
        for (token, id) in tokens {
            let shown = shorten(token, LONGEST_SHOWN);
            if !seen.insert(token.as_str()) {
                return Err(format!(
                    "`model.vocab` has the token `{shown}` twice: {COPY}"
                ));
            }
            let Some(id) = id.as_u64() else {
                let found = shorten(&id.to_string(), LONGEST_SHOWN);
                return Err(format!(
                    "`model.vocab` gives the token `{shown}` the id {found}; it must be a whole \
                     number from 0"
                ));
            };
            if let Some(owner) = owners.insert(id, token.as_str()) {
                return Err(format!(
                    "`model.vocab` gives the id {id} to `{}` and to `{shown}`: {COPY}",
                    shorten(owner, LONGEST_SHOWN)
                ));
            }
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Vocabulary {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Vocabulary, D::Error> {
        deserializer.deserialize_any(OfAnyKind)
    }
}

struct OfAnyKind;

impl<'de> Visitor<'de> for OfAnyKind {
    type Value = Vocabulary;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("tokens with their ids")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Vocabulary, A::Error> {
        let mut tokens = Vec::new();
        while let Some(token) = access.next_entry()? {
            tokens.push(token);
        }
        Ok(Vocabulary::Tokens(tokens))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Vocabulary, A::Error> {
        let mut count = 0;
        while access.next_element::<IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok(Vocabulary::Listed(count))
    }

    fn visit_unit<E>(self) -> Result<Vocabulary, E> {
        Ok(Vocabulary::Unknown)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Vocabulary, E> {
        Ok(Vocabulary::Unknown)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Vocabulary, E> {
        Ok(Vocabulary::Unknown)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Vocabulary, E> {
        Ok(Vocabulary::Unknown)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Vocabulary, E> {
        Ok(Vocabulary::Unknown)
    }

    fn visit_str<E>(self, _: &str) -> Result<Vocabulary, E> {
        Ok(Vocabulary::Unknown)
    }
}

/// Refuses a list of word pieces in which one comes twice. Any other file is not looked at.
///
/// Blank lines may be many: no text has such a piece.
pub(super) fn check_pieces(path: &Path) -> Result<(), LoadError> {
    if !is_pieces(path) {
        return Ok(());
    }

    let text = read_text(path, DOCUMENT).map_err(|error| LoadError::new(path, error))?;
    let mut lines = HashMap::new();
    for (line, piece) in (1_usize..).zip(tokenizer_source::pieces(&text)) {
        if piece.trim().is_empty() {
            continue;
        }
        if let Some(first) = lines.insert(piece, line) {
            let shown = shorten(piece, LONGEST_SHOWN);
            let reason = format!(
                "line {line} is `{shown}`, as line {first} is, and a token has one id: {COPY}, or, \
                 if it is the same there, write something on line {first} that no text has, such \
                 as [unused-{first}]"
            );
            return Err(LoadError::new(path, LoadErrorKind::Tokenizer(reason)));
        }
    }
    Ok(())
}

/// What of a tokenizer has ids.
#[derive(Deserialize)]
struct Known {
    #[serde(default)]
    added_tokens: Vec<Added>,
    model: Model,
}

#[derive(Deserialize)]
struct Added {
    content: String,
    id: u64,
}

#[derive(Deserialize)]
struct Model {
    vocab: Vocabulary,
    #[serde(default)]
    merges: Value,
}

/// What is to be said of the tokenizer in `path`, for a model that `config` tells of: where it is
/// not believed, and what may be wrong with its vocabulary.
pub(super) fn notices(path: &Path, config: &Path) -> Result<Vec<String>, LoadError> {
    let files = tokenizer_source::read(path)?;
    let of_vocabulary = of_vocabulary(&files.whole, path, config);
    let all = files.overruled.into_iter().chain(of_vocabulary);
    Ok(all
        .map(|notice| format!("{}: {notice}", path.display()))
        .collect())
}

/// The same of the vocabulary in `whole`, which was made of `path`.
fn of_vocabulary(whole: &[u8], path: &Path, config: &Path) -> Vec<String> {
    // What is wrong with either file is for its own reader to tell.
    let (Ok(known), Ok(text)) = (
        serde_json::from_slice::<Known>(whole),
        read_text(config, SETTINGS),
    ) else {
        return Vec::new();
    };
    let settings = or_null(text.trim_start_matches('\u{feff}').as_bytes());

    let ids = known.ids();
    let stated = |field: &str| settings[field].as_u64();
    let all = [
        unused(&ids),
        unmade(&known).filter(|_| is_made(path)),
        stated("vocab_size").and_then(|size| few(&known, &ids, size, is_pieces(path), config)),
        stated("pad_token_id").and_then(|id| misplaced(&known, id, config)),
    ];
    all.into_iter().flatten().collect()
}

impl Known {
    /// All ids that a token has, in order, once each.
    fn ids(&self) -> Vec<u64> {
        let mut ids: Vec<u64> = match &self.model.vocab {
            Vocabulary::Tokens(tokens) => tokens.iter().filter_map(|(_, id)| id.as_u64()).collect(),
            Vocabulary::Listed(count) => (0..*count).collect(),
            Vocabulary::Unknown => Vec::new(),
        };
        ids.extend(self.added_tokens.iter().map(|added| added.id));
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    fn id(&self, wanted: &str) -> Option<u64> {
        let mut added = self.added_tokens.iter();
        let added = added.find(|added| added.content == wanted);
        let in_model = || match &self.model.vocab {
            Vocabulary::Tokens(tokens) => {
                tokens.iter().find(|(token, _)| token == wanted)?.1.as_u64()
            }
            Vocabulary::Listed(_) | Vocabulary::Unknown => None,
        };
        added.map(|added| added.id).or_else(in_model)
    }
}

/// Says which of the ids below the largest no token has.
fn unused(ids: &[u64]) -> Option<String> {
    let (first, _) = (0..).zip(ids).find(|(place, id)| place != *id)?;
    let count = ids.last()?.saturating_add(1) - ids.len() as u64;
    let others = match count {
        1 => String::new(),
        _ => format!(", nor {} others", count - 1),
    };
    Some(format!(
        "no token has the id {first}{others}, though others have larger ones: texts are read \
         without what is missing; if the file is not as the model came with it, {COPY}"
    ))
}

/// Says that no merge makes some of the tokens: the merges of a list may be cut off.
fn unmade(known: &Known) -> Option<String> {
    let (Vocabulary::Tokens(tokens), Some(merges)) =
        (&known.model.vocab, known.model.merges.as_array())
    else {
        return None;
    };
    let parts = merges
        .iter()
        .map(|merge| (merge[0].as_str(), merge[1].as_str()));
    let made: HashSet<String> = parts
        .filter_map(|(first, second)| Some(first?.to_owned() + second?))
        .collect();

    // Special tokens are made of nothing.
    let added: HashSet<&str> = known
        .added_tokens
        .iter()
        .map(|it| it.content.as_str())
        .collect();
    let is_special = |token: &str| {
        let is_in = |first, last| token.starts_with(first) && token.ends_with(last);
        is_in('<', '>') || is_in('[', ']') || token.starts_with(FILLER) || added.contains(token)
    };
    let tokens = tokens.iter().map(|(token, _)| token.as_str());
    let mut lacking = tokens.filter(|token| {
        token.chars().nth(1).is_some() && !made.contains(*token) && !is_special(token)
    });
    let first = lacking.next()?;
    Some(format!(
        "no line of merges.txt beside it makes {} of its tokens, such as `{}`: if that file was \
         cut off, texts are split into other tokens than the model learned; unless it is as the \
         model came with it, {COPY}",
        lacking.count() + 1,
        shorten(first, LONGEST_SHOWN)
    ))
}

/// Says that there are tokens for few of the `size` embeddings. A line that is lost from a list of
/// pieces gives all that follow the embeddings of others.
fn few(known: &Known, ids: &[u64], size: u64, is_list: bool, config: &Path) -> Option<String> {
    let count = ids.last().map_or(0, |largest| largest.saturating_add(1));
    let missing = size.saturating_sub(count);
    let is_whole = match &known.model.vocab {
        Vocabulary::Tokens(tokens) => PUBLISHED.contains(&tokens.len()),
        Vocabulary::Listed(_) | Vocabulary::Unknown => false,
    };
    let is_padding = (size.is_multiple_of(PADDED_TO) || is_whole) && missing < PADDING;
    let is_few = if is_list {
        missing > 0 && !is_padding
    } else {
        missing > PADDING && missing > size / 20
    };
    is_few.then(|| {
        format!(
            "it has {count} tokens, and {} has vocab_size {size}: if the file was cut off or lost \
             lines, the scores mean nothing; unless it is as the model came with it, {COPY}",
            config.display()
        )
    })
}

/// Says that the padding token has another id than `expected`.
fn misplaced(known: &Known, expected: u64, config: &Path) -> Option<String> {
    let found = PADDING_TOKENS.map(|token| Some((token, known.id(token)?)));
    let mut found = found.into_iter().flatten().peekable();
    let (token, id) = *found.peek()?;
    if found.any(|(_, id)| id == expected) {
        return None;
    }
    Some(format!(
        "{token} has the id {id}, and {} has pad_token_id {expected}: if the tokens are in another \
         order than the model learned, the scores mean nothing; if the file is not as the model \
         came with it, {COPY}",
        config.display()
    ))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check_refused(vocabulary: &str, expected: &str) {
        let vocabulary: Vocabulary = serde_json::from_str(vocabulary).unwrap();
        let problem = vocabulary.check().unwrap_err();
        assert!(problem.contains(expected), "{problem}");
    }

    #[test]
    fn a_token_or_an_id_that_comes_twice_is_refused() {
        check_refused(r#"{"a": 0, "b": 1, "a": 2}"#, "the token `a` twice");
        check_refused(r#"{"a": 0, "b": 1, "c": 1}"#, "the id 1 to `b` and to `c`");
        check_refused(r#"{"a": "x"}"#, "`a` the id \"x\"");
        check_refused(r#"{"a": -1}"#, "`a` the id -1");
        for fine in [
            r#"{"a": 7, "b": 1}"#,
            "[[\"a\", -1.5]]",
            "null",
            "3",
            "\"x\"",
        ] {
            let vocabulary: Vocabulary = serde_json::from_str(fine).unwrap();
            assert_eq!(vocabulary.check(), Ok(()), "{fine}");
        }
    }

    #[test]
    fn a_piece_that_comes_twice_is_refused_and_blank_lines_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vocab.txt");
        fs::write(&path, "[PAD]\nthe\n\n\nof\r\nthe\n").unwrap();
        let problem = check_pieces(&path).unwrap_err().kind().to_string();
        for part in [
            "line 6 is `the`, as line 2 is",
            "copy the file",
            "[unused-2]",
        ] {
            assert!(problem.contains(part), "{problem}");
        }

        fs::write(&path, "[PAD]\nthe\n\n\n \nThe\n").unwrap();
        check_pieces(&path).unwrap();
    }

    /// What is said of `pieces` as a list and of the same in `tokenizer.json`.
    fn said(pieces: &[&str], settings: &Value) -> [Vec<String>; 2] {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config.json");
        fs::write(&config, settings.to_string()).unwrap();
        let list = folder.path().join("vocab.txt");
        fs::write(&list, pieces.join("\n")).unwrap();
        let whole = folder.path().join("tokenizer.json");
        fs::write(&whole, tokenizer_source::read(&list).unwrap().whole).unwrap();
        [list, whole].map(|path| notices(&path, &config).unwrap())
    }

    #[track_caller]
    fn check_said(pieces: &[&str], settings: &Value, expected: [&str; 2]) {
        for (found, expected) in said(pieces, settings).iter().zip(expected) {
            let wanted = usize::from(!expected.is_empty());
            assert_eq!(found.len(), wanted, "{found:?}");
            assert!(
                found.iter().all(|said| said.contains(expected)),
                "{found:?}"
            );
        }
    }

    #[test]
    fn vocabularies_as_models_have_them_need_no_word() {
        let pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a"];
        check_said(
            &pieces,
            &json!({"vocab_size": 5, "pad_token_id": 0}),
            ["", ""],
        );
        check_said(&pieces, &json!({"vocab_size": 64}), ["", ""]);
        check_said(&pieces, &json!({}), ["", ""]);
    }

    #[test]
    fn fewer_tokens_than_embeddings_are_said() {
        let pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a"];
        let few = "it has 5 tokens, and ";
        check_said(&pieces, &json!({"vocab_size": 6}), [few, ""]);
        check_said(&pieces, &json!({"vocab_size": 1200}), [few, few]);
        check_said(&pieces, &json!({"vocab_size": 30522}), [few, few]);
    }

    #[test]
    fn embeddings_beyond_a_list_that_has_lost_none_need_no_word() {
        let pieces: Vec<String> = (0..30_522).map(|piece| piece.to_string()).collect();
        let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
        check_said(&pieces, &json!({"vocab_size": 30_524}), ["", ""]);
        let few = "it has 30521 tokens, and ";
        check_said(&pieces[1..], &json!({"vocab_size": 30_524}), [few, ""]);
    }

    #[test]
    fn merges_that_are_cut_off_are_said() {
        let folder = tempfile::tempdir().unwrap();
        let [path, merges, config] =
            ["vocab.json", "merges.txt", "config.json"].map(|name| folder.path().join(name));
        let pieces = r#"{"<s>": 0, "a": 1, "b": 2, "ab": 3, "aba": 4, "madeupword0": 5, "aab": 6}"#;
        fs::write(&path, pieces).unwrap();
        fs::write(&config, "{}").unwrap();
        let said = |text: &str| {
            fs::write(&merges, text).unwrap();
            notices(&path, &config)
        };

        assert_eq!(said("a b\nab a\na ab\n").unwrap(), [""; 0]);
        let cut = &said("a b\n").unwrap()[0];
        assert!(
            cut.contains("merges.txt beside it makes 2 of its tokens, such as `aba`"),
            "{cut}"
        );
        let half = said("a b\nab ").unwrap_err().kind().to_string();
        assert!(half.contains("line 2 is not two pieces"), "{half}");
    }

    #[test]
    fn tokens_in_another_order_are_said() {
        let pieces = ["A", "[CLS]", "[PAD]", "[SEP]", "[UNK]"];
        let moved = "[PAD] has the id 2, and ";
        let settings = json!({"vocab_size": 5, "pad_token_id": 0});
        check_said(&pieces, &settings, [moved, moved]);
    }

    #[test]
    fn ids_that_no_token_has_are_said() {
        assert_eq!(unused(&[0, 1, 2]), None);
        assert_eq!(unused(&[]), None);
        let said = unused(&[0, 2, 3, 6]).unwrap();
        assert!(
            said.starts_with("no token has the id 1, nor 2 others,"),
            "{said}"
        );
        let said = unused(&[1]).unwrap();
        assert!(said.starts_with("no token has the id 0, though"), "{said}");
    }
}
