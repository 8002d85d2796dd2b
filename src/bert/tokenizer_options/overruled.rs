//! What `tokenizer.json` says that transformers, and this program, makes otherwise by the class.

use serde_json::Value;

use crate::bert::tokenizer_class::{Class, is_usual, meant, space_before, two_kinds};
use crate::bert::tokenizer_options::{CLASS, LONGEST_SHOWN, Named, OPTIONS, Options};
use crate::nbest::json::shorten;

impl Options {
    /// What `tokenizer` says that a default of the class takes the place of.
    ///
    /// What an option takes the place of is left unsaid: somebody wrote that.
    pub(in crate::bert) fn overruled(&self, tokenizer: &Value) -> Option<String> {
        if !tokenizer.is_object() {
            return None;
        }
        self.other_class(tokenizer)
            .or_else(|| self.overruled_steps(tokenizer))
            .or_else(|| self.overruled_tokens(tokenizer))
    }

    /// That the class that is named has pieces of another kind than `tokenizer`.
    fn other_class(&self, tokenizer: &Value) -> Option<String> {
        let Named { file, name, .. } = self.named.as_ref().filter(|it| it.field == CLASS)?;
        let [stored, wanted] = two_kinds(tokenizer, name)?;
        Some(format!(
            "its model is {}, and `{CLASS}` in {} is {name}, whose model is {wanted}: this program \
             splits texts as the file says, and transformers does not with that class; name the \
             class that the file was made with there, or PreTrainedTokenizerFast",
            shorten(stored, LONGEST_SHOWN),
            file.display()
        ))
    }

    /// The same of the tokens around a text.
    fn overruled_tokens(&self, tokenizer: &Value) -> Option<String> {
        let roles = self.class.around();
        if !self.class.makes(tokenizer) || roles.iter().all(|role| self.token(role).is_some()) {
            return None;
        }

        let added = self.added(tokenizer)?;
        self.post_processor(tokenizer, &added)?;
        let [first, last] = roles.map(|role| {
            let token = self.piece(role, |token| added.id(token).is_some());
            token.unwrap_or_default()
        });
        Some(format!(
            "it does not put {first} and {last} around a text, as transformers does for the class \
             {}, and so does this program: write `{}` and `{}` into {OPTIONS} to say which tokens \
             are meant",
            self.class.name(),
            roles[0],
            roles[1]
        ))
    }

    /// The same of what is done to a text before it is split.
    fn overruled_steps(&self, tokenizer: &Value) -> Option<String> {
        let steps = self.steps(tokenizer);
        let name = self.class.name();
        let wanted = |step: &str| steps.iter().find(|(name, _)| *name == step);

        let stored = &tokenizer["normalizer"];
        if let Some((_, wanted)) = wanted("normalizer")
            && stored["type"] != wanted["type"]
            && !is_usual(stored, wanted)
        {
            return Some(format!(
                "its normalizer is not that of the class {name}, which transformers makes instead, \
                 and so does this program: name the tokenizer_class PreTrainedTokenizerFast in \
                 {OPTIONS} to have the file's"
            ));
        }

        let (step, of_option): (_, &[(&str, &str)]) = match self.class {
            Class::Bert | Class::Mpnet | Class::Splinter => (
                "normalizer",
                &[
                    ("do_lower_case", "lowercase"),
                    ("strip_accents", "strip_accents"),
                    ("tokenize_chinese_chars", "handle_chinese_chars"),
                ],
            ),
            Class::Roberta => ("pre_tokenizer", &[("add_prefix_space", "add_prefix_space")]),
            Class::XlmRoberta | Class::Camembert => {
                let says_no = space_before(&tokenizer["pre_tokenizer"]) == Some(false);
                return (says_no && !self.said.contains_key("add_prefix_space")).then(|| {
                    format!(
                        "it puts no space before the first word, but {OPTIONS} has no \
                         `add_prefix_space`, and then the class {name} of transformers puts one \
                         there: so does this program. Write `add_prefix_space` into {OPTIONS} to \
                         say which is meant"
                    )
                });
            }
            Class::Whole => return None,
        };

        let (_, wanted) = wanted(step)?;
        let stored = &tokenizer[step];
        let differs = |(option, field): &&(&str, &str)| {
            !self.said.contains_key(*option)
                && stored[field] != wanted[field]
                && meant(stored, field) != meant(wanted, field)
        };
        let (option, field) = of_option.iter().find(differs)?;
        Some(format!(
            "its `{field}` is {}, but {OPTIONS} has no `{option}`, and then transformers takes the \
             default of the class {name}, which amounts to {}: so does this program. Write \
             `{option}` into {OPTIONS} to say which is meant",
            shorten(&meant(stored, field).to_string(), LONGEST_SHOWN),
            meant(wanted, field)
        ))
    }
}
