//! Rules: which swaps are left out, so that a listener could have heard those that are left.
//!
//! What sounds alike is for the lexicon; here is what else must hold of a word and what is put in its place. The words
//! that a rule leaves out are counted in [`left_out`](mod@crate::perturb::left_out).

use std::fmt;
use std::sync::Arc;

use crate::perturb::pairs::Pairs;
use crate::perturb::vocabulary::Vocabulary;
use crate::phonetics::distance::PhoneticDistance;
use crate::phonetics::frequency::Frequency;
use crate::phonetics::lexicon::Lexicon;
use crate::phonetics::neighbours::Neighbour;
use crate::phonetics::spelling::{differ_by_apostrophe, is_one_word};

/// What must hold of a swap beside its [distance](PhoneticDistance) and its [vocabulary](Vocabulary).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwapRules {
    /// Whether a word may become the same word with other apostrophes, or in another region's spelling.
    pub apostrophes: bool,
    /// Which pronunciations make two words homophones.
    pub pronunciations: Pronunciations,
    /// Replacements are said at least so often; words without a frequency pass.
    pub min_frequency: Frequency,
    /// Replacements are at most so much less frequent than the word, as a difference on the Zipf scale: however
    /// often *wee* is said, nobody hears it for *we*. Words without a frequency pass.
    pub max_frequency_drop: Frequency,
    /// How often each replacement of a word is drawn.
    pub weight: Weight,
    /// Whether words with a capital may be swapped, where other words of the text have none. `I` may in any case.
    pub capitalised: bool,
    /// Words that are neither swapped nor put in: in lower case, with straight apostrophes.
    pub exclude: Vec<String>,
    /// The words that may come and go, sorted, in lower case; the English ones if a suite names none.
    pub function_words: Option<Vec<String>>,
    /// What is swapped for what, instead of the words of the lexicon; distance, vocabulary, `apostrophes`,
    /// `pronunciations`, `min_frequency`, `max_frequency_drop` and `weight` then mean nothing.
    pub pairs: Option<Arc<Pairs>>,
}

/// Which pronunciations make two words homophones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pronunciations {
    /// The first of each in the lexicon; words that sound differently as they mean different things (`read`) have no
    /// homophones then, but are some.
    First,
    /// Any: also those of a dialect, or of a word said without stress (`last`, `lass`; `are`, `or`).
    All,
}

impl Pronunciations {
    /// How many of a word count, the first ones.
    pub(in crate::perturb) fn at_most(self) -> usize {
        match self {
            Pronunciations::First => 1,
            Pronunciations::All => usize::MAX,
        }
    }
}

/// How often each replacement of a word is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// All alike.
    Even,
    /// As often as it is said, against the other replacements of the word.
    Frequency,
}

impl SwapRules {
    /// The rules of the built-in suites.
    pub const FAIR: SwapRules = SwapRules {
        apostrophes: false,
        pronunciations: Pronunciations::First,
        min_frequency: FAIR_FREQUENCY,
        max_frequency_drop: FAIR_DROP,
        weight: Weight::Even,
        capitalised: true,
        exclude: Vec::new(),
        function_words: None,
        pairs: None,
    };

    /// The frequency that suites ask for by default: none where rare words are wanted.
    pub fn default_frequency(vocabulary: Vocabulary) -> Frequency {
        match vocabulary {
            Vocabulary::Common => FAIR_FREQUENCY,
            Vocabulary::All => Frequency::ZERO,
        }
    }

    /// The drop of frequency that suites accept by default: any where rare words are wanted.
    pub fn default_drop(vocabulary: Vocabulary) -> Frequency {
        match vocabulary {
            Vocabulary::Common => FAIR_DROP,
            Vocabulary::All => Frequency::MAX,
        }
    }

    /// Whether `word`, in lower case, is neither swapped nor put in.
    pub(in crate::perturb) fn excludes(&self, word: &str) -> bool {
        let found = self.exclude.binary_search_by(|one| one.as_str().cmp(word));
        found.is_ok()
    }

    /// Whether `word`, in lower case, may lose its boundaries: the words that single swaps leave alone are left alone here, too.
    pub(in crate::perturb) fn may_be_recut(&self, lexicon: &Lexicon, word: &str) -> bool {
        let said_in_two_ways = self.pronunciations == Pronunciations::First
            && lexicon.is_english()
            && is_heteronym(word);
        !self.excludes(word) && !is_odd_in(lexicon, word) && !said_in_two_ways
    }

