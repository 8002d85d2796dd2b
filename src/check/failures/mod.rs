//! The lists that fail: found ([`harmful_flips`]), made as small as they get ([`minimize`](mod@minimize)),
//! saved ([`counterexample`]), run again ([`replay`](mod@replay)) and explained ([`explanation`]).

pub mod certificate;
pub mod counterexample;
pub mod explanation;
pub mod harmful_flips;
pub mod minimize;
pub mod pair_judge;
pub mod picks;
pub mod replay;
pub mod saved_list;
