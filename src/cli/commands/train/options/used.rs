//! Which options the objective and the strategy that were chosen use: others are refused, so that
//! nobody takes what a run ignored for what it did.

use serde_json::{Map, Value};

use crate::cli::commands::train::options::recipe::Recipe;
use crate::cli::commands::train::options::{ObjectiveName, Options, StrategyName, WarmUpName};

/// What options about adapters are for.
const ADAPTERS: &str = "adapters (--strategy lora, dynamic, warmup or mixed)";

/// What options about allocation are for.
const ALLOCATION: &str = "--strategy dynamic, or warmup with --then-dynamic";

impl Options {
    /// The options that are given, by name.
    pub(crate) fn given(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(mut fields)) => {
                fields.retain(|_, value| !value.is_null());
                fields
            }
            Ok(_) | Err(_) => unreachable!("a struct of plain values becomes a JSON object"),
        }
    }

    /// The option that is swept, if there is one.
    pub(crate) fn swept(&self) -> Option<&str> {
        let (option, _) = self.sweep.as_deref()?.split_once('=')?;
        Some(option.trim().trim_start_matches("--"))
    }

    /// Refuses what the objective or the strategy does not use. These options are those that were
    /// `typed`, completed by those of a recipe.
    pub(crate) fn ensure_used(
        &self,
        typed: &Options,
        recipe: Option<&Recipe>,
    ) -> anyhow::Result<()> {
        let here = self.chosen(typed, recipe);
        let recipe = |option: &str| recipe.filter(|recipe| recipe.gives(option));
        let typed = typed.given();

        if let Some(swept) = self.swept() {
            if self.given().contains_key(swept) {
                let problem = format!("and --sweep both give {swept}: leave one of them out");
                return match recipe(swept).filter(|_| !typed.contains_key(swept)) {
                    Some(recipe) => Err(recipe.wrong(swept, &problem)),
                    None => Err(anyhow::anyhow!("--{swept} {problem}")),
                };
            }
            if let Some(purpose) = self.unused(swept) {
                let problem = format!("{swept} is for {purpose}; {here}");
                return match recipe("sweep").filter(|_| !typed.contains_key("sweep")) {
                    Some(recipe) => Err(recipe.wrong("sweep", &format!("cannot work: {problem}"))),
                    None => Err(anyhow::anyhow!("--sweep {swept}: {problem}")),
                };
            }
        }

        for option in self.given().keys() {
            let Some(purpose) = self.unused(option) else {
                continue;
            };
            let problem = format!("is for {purpose}; {here}");
            return match recipe(option).filter(|_| !typed.contains_key(option)) {
                Some(recipe) => Err(recipe.wrong(option, &problem)),
                None => Err(anyhow::anyhow!("--{option} {problem}")),
            };
        }

        Ok(())
    }

    /// The objective where it is of plain text, or else the strategy, and who chose it.
    fn chosen(&self, typed: &Options, recipe: Option<&Recipe>) -> String {
        let (what, option, value) = if self.objective == Some(ObjectiveName::Mlm) {
            ("objective", "objective", "mlm".to_owned())
        } else {
            ("strategy", "strategy", self.strategy_name())
        };

        let by = match recipe {
            _ if typed.given().contains_key(option) => String::new(),
            Some(recipe) if recipe.gives(option) => format!(", as {} says", recipe.name()),
            Some(_) | None => ", as none is named".to_owned(),
        };
        format!("the {what} here is {value}{by}")
    }

    /// The strategy as it is typed.
    fn strategy_name(&self) -> String {
        let strategy = self.strategy.unwrap_or(StrategyName::Lora);
        let name = serde_json::to_value(strategy).ok();
        let name = name.as_ref().and_then(Value::as_str);
        name.unwrap_or_default().to_owned()
    }

    /// What an option is for, where this training does not use it.
    fn unused(&self, option: &str) -> Option<&'static str> {
        if self.objective == Some(ObjectiveName::Mlm) {
            self.unused_on_text(option)
        } else {
            self.unused_on_lists(option)
        }
    }

    fn unused_on_text(&self, option: &str) -> Option<&'static str> {
        match option {
            "nbest" if !self.references => Some("n-best lists, or --references with them"),
            "vocabulary" if self.new.is_none() && self.size.is_none() => {
                Some("a new model (--new or --size)")
            }
            "strategy" if self.strategy != Some(StrategyName::Full) => {
                Some("n-best lists: on plain text every weight is trained")
            }
            "dev" | "hypotheses" | "first-pass-scale" | "lists" | "lists-per-pass" => {
                Some("n-best lists (--objective mwer, mwed or distillation)")
            }
            "rank" | "alpha" | "rslora" | "dropout" | "targets" | "initial-rank"
            | "prune-after" | "final-steps" | "orthogonality" | "warm-up-from"
            | "warm-up-lr-ratio" | "warm-up-rank" | "warm-up-share" | "then-dynamic" | "ranks"
            | "ranks-from" | "b-lr-ratio" => {
                Some("adapters, which are trained on n-best lists (--objective mwer)")
            }
            "head" | "head-lr-ratio" | "correlation" | "mwed" | "distillation" | "teacher"
            | "robust" | "robust-probability" | "robust-words" | "robust-distance"
            | "consistency" | "consistency-of" => {
                Some("rescorers, which are trained on n-best lists (--objective mwer)")
            }
            _ => None,
        }
    }

    fn unused_on_lists(&self, option: &str) -> Option<&'static str> {
        let strategy = self.strategy.unwrap_or(StrategyName::Lora);
        let has_adapters = strategy != StrategyName::Full;
        let is_listed = strategy == StrategyName::Mixed
            && (!self.ranks.is_empty() || self.ranks_from.is_some());
        let warms_up = strategy == StrategyName::Warmup;
        let full_first = self.warm_up_from == Some(WarmUpName::Full);
        let allocates = strategy == StrategyName::Dynamic || (warms_up && self.then_dynamic);
        // The adapters of dynamic allocation have a scaling of their own, as in PEFT.
        let is_plain = has_adapters && (!allocates || (warms_up && !full_first));

        let (is_used, purpose) = match option {
            "rank" | "targets" if is_listed => (
                false,
                "matrices of one rank: --ranks and --ranks-from name all",
            ),
            "rank" | "targets" | "alpha" | "dropout" | "b-lr-ratio" => (has_adapters, ADAPTERS),
            "rslora" => (
                is_plain,
                "adapters whose ranks are not allocated while training",
            ),
            "initial-rank" | "prune-after" | "final-steps" | "orthogonality" => {
                (allocates, ALLOCATION)
            }
            "warm-up-from" | "warm-up-share" | "then-dynamic" => (warms_up, "--strategy warmup"),
            "warm-up-rank" => (
                warms_up && !full_first,
                "--strategy warmup that begins with a high rank (--warm-up-from high-rank)",
            ),
            "warm-up-lr-ratio" => (
                warms_up && full_first,
                "--strategy warmup with --warm-up-from full",
            ),
            "ranks" | "ranks-from" => (strategy == StrategyName::Mixed, "--strategy mixed"),
            "consistency-of" => (
                self.robust.is_none()
                    || self.consistency.is_some()
                    || self.swept() == Some("consistency"),
                "robust training with --consistency",
            ),
            "text" => (false, "--objective mlm (lists are named with --nbest)"),
            "references" | "new" | "size" | "vocabulary" | "mask-share" | "pieces"
            | "sentences" | "half" => (false, "--objective mlm"),
            _ => (true, ""),
        };

        (!is_used).then_some(purpose)
    }
}
