//! Sentences for the masked-word objective: tokenized, divided, with words hidden.

use std::path::Path;

use crate::bert::batch::TextTokenizer;
use crate::bert::tokenizer_file::read_tokenizer;
use crate::bert::{LoadError, LoadErrorKind};
use crate::stats::random::Stream;
use crate::train::TrainError;
use crate::train::lists::below;

/// One sentence in this many is held out.
const HELD_OUT: usize = 50;

/// Sentences as word pieces.
#[derive(Debug, Clone, PartialEq)]
pub struct Sentences {
    /// To learn from.
    pub train: Vec<Vec<u32>>,
    /// To measure by: every fiftieth sentence.
    pub held_out: Vec<Vec<u32>>,
}

impl Sentences {
    /// Tokenizes `lines`, one sentence each; empty ones are left out.
    pub fn prepare<'a>(
        lines: impl Iterator<Item = &'a str>,
        tokenizer: &TextTokenizer,
    ) -> Result<Sentences, TrainError> {
        let mut sentences = Sentences {
            train: Vec::new(),
            held_out: Vec::new(),
        };
        let lines = lines.map(str::trim).filter(|line| !line.is_empty());

        for (index, line) in lines.enumerate() {
            let tokens = tokenizer.tokenize(line)?;
            if index % HELD_OUT == 0 {
                sentences.held_out.push(tokens.ids);
            } else {
                sentences.train.push(tokens.ids);
            }
        }

        if sentences.train.is_empty() {
            let reason =
                format!("there are fewer than two sentences; one in {HELD_OUT} is held out");
            return Err(TrainError::Data(reason));
        }

        Ok(sentences)
    }
}

/// How words are hidden (arXiv 1810.04805).
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hiding {
    /// The share of words, or word pieces, that must be guessed; at least one of every sentence.
    pub share: f64,
    /// Whether the pieces of a word are hidden together.
    pub whole_words: bool,
}

/// The tokens that hiding must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pieces {
    /// Stands for what is hidden.
    pub mask: u32,
    /// Pieces that may stand in for others: no special ones.
    pub ordinary: Vec<u32>,
    /// Whether a piece, by its id, continues a word.
    pub continuing: Vec<bool>,
}

impl Pieces {
    /// Reads the pieces of a tokenizer file.
    pub fn read(path: &Path) -> Result<Pieces, LoadError> {
        let refuse = |reason: String| LoadError::new(path, LoadErrorKind::Tokenizer(reason));
        let tokenizer = read_tokenizer(path)?;
        let mask = tokenizer
            .token_to_id("[MASK]")
            .ok_or_else(|| refuse("it has no [MASK] token, which hides words".to_owned()))?;
        let mut tokens: Vec<(u32, String)> = tokenizer
            .get_vocab(true)
            .into_iter()
            .map(|(token, id)| (id, token))
            .collect();
        tokens.sort_unstable();

        let size = tokens.last().map_or(0, |(id, _)| *id as usize + 1);
        let mut continuing = vec![false; size];
        let mut ordinary = Vec::with_capacity(tokens.len());
        for (id, token) in tokens {
            continuing[id as usize] = token.starts_with("##");
            let special = token.starts_with('[') && token.ends_with(']') && token.len() > 2;
            if !special {
                ordinary.push(id);
            }
        }

        if ordinary.is_empty() {
            return Err(refuse("it has no word pieces".to_owned()));
        }

        Ok(Pieces {
            mask,
            ordinary,
            continuing,
        })
    }
}

/// A sentence with hidden words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Puzzle {
    /// What the model reads.
    pub ids: Vec<u32>,
    /// Where it must guess, and what stood there.
    pub answers: Vec<(usize, u32)>,
}

/// Hides words of `text`, which starts and ends with a special token.
///
/// Of the hidden ones 80 % become `[MASK]`, 10 % a random piece, and 10 % stay.
/// A text without words between the special tokens has no answers.
pub fn hide(text: &[u32], hiding: &Hiding, pieces: &Pieces, stream: &mut Stream) -> Puzzle {
    let mut units: Vec<(usize, usize)> = Vec::new();
    let words = text
        .get(1..text.len().saturating_sub(1))
        .unwrap_or_default();

    for (place, piece) in (1..).zip(words) {
        let continues = pieces
            .continuing
            .get(*piece as usize)
            .copied()
            .unwrap_or(false);
        match units.last_mut() {
            Some(unit) if hiding.whole_words && continues => unit.1 = place + 1,
            Some(_) | None => units.push((place, place + 1)),
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a count"
    )]
    let hidden = ((units.len() as f64 * hiding.share).round() as usize)
        .max(1)
        .min(units.len());

    let mut puzzle = Puzzle {
        ids: text.to_vec(),
        answers: Vec::new(),
    };
    for drawn in 0..hidden {
        let other = drawn + below(stream, units.len() - drawn);
        // A shuffle that ends once enough is hidden.
        units.swap(drawn, other);
        let (start, end) = units[drawn];
        let fate = below(stream, 10);
        for (place, piece) in (start..).zip(&text[start..end]) {
            puzzle.answers.push((place, *piece));
            puzzle.ids[place] = match fate {
                0 => *piece,
                1 => pieces.ordinary[below(stream, pieces.ordinary.len())],
                _ => pieces.mask,
            };
        }
    }

    // Words were drawn in any order.
    puzzle.answers.sort_unstable();
    puzzle
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces() -> Pieces {
        let mut continuing = vec![false; 100];
        continuing[50..].fill(true);
        Pieces {
            mask: 4,
            ordinary: (5..100).collect(),
            continuing,
        }
    }

    #[test]
    fn whole_words_are_hidden_together() {
        // One word of three pieces, one of one.
        let text = [2, 10, 60, 61, 11, 3];
        let hiding = Hiding {
            share: 0.15,
            whole_words: true,
        };

        for replicate in 0..200 {
            let puzzle = hide(&text, &hiding, &pieces(), &mut Stream::new(1, replicate));
            let places: Vec<usize> = puzzle.answers.iter().map(|(place, _)| *place).collect();
            assert!(places == [1, 2, 3] || places == [4], "{places:?}");
        }
    }

    #[test]
    fn eighty_of_a_hundred_become_masks_and_ten_stay() {
        let text = [2, 10, 11, 12, 13, 14, 15, 16, 17, 18, 3];
        let hiding = Hiding {
            share: 0.3,
            whole_words: false,
        };
        let (mut masks, mut same, mut all) = (0, 0, 0);

        for replicate in 0..2000 {
            let puzzle = hide(&text, &hiding, &pieces(), &mut Stream::new(1, replicate));
            assert_eq!(puzzle.answers.len(), 3);
            for (place, answer) in puzzle.answers {
                all += 1;
                masks += usize::from(puzzle.ids[place] == 4);
                same += usize::from(puzzle.ids[place] == answer);
            }
        }

        // 6,000 words in 6,000 draws: standard deviations 0.5 and 0.4 %.
        let share = |count: usize| count as f64 / f64::from(all);
        assert!((share(masks) - 0.8).abs() < 0.02, "{masks} of {all}");
        assert!((share(same) - 0.1).abs() < 0.02, "{same} of {all}");
    }

    #[test]
    fn a_text_without_words_has_no_answers() {
        let hiding = Hiding {
            share: 0.15,
            whole_words: true,
        };
        let puzzle = hide(&[2, 3], &hiding, &pieces(), &mut Stream::new(1, 1));

        assert_eq!(
            puzzle,
            Puzzle {
                ids: vec![2, 3],
                answers: Vec::new()
            }
        );
    }
}
