//! `--shard`: which of the utterances a process scores.

use std::fmt;
use std::str::FromStr;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::nbest::share::Share;

/// The most shards of a check.
const MOST: u32 = 100_000;

/// What Slurm tells each task of an array.
const SLURM: &str = "SLURM_ARRAY_TASK_ID";

/// What Kubernetes tells each pod of an indexed job: a number from 0.
const KUBERNETES: &str = "JOB_COMPLETION_INDEX";

/// One of the shards of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shard {
    /// Which, from 1.
    pub(crate) shard: u32,
    /// How many there are.
    pub(crate) of: u32,
}

/// What `--shard` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ShardChoice {
    /// As typed.
    Typed(Shard),
    /// As the environment says; the number of shards may be typed.
    Environment(Option<u32>),
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.shard, self.of)
    }
}

impl Shard {
    fn new(shard: u64, of: u64) -> Option<Shard> {
        let counts = (1..=u64::from(MOST)).contains(&of) && (1..=of).contains(&shard);
        counts.then_some(Shard {
            shard: u32::try_from(shard).ok()?,
            of: u32::try_from(of).ok()?,
        })
    }

    /// Whether a check can have it: a file may say any number.
    pub(crate) fn can_be(self) -> bool {
        Shard::new(self.shard.into(), self.of.into()).is_some()
    }

    /// The utterances that belong to it.
    pub(crate) fn share(self) -> Share {
        Share {
            index: (self.shard - 1) as usize,
            of: self.of as usize,
        }
    }

    /// The name of its part: names sort as shards do.
    pub(crate) fn file_name(self) -> String {
        let width = self.of.to_string().len();
        format!("{:0width$}-of-{}.part", self.shard, self.of)
    }
}

impl FromStr for ShardChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<ShardChoice, String> {
        let expected = || {
            format!(
                "expected I/N, shard I of N, with 1 <= I <= N <= {MOST}; or auto, or auto/N, where \
                    a Slurm array or a Kubernetes job says which"
            )
        };
        if text == "auto" {
            return Ok(ShardChoice::Environment(None));
        }
        let (shard, of) = text.split_once('/').ok_or_else(expected)?;
        let of: u64 = of.parse().map_err(|_| expected())?;
        if shard == "auto" {
            let whole = Shard::new(1, of).ok_or_else(expected)?;
            return Ok(ShardChoice::Environment(Some(whole.of)));
        }

        let shard: u64 = shard.parse().map_err(|_| expected())?;
        let shard = Shard::new(shard, of).ok_or_else(expected)?;
        Ok(ShardChoice::Typed(shard))
    }
}

impl ShardChoice {
    /// The shard; `variable` reads the environment.
    pub(crate) fn shard(self, variable: impl Fn(&str) -> Option<String>) -> anyhow::Result<Shard> {
        let of = match self {
            ShardChoice::Typed(shard) => return Ok(shard),
            ShardChoice::Environment(of) => of.map(u64::from),
        };

        let number = |name: &str| -> anyhow::Result<Option<u64>> {
            let text = variable(name);
            let number = text.map(|text| {
                let parsed = text.trim().parse();
                parsed.with_context(|| format!("--shard auto: {name} is \"{text}\", no number"))
            });
            number.transpose()
        };

        if let Some(task) = number(SLURM)? {
            return of_slurm(task, of, number);
        }
        let index = number(KUBERNETES)?.with_context(|| {
            format!(
                "--shard auto: neither {SLURM} (of a Slurm array) nor {KUBERNETES} (of an indexed \
                    Kubernetes job) is set: name the shard, --shard 1/8"
            )
        })?;
        let of = of.with_context(|| {
            format!(
                "--shard auto: {KUBERNETES} does not say how many shards there are: name their \
                    number, the job's completions, as in --shard auto/8"
            )
        })?;
        Shard::new(index.saturating_add(1), of).with_context(|| {
            format!(
                "--shard auto/{of}: {KUBERNETES} is {index}, and counts from 0 to {}",
                of - 1
            )
        })
    }
}

