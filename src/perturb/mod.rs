//! Perturbations: words of an n-best list swapped for words that sound alike.
//!
//! What is asked for is a [`Perturbation`], what was done a [`Substitution`]. Beside swaps there are
//! three [`Kinds`] of edits that change how many words there are. What can be swapped for what is in
//! [`menu`], by the [`rules`] that keep swaps fair or by a user's own [`pairs`]; how much the rules
//! leave out in [`left_out`], where words can be cut differently in [`boundary`], which words come
//! and go in [`function_words`], what edits the same word alike in every text in `coherent`. A
//! perturbed list is in [`case`], how to make it smaller in [`moves`], how to draw one in [`draw`]
//! (from names and a seed, a mixture of kinds included) and in [`strategy`] (for `proptest!` tests),
//! its line in a file in [`perturbed_list`]. Nothing here scores, counts errors or judges.

pub mod boundary;
pub mod case;
mod casing;
mod coherent;
mod columns;
pub mod draw;
mod edit_kind;
#[cfg(test)]
mod examples;
pub mod function_words;
mod hypotheses;
pub mod ladders;
pub mod left_out;
pub mod menu;
pub mod mixture;
pub mod moves;
pub mod pairs;
mod perturbation;
pub mod perturbed_list;
mod random_bits;
pub mod replacement;
pub mod rules;
pub mod site;
mod sites;
pub mod strategy;
mod substitution;
mod vocabulary;

pub use crate::perturb::edit_kind::{EditKind, Kinds};
pub use crate::perturb::hypotheses::{Hypotheses, Target};
pub use crate::perturb::perturbation::{Amount, Perturbation};
pub use crate::perturb::substitution::Substitution;
pub use crate::perturb::vocabulary::Vocabulary;