    /// Whether `word`, in lower case, is said often enough to be put in.
    pub(in crate::perturb) fn is_frequent(&self, lexicon: &Lexicon, word: &str) -> bool {
        let frequency = lexicon.frequency(word);
        frequency.is_none_or(|frequency| frequency >= self.min_frequency)
    }

    /// Whether something of frequency `to` may be put in for something of frequency `from`; either is `None` where nothing was
    /// counted.
    pub(in crate::perturb) fn accepts_drop(
        &self,
        from: Option<Frequency>,
        to: Option<Frequency>,
    ) -> bool {
        let drop = from.zip(to).map(|(from, to)| from.above(to));
        drop.is_none_or(|drop| drop <= self.max_frequency_drop)
    }

    /// How often `replacement` is drawn, against the other replacements of its word.
    pub(in crate::perturb) fn weight_of(&self, lexicon: &Lexicon, replacement: &str) -> u64 {
        match self.weight {
            Weight::Even => 1,
            // A word that nobody counted is as frequent as asked for.
            Weight::Frequency => lexicon
                .frequency(replacement)
                .unwrap_or(self.min_frequency)
                .per_billion(),
        }
    }
}

/// 3.3: twice in a million words, about as often as *aloud* or *reel*.
const FAIR_FREQUENCY: Frequency = tenths(33);
/// 2.4: some 250 times less often, as *witch* than *which*, *sum* than *some*.
const FAIR_DROP: Frequency = tenths(24);

const fn tenths(tenths: u8) -> Frequency {
    match Frequency::from_tenths(tenths) {
        Some(frequency) => frequency,
        None => Frequency::MAX,
    }
}

/// All of the rules, each with its value: what a suite's hash is made of.
impl fmt::Display for SwapRules {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SwapRules {
            apostrophes,
            pronunciations,
            min_frequency,
            max_frequency_drop,
            weight,
            capitalised,
            exclude,
            function_words,
            pairs,
        } = self;

        write!(
            formatter,
            "apostrophes {apostrophes}, pronunciations {pronunciations:?}, min_frequency {min_frequency}, \
             max_frequency_drop {max_frequency_drop}, weight {weight:?}, capitalised {capitalised}, exclude {}",
            exclude.join(" ")
        )?;
        if let Some(words) = function_words {
            write!(formatter, ", function_words {}", words.join(" "))?;
        }
        match pairs {
            Some(pairs) => write!(formatter, ", pairs {}", pairs.content_hash()),
            None => Ok(()),
        }
    }
}

/// A rule that leaves a swap out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// The suite excludes the word, or what it would become.
    Exclude,
    /// The word has a capital, and the suite leaves such words alone.
    Capitalised,
    /// The word, or what it would become, names a letter, stands for a longer word, or is a word that one does not hear.
    OddWords,
    /// The replacement is no common word.
    CommonWords,
    /// It is the same word but for an apostrophe, or in another spelling.
    Apostrophes,
    /// The words sound alike only as one of them is said at times.
    Pronunciations,
    /// The replacement is not said often enough.
    MinFrequency,
    /// The replacement is said far less often than the word.
    MaxFrequencyDrop,
}

impl Rule {
    /// In the order in which they are asked: a swap counts for the first that leaves it out.
    pub const ALL: [Rule; 8] = [
        Rule::Exclude,
        Rule::Capitalised,
        Rule::OddWords,
        Rule::CommonWords,
        Rule::Apostrophes,
        Rule::Pronunciations,
        Rule::MinFrequency,
        Rule::MaxFrequencyDrop,
    ];

    /// The name in reports: that of the suite's key, where there is one.
    pub fn name(self) -> &'static str {
        match self {
            Rule::Exclude => "exclude",
            Rule::Capitalised => "capitalised",
            Rule::OddWords => "odd_words",
            Rule::CommonWords => "common_words",
            Rule::Apostrophes => "apostrophes",
            Rule::Pronunciations => "pronunciations",
            Rule::MinFrequency => "min_frequency",
            Rule::MaxFrequencyDrop => "max_frequency_drop",
        }
    }

    /// Why a swap is left out, of its replacement: `rare`, `one word in two spellings`.
    pub fn reason(self) -> &'static str {
        match self {
            Rule::Exclude => "excluded",
            Rule::Capitalised => "capitalised",
            Rule::OddWords => "a letter, an abbreviation or an odd word",
            Rule::CommonWords => "not a common word",
            Rule::Apostrophes => "the same word, spelled otherwise",
            Rule::Pronunciations => "sounds so only at times",
            Rule::MinFrequency => "rare",
            Rule::MaxFrequencyDrop => "far rarer than the word",
        }
    }
}

