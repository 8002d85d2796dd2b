//! What a cache holds: scores under hashes of what decides them.

use crate::rescore::token_counts::TokenCounts;

/// The bytes of a score, of one of two counts of tokens, and of a value's checksum.
const SCORE: usize = 8;
const COUNT: usize = 4;
const CHECKSUM: usize = 8;

/// What the first byte of a value says.
const CUT: u8 = 1;
const HAS_TOKENS: u8 = 2;

/// A hash of everything that decides a score.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key([u8; 32]);

impl Key {
    /// The key of what the model `identity` says to `parts`, asked in the manner `kind`.
    pub(super) fn of(identity: &str, kind: &str, parts: &[&[u8]]) -> Key {
        let mut hasher = blake3::Hasher::new();
        // With their lengths, so that no two lists of parts read the same.
        for part in [identity.as_bytes(), kind.as_bytes()].iter().chain(parts) {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }

        Key(hasher.finalize().into())
    }

    /// The key of the repetition `number` of what this is the key of.
    pub(super) fn repeated(&self, number: u64) -> Key {
        Key::of("", "repetition", &[&self.0, &number.to_le_bytes()])
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// What is kept under a key: the score of a text, or all of a list or a call.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Value {
    pub(super) scores: Vec<f64>,
    /// Whether a text was longer than the model reads and was cut.
    pub(super) cut: bool,
    /// The tokens of a text, where they are known: to count them again takes longer than to find
    /// its score.
    pub(super) tokens: Option<TokenCounts>,
}

impl Value {
    /// The value as bytes, with a checksum of them and their `key`.
    pub(super) fn sealed(&self, key: &Key) -> Vec<u8> {
        let tokens = self.tokens.and_then(counted);
        let cut = if self.cut { CUT } else { 0 };
        let told = if tokens.is_some() { HAS_TOKENS } else { 0 };

        let mut bytes = vec![cut | told];
        bytes.extend(
            tokens
                .iter()
                .flatten()
                .flat_map(|count| count.to_le_bytes()),
        );
        bytes.extend(self.scores.iter().flat_map(|score| score.to_le_bytes()));
        bytes.extend(checksum(key, &bytes));

        bytes
    }

    /// The value that was sealed under `key`; `None` for anything else.
    pub(super) fn unsealed(key: &Key, sealed: &[u8]) -> Option<Value> {
        let (bytes, sum) = sealed.split_last_chunk::<CHECKSUM>()?;
        let (told, mut rest) = bytes.split_first()?;
        if *sum != checksum(key, bytes) {
            return None;
        }

        let mut tokens = None;
        if told & HAS_TOKENS != 0 {
            let (all, after) = rest.split_first_chunk::<COUNT>()?;
            let (unknown, after) = after.split_first_chunk::<COUNT>()?;
            tokens = Some(TokenCounts {
                texts: 1,
                tokens: u32::from_le_bytes(*all) as usize,
                unknown: u32::from_le_bytes(*unknown) as usize,
            });
            rest = after;
        }

        let (scores, rest) = rest.as_chunks::<SCORE>();
        rest.is_empty().then(|| Value {
            scores: scores.iter().copied().map(f64::from_le_bytes).collect(),
            cut: told & CUT != 0,
            tokens,
        })
    }
}

/// Counts as they are kept.
fn counted(tokens: TokenCounts) -> Option<[u32; 2]> {
    let all = u32::try_from(tokens.tokens).ok()?;
    Some([all, u32::try_from(tokens.unknown).ok()?])
}

fn checksum(key: &Key, bytes: &[u8]) -> [u8; CHECKSUM] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(key.bytes());
    hasher.update(bytes);

    let mut sum = [0; CHECKSUM];
    hasher.finalize_xof().fill(&mut sum);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_under_its_own_key_alone() {
        let key = Key::of("model", "text", &[b"a"]);
        let counts = TokenCounts {
            texts: 1,
            tokens: 70_000,
            unknown: 2,
        };
        let none = TokenCounts {
            texts: 1,
            ..TokenCounts::default()
        };
        for tokens in [None, Some(counts), Some(none)] {
            let value = Value {
                scores: vec![-0.1, f64::NEG_INFINITY],
                cut: tokens.is_some(),
                tokens,
            };
            assert_eq!(Value::unsealed(&key, &value.sealed(&key)), Some(value));
        }

        let value = Value {
            scores: vec![1.5],
            cut: false,
            tokens: Some(counts),
        };
        let sealed = value.sealed(&key);
        assert_eq!(Value::unsealed(&key.repeated(0), &sealed), None);
        assert_eq!(Value::unsealed(&key, &sealed[1..]), None);
        assert_eq!(Value::unsealed(&key, &[]), None);
    }

    #[test]
    fn keys_differ_by_all_that_they_are_made_of() {
        let keys = [
            Key::of("model", "text", &[b"a", b"b"]),
            Key::of("model", "text", &[b"ab"]),
            Key::of("model", "text", &[b"", b"ab"]),
            Key::of("model", "list", &[b"ab"]),
            Key::of("modelt", "ext", &[b"ab"]),
            Key::of("model", "text", &[b"ab"]).repeated(0),
            Key::of("model", "text", &[b"ab"]).repeated(1),
        ];
        for (index, key) in keys.iter().enumerate() {
            assert!(!keys[..index].contains(key), "{index}");
        }
    }
}
