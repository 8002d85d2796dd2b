//! The lexicon that comes with this crate: CMUdict, its common words, and how often they are said.

use std::sync::OnceLock;

use crate::phonetics::cmudict;
use crate::phonetics::frequency::Frequency;
use crate::phonetics::lexicon::Lexicon;
use crate::phonetics::notation::Notation;

const CMUDICT: &[u8] = include_bytes!("../../fixtures/lexicon/cmudict.dict.zst");

const COMMON_WORDS: &[u8] = include_bytes!("../../fixtures/lexicon/common-words.txt.zst");

const FREQUENCIES: &[u8] = include_bytes!("../../fixtures/lexicon/frequencies.tsv.zst");

impl Lexicon {
    /// CMUdict and its common words, as they come with this crate; see `fixtures/lexicon` for where they are from.
    ///
    /// The first call reads the dictionary, later ones return it.
    pub fn embedded() -> &'static Lexicon {
        static EMBEDDED: OnceLock<Lexicon> = OnceLock::new();
        EMBEDDED.get_or_init(read_embedded)
    }
}

fn read_embedded() -> Lexicon {
    let lexicon = cmudict::parse(&unpack(CMUDICT), "the embedded CMUdict", Notation::Arpabet)
        .expect("the embedded dictionary is tested");
    let frequencies = unpack(FREQUENCIES);
    let frequencies = frequencies.lines().map(|line| {
        let (word, tenths) = line.split_once('\t').expect("the embedded file is tested");
        let tenths = tenths.parse().ok().and_then(Frequency::from_tenths);
        (word, tenths.expect("the embedded file is tested"))
    });

    lexicon
        .with_common(unpack(COMMON_WORDS).lines())
        .with_frequencies(frequencies)
}

fn unpack(packed: &[u8]) -> String {
    let bytes = zstd::decode_all(packed).expect("the embedded file is tested");
    String::from_utf8(bytes).expect("the embedded file is tested")
}
