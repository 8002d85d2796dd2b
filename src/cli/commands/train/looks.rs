//! What the development lists said of a model before and after its training.

use crate::bert::checkpoint::Checkpoint;

/// Word error rates on the development lists.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Looks {
    /// Of the model before training, with the weight that was best for it then; absent where nobody
    /// looked.
    pub(super) before: Option<f64>,
    /// Of the model that is kept.
    pub(super) after: f64,
    /// Of the first pass.
    pub(super) first_pass: Option<f64>,
}

impl Looks {
    /// What a checkpoint remembers of its training.
    pub(super) fn of(checkpoint: &Checkpoint) -> Looks {
        let rate = |field: &str| checkpoint.strategy.get(field)?.as_f64();
        Looks {
            before: rate("dev_wer_before"),
            after: rate("dev_wer").unwrap_or(f64::NAN),
            first_pass: rate("dev_wer_first_pass"),
        }
    }

    /// A warning where the kept model is no better than it was before training; `rates` says which
    /// learning rates to try.
    pub(super) fn nothing_learned(self, rates: &str) -> Option<String> {
        let before = self.before?;

        (self.after >= before).then(|| {
            let first_pass = self.first_pass.map_or_else(String::new, |rate| {
                format!("; the first pass alone: {:.2} %", 100.0 * rate)
            });
            format!(
                "nothing was learned: on the development lists the checkpoint makes no fewer word \
                 errors than the model did before training ({:.2} % and {:.2} %{first_pass}); \
                 give it more lists or steps, or {rates}",
                100.0 * self.after,
                100.0 * before
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_learned_nothing_is_told_with_what_to_try() {
        let looks = Looks {
            before: Some(0.1997),
            after: 0.2005,
            first_pass: Some(0.2322),
        };
        assert_eq!(
            looks.nothing_learned("try other learning rates").unwrap(),
            "nothing was learned: on the development lists the checkpoint makes no fewer word \
             errors than the model did before training (20.05 % and 19.97 %; the first pass \
             alone: 23.22 %); give it more lists or steps, or try other learning rates"
        );
        let better = Looks {
            after: 0.19,
            ..looks
        };
        assert_eq!(better.nothing_learned(""), None);
        let unknown = Looks {
            before: None,
            ..looks
        };
        assert_eq!(unknown.nothing_learned(""), None);
    }
}