/// The first rule that keeps `word`, in lower case, from becoming `neighbour`; `None` if the swap is fair.
///
/// [`Rule::Capitalised`] is not asked: it takes the text that the word stands in. Of a lexicon that is not in ARPAbet, no rule
/// is asked that names English words.
pub fn left_out_by(
    lexicon: &Lexicon,
    word: &str,
    neighbour: &Neighbour<'_>,
    vocabulary: Vocabulary,
    rules: &SwapRules,
) -> Option<Rule> {
    let to = neighbour.word;
    if rules.excludes(word) || rules.excludes(to) {
        return Some(Rule::Exclude);
    }

    if vocabulary == Vocabulary::Common {
        if is_odd_in(lexicon, word) || is_odd_in(lexicon, to) {
            return Some(Rule::OddWords);
        }
        if !neighbour.common {
            return Some(Rule::CommonWords);
        }
    }

    if !rules.apostrophes && is_one_word_in(lexicon, word, to) {
        return Some(Rule::Apostrophes);
    }

    let is_homophone = neighbour.distance == PhoneticDistance::ZERO;
    let sounds_so = || {
        let agree = lexicon.first_sounds_agree(word, to);
        if lexicon.is_english() {
            !is_heteronym(word) && (agree || is_classic(word, to))
        } else {
            agree
        }
    };
    if is_homophone && rules.pronunciations == Pronunciations::First && !sounds_so() {
        return Some(Rule::Pronunciations);
    }

    if !rules.is_frequent(lexicon, to) {
        return Some(Rule::MinFrequency);
    }

    let drops = !rules.accepts_drop(lexicon.frequency(word), lexicon.frequency(to));
    drops.then_some(Rule::MaxFrequencyDrop)
}

/// Whether `word` is [odd](is_odd), of a lexicon of English.
pub(in crate::perturb) fn is_odd_in(lexicon: &Lexicon, word: &str) -> bool {
    lexicon.is_english() && is_odd(word)
}

/// Whether `one` and `other` are one word but for apostrophes, or, of a lexicon of English, for where they are spelled so.
pub(in crate::perturb) fn is_one_word_in(lexicon: &Lexicon, one: &str, other: &str) -> bool {
    if lexicon.is_english() {
        is_one_word(one, other)
    } else {
        differ_by_apostrophe(one, other)
    }
}

/// Pairs that are confused everywhere, though the lexicon gives them different first pronunciations.
const CLASSICS: [(&str, &str); 1] = [("you're", "your")];

/// Words that are said in one way or another as they mean one thing or another, so that it takes their sentence to know
/// what they sound like: `please read` is no `red`; sorted.
const HETERONYMS: [&str; 26] = [
    "bass", "bow", "bows", "close", "closes", "does", "dove", "excuse", "house", "lead", "leads",
    "live", "lives", "minute", "read", "reads", "row", "sow", "sows", "tear", "tears", "use",
    "uses", "wind", "winds", "wound",
];

fn is_heteronym(word: &str) -> bool {
    HETERONYMS.binary_search(&word).is_ok()
}

fn is_classic(one: &str, other: &str) -> bool {
    CLASSICS.contains(&(one.min(other), one.max(other)))
}

/// What is written short and said long, without periods; sorted.
const ABBREVIATIONS: [&str; 50] = [
    "apr", "apt", "aug", "ave", "blvd", "co", "corp", "dec", "dept", "dr", "etc", "feb", "fri",
    "ft", "gen", "gov", "hr", "hrs", "inc", "jan", "jr", "lb", "lbs", "ltd", "mil", "mon", "mr",
    "mrs", "ms", "mt", "nov", "oct", "oz", "prof", "pt", "re", "rep", "rev", "sat", "sen", "sept",
    "sgt", "spec", "sr", "st", "sync", "tel", "thurs", "vs", "wed",
];

/// Words that a lexicon calls common and nobody expects to hear: archaic, poetic, foreign or coarse ones, the notes of
/// the scale, surnames, and some that are said otherwise than the lexicon has it (`err`, `awe`); sorted.
const ODD_WORDS: [&str; 56] = [
    "ass", "asses", "awe", "aye", "bane", "beau", "beck", "boon", "bras", "butt", "butts", "cum",
    "damn", "dell", "doth", "ere", "err", "fa", "hart", "hath", "hither", "ho", "khan", "la",
    "lax", "lea", "lo", "mi", "nay", "nigh", "nu", "ore", "ow", "pas", "pol", "pros", "rho", "sh",
    "shat", "thee", "thine", "tho", "thou", "thru", "thy", "ti", "vale", "wee", "whence", "whore",
    "whores", "woo", "wright", "ya", "ye", "yon",
];