/// The shard of a task of a Slurm array. Its number is the shard where the number of shards was
/// typed; else the array is taken to be all shards, counted from wherever it begins.
fn of_slurm(
    task: u64,
    of: Option<u64>,
    number: impl Fn(&str) -> anyhow::Result<Option<u64>>,
) -> anyhow::Result<Shard> {
    if let Some(of) = of {
        return Shard::new(task, of).with_context(|| {
            format!(
                "--shard auto/{of}: {SLURM} is {task}, and counts from 1 to {of} (--array=1-{of})"
            )
        });
    }

    let rest = |end: &str| number(&format!("SLURM_ARRAY_TASK_{end}"));
    let count = rest("COUNT")?.with_context(|| {
        format!(
            "--shard auto: {SLURM} is set, but not SLURM_ARRAY_TASK_COUNT: name the number of \
            shards, as in --shard auto/8"
        )
    })?;
    let first = rest("MIN")?.unwrap_or(1);
    let step = rest("STEP")?.unwrap_or(1).max(1);
    let last = rest("MAX")?.unwrap_or_else(|| first + (count.max(1) - 1) * step);

    let even = last.checked_sub(first) == Some((count.max(1) - 1) * step);
    let place = task.checked_sub(first).filter(|place| place % step == 0);
    let shard = place.and_then(|place| Shard::new(place / step + 1, count));
    shard.filter(|_| even).with_context(|| {
        format!(
            "--shard auto: the array's {count} tasks, of which this is {task}, are not evenly \
                spaced from {first} to {last}: name the number of shards, as in --shard auto/8, \
                with tasks numbered from 1"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_is_in_one_shard_and_shards_are_about_even() {
        for of in [1, 2, 7, 16, 2000] {
            let mut sizes = vec![0; of as usize];
            for number in 0..20_000 {
                let id = format!("utterance-{number}");
                if of == 2000 && number % 20 > 0 {
                    continue;
                }
                let found: Vec<u32> = (1..=of)
                    .filter(|shard| Shard { shard: *shard, of }.share().has(&id))
                    .collect();
                assert_eq!(found.len(), 1);
                sizes[found[0] as usize - 1] += 1;
            }
            // As far apart as chance has them.
            if of <= 16 {
                let (least, most) = (sizes.iter().min().unwrap(), sizes.iter().max().unwrap());
                let chance = (20_000.0 / f64::from(of)).sqrt();
                assert!(f64::from(most - least) < 8.0 * chance, "{sizes:?}");
            }
        }
    }

    #[test]
    fn a_shard_is_named_and_its_name_sorts() {
        let shard = Shard::new(3, 16).unwrap();
        assert_eq!("3/16".parse(), Ok(ShardChoice::Typed(shard)));
        assert_eq!(
            (shard.to_string().as_str(), shard.file_name().as_str()),
            ("3/16", "03-of-16.part")
        );
        assert_eq!("auto".parse(), Ok(ShardChoice::Environment(None)));
        assert_eq!("auto/4".parse(), Ok(ShardChoice::Environment(Some(4))));
        for wrong in [
            "", "3", "0/4", "5/4", "1/0", "-1/4", "a/4", "auto/0", "auto/x", "1/100001", "1/4/4",
        ] {
            assert!(wrong.parse::<ShardChoice>().is_err(), "{wrong}");
        }
    }

    fn told(choice: &str, variables: &[(&str, &str)]) -> Result<String, String> {
        let choice: ShardChoice = choice.parse().unwrap();
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let shard = choice.shard(variable).map_err(|error| format!("{error:#}"));
        shard.map(|shard| shard.to_string())
    }

    #[track_caller]
    fn check_array(choice: &str, [id, count, min, max, step]: [&str; 5], expected: &str) {
        let told = told(
            choice,
            &[
                ("SLURM_ARRAY_TASK_ID", id),
                ("SLURM_ARRAY_TASK_COUNT", count),
                ("SLURM_ARRAY_TASK_MIN", min),
                ("SLURM_ARRAY_TASK_MAX", max),
                ("SLURM_ARRAY_TASK_STEP", step),
            ],
        );
        match told {
            Ok(shard) => assert_eq!(shard, expected),
            Err(error) => assert!(error.contains(expected), "{error}"),
        }
    }

    #[test]
    fn a_slurm_array_counts_from_anywhere() {
        check_array("auto", ["3", "16", "1", "16", "1"], "3/16");
        check_array("auto", ["0", "16", "0", "15", "1"], "1/16");
        check_array("auto", ["15", "16", "0", "15", "1"], "16/16");
        check_array("auto", ["7", "4", "1", "7", "2"], "4/4");
        // --array=3,7 is a part of some other array.
        check_array("auto", ["7", "2", "3", "7", "1"], "not evenly spaced");
        check_array("auto", ["8", "4", "1", "7", "2"], "not evenly spaced");
        check_array("auto/16", ["7", "2", "3", "7", "1"], "7/16");
        check_array("auto/16", ["0", "16", "0", "15", "1"], "--array=1-16");
        check_array("auto/16", ["x", "16", "0", "15", "1"], "no number");
        check_array("2/5", ["7", "2", "3", "7", "1"], "2/5");
    }

    #[test]
    fn kubernetes_counts_from_nought_and_does_not_say_how_far() {
        let index = |value| [("JOB_COMPLETION_INDEX", value)];
        assert_eq!(told("auto/8", &index("0")), Ok("1/8".to_owned()));
        assert_eq!(told("auto/8", &index("7")), Ok("8/8".to_owned()));
        assert!(
            told("auto/8", &index("8"))
                .unwrap_err()
                .contains("from 0 to 7")
        );
        assert!(
            told("auto", &index("3"))
                .unwrap_err()
                .contains("--shard auto/8")
        );
        assert!(told("auto", &[]).unwrap_err().contains("--shard 1/8"));
        let lone = [("SLURM_ARRAY_TASK_ID", "3")];
        assert!(told("auto", &lone).unwrap_err().contains("TASK_COUNT"));
    }
}