/// Whether `word` names a letter (`b`, `b.`, `b's`), is a usual abbreviation, or is odd: what a recogniser writes there is
/// a matter of its vocabulary, not of its hearing.
pub fn is_odd(word: &str) -> bool {
    let stem = word.strip_suffix("'s").unwrap_or(word);
    let stem = stem.trim_end_matches('.');
    let is_letter = stem.chars().count() == 1 && !["a", "i"].contains(&stem);
    is_letter
        || (word.ends_with('.') && stem.len() < word.len())
        || ABBREVIATIONS.binary_search(&stem).is_ok()
        || ODD_WORDS.binary_search(&stem).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phonetics::neighbours::NeighbourIndex;

    /// What keeps the word from becoming the other under the rules of the built-in suites; `fair` if nothing does.
    #[track_caller]
    fn check_rule(rules: &SwapRules, word: &str, to: &str, expected: &str) {
        let index = NeighbourIndex::new(Lexicon::embedded());
        let found = index.neighbours(word, PhoneticDistance::ZERO);
        let found = found.iter().find(|found| found.word == to);
        let neighbour = found.unwrap_or_else(|| panic!("{to} does not sound like {word}"));
        let rule = left_out_by(index.lexicon(), word, neighbour, Vocabulary::Common, rules);
        assert_eq!(rule.map_or("fair", Rule::name), expected, "{word} -> {to}");
    }

    #[test]
    fn what_nobody_would_hear_is_left_out() {
        for (word, to, expected) in [
            ("two", "too", "fair"),
            ("their", "they're", "fair"),
            ("your", "you're", "fair"),
            ("hole", "whole", "fair"),
            ("crimes", "crime's", "apostrophes"),
            ("its", "it's", "apostrophes"),
            ("color", "colour", "apostrophes"),
            ("last", "lass", "pronunciations"),
            ("are", "or", "pronunciations"),
            ("read", "red", "pronunciations"),
            ("red", "read", "fair"),
            ("which", "witch", "fair"),
            ("morning", "mourning", "fair"),
            ("you", "ewe", "min_frequency"),
            ("hair", "hare", "min_frequency"),
            ("in", "inn", "pronunciations"),
            ("or", "oar", "min_frequency"),
            ("i", "eye", "max_frequency_drop"),
            ("be", "bee", "max_frequency_drop"),
            ("me", "mi", "odd_words"),
            ("eye", "aye", "odd_words"),
            ("c.", "see", "odd_words"),
            ("street", "st", "odd_words"),
            ("green", "greene", "common_words"),
        ] {
            check_rule(&SwapRules::FAIR, word, to, expected);
        }
    }

    #[test]
    fn every_rule_can_be_widened() {
        let wide = SwapRules {
            apostrophes: true,
            pronunciations: Pronunciations::All,
            min_frequency: Frequency::ZERO,
            max_frequency_drop: Frequency::MAX,
            exclude: vec!["whole".to_owned()],
            ..SwapRules::FAIR
        };
        for (word, to, expected) in [
            ("crimes", "crime's", "fair"),
            ("last", "lass", "fair"),
            ("you", "ewe", "fair"),
            ("hole", "whole", "exclude"),
            ("whole", "hole", "exclude"),
        ] {
            check_rule(&wide, word, to, expected);
        }
    }

    #[test]
    fn odd_words_are_sorted_and_told_from_others() {
        assert!(ABBREVIATIONS.is_sorted() && ODD_WORDS.is_sorted() && HETERONYMS.is_sorted());
        for word in ["b", "b.", "b's", "mr", "mr.", "u.s.", "thee", "butt"] {
            assert!(is_odd(word), "{word}");
        }
        for word in ["a", "i", "i'm", "as", "see", "the"] {
            assert!(!is_odd(word), "{word}");
        }
    }

    #[test]
    fn frequent_words_are_drawn_more_often_if_asked_for() {
        let lexicon = Lexicon::embedded();
        let often = SwapRules {
            weight: Weight::Frequency,
            ..SwapRules::FAIR
        };
        assert_eq!(SwapRules::FAIR.weight_of(lexicon, "to"), 1);
        assert!(often.weight_of(lexicon, "to") > 5 * often.weight_of(lexicon, "too"));
        assert_eq!(often.weight_of(lexicon, "xyzzy"), 1_995);
    }
}
