//! The parts of a check: all of them, each once, of one run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::cli::args::outputs::inputs;
use crate::cli::models::model::Model;
use crate::cli::shards::handing::Handing;
use crate::cli::shards::options::TypedOptions;
use crate::cli::shards::part::{Header, PartReader};
use crate::cli::shards::settings::ShardSettings;
use crate::cli::shards::shard::Shard;
use crate::cli::terminal::Terminal;
use crate::files::Input;

/// Shards that an error names at most.
const NAMED: usize = 10;

/// The parts of all shards of a run.
#[derive(Debug)]
pub(crate) struct Parts {
    /// In order of the shards; never empty.
    parts: Vec<(PathBuf, Header)>,
}

impl Parts {
    /// Looks into `places`, each a part or a folder of parts. They must be all of one run.
    pub(crate) fn open(places: &[PathBuf]) -> anyhow::Result<Parts> {
        let mut found: BTreeMap<Shard, (PathBuf, Header)> = BTreeMap::new();
        let mut first: Option<(PathBuf, Header)> = None;
        for path in files(places)? {
            let header = PartReader::open(&path)?.header;
            let (one, of) = first.get_or_insert_with(|| (path.clone(), header.clone()));
            refuse_foreign((one, of), (&path, &header))?;
            let shard = header.shard;
            if let Some((other, _)) = found.get(&shard) {
                anyhow::bail!(
                    "shard {shard} is there twice, as {} and as {}: name one of them",
                    other.display(),
                    path.display()
                );
            }
            found.insert(shard, (path, header));
        }

        let (path, header) = first.context("there is no part to merge")?;
        refuse_missing(&found, header.shard.of, &path)?;
        Ok(Parts {
            parts: found.into_values().collect(),
        })
    }

    /// With which the shards were asked for, and what was `typed` in its place: they must agree in
    /// the rest.
    pub(crate) fn options(&self, typed: &TypedOptions) -> anyhow::Result<TypedOptions> {
        let (first, header) = self.first();
        for (path, other) in &self.parts {
            if let Some(option) = header.options.difference(&other.options, typed) {
                anyhow::bail!(
                    "--{option} was typed otherwise for {} than for {}: give it to the merge",
                    path.display(),
                    first.display()
                );
            }
        }

        // What a process says of itself alone is nobody else's to say, whatever a file claims.
        Ok(header.options.recorded().overruled_by(typed))
    }

    /// The file of one of them.
    pub(crate) fn a_file(&self) -> &Path {
        self.first().0
    }

    fn first(&self) -> (&Path, &Header) {
        let (path, header) = &self.parts[0];
        (path, header)
    }

    /// The files, which no output may replace.
    pub(crate) fn inputs(&self) -> Vec<Input> {
        inputs("PART", self.parts.iter().map(|(path, _)| path.as_path()))
    }

    /// Refuses parts of another run than the one of these settings. A merge on another kind of
    /// device is told so: what it scores itself may differ in the last digits.
    pub(crate) fn ensure_of(
        &self,
        merge: &ShardSettings,
        terminal: &Terminal,
    ) -> anyhow::Result<()> {
        let theirs = &self.first().1.settings;
        let there = ShardSettings {
            device: merge.device.clone(),
            ..theirs.clone()
        };
        let differences = merge.differences(&there, "here", "in the parts");
        anyhow::ensure!(
            differences.is_empty(),
            "the parts are of another run than this merge: {}{}",
            differences.join("; "),
            changed_lists(self.first().1, merge)
        );

        if !merge.differences(theirs, "", "").is_empty() {
            terminal.warn(&format!(
                "the shards were computed on {}, and what the merge computes itself is on {}: its \
                    last digits may differ",
                theirs.device, merge.device
            ));
        }
        Ok(())
    }

    /// Refuses parts that are damaged.
    pub(crate) fn verify(&self, terminal: &Terminal) -> anyhow::Result<()> {
        let mut known = 0;
        for (path, _) in &self.parts {
            terminal.may_go_on()?;
            known += PartReader::open(path)?.verify()?;
        }

        let parts = self.parts.len();
        terminal.step(&format!("found {known} scores in {parts} parts"));
        Ok(())
    }

    /// Hands over to `model` what the parts know, some utterances at a time; `None` for a model
    /// that knows its scores itself.
    pub(crate) fn handing<'a>(&self, model: &'a Model) -> anyhow::Result<Option<Handing<'a>>> {
        let Some(model) = model.hands_over() else {
            return Ok(None);
        };
        let paths = self.parts.iter().map(|(path, _)| path.as_path());
        Ok(Some(Handing::new(model, paths)?))
    }
}

/// The files that are named, and those in the folders that are.
fn files(places: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for place in places {
        if !place.is_dir() {
            files.push(place.clone());
            continue;
        }

        let read = || -> std::io::Result<Vec<PathBuf>> {
            let entries = std::fs::read_dir(place)?;
            let paths = entries.map(|entry| Ok(entry?.path()));
            paths.collect()
        };
        let mut inside = read().with_context(|| format!("failed to read {}", place.display()))?;
        let interrupted = inside.iter().find_map(|path| interrupted(path));
        inside.retain(|path| path.extension().is_some_and(|end| end == "part"));
        if inside.is_empty()
            && let Some((file, shard)) = interrupted
        {
            anyhow::bail!(
                "{} holds no part yet: {file} is what shard {shard} saved when it was interrupted; \
                    run that shard again, which goes on from there",
                place.display()
            );
        }
        anyhow::ensure!(
            !inside.is_empty(),
            "{} holds no part (01-of-16.part, ..) that a check with --shard wrote",
            place.display()
        );
        inside.sort();
        files.extend(inside);
    }
    Ok(files)
}

/// The name of a file of scores that an interrupted shard left beside its part, and the shard.
fn interrupted(path: &Path) -> Option<(String, String)> {
    let name = path.file_name()?.to_str()?;
    let (shard, of) = name
        .strip_suffix(".part.scores.jsonl")?
        .split_once("-of-")?;
    let [shard, of] = [shard, of].map(|number| number.parse::<u32>().ok());
    Some((name.to_owned(), format!("{}/{}", shard?, of?)))
}

/// Which files the lists of a part were, where those of `settings` are others.
fn changed_lists(header: &Header, settings: &ShardSettings) -> String {
    let files = header.options.get("nbest").unwrap_or_default();
    if header.settings.lists == settings.lists || files.is_empty() {
        return String::new();
    }
    format!(
        "; --nbest was {}: what it holds has changed, or is read otherwise",
        files.join(", ")
    )
}

fn refuse_foreign(
    (first, of): (&Path, &Header),
    (path, header): (&Path, &Header),
) -> anyhow::Result<()> {
    let (one, other) = (first.display(), path.display());
    anyhow::ensure!(
        header.shard.of == of.shard.of,
        "{other} is shard {}, and {one} is shard {}: they are not shards of one run",
        header.shard,
        of.shard
    );
    let (here, there) = (format!("in {other}"), format!("in {one}"));
    let differences = header.settings.differences(&of.settings, &here, &there);
    anyhow::ensure!(
        differences.is_empty(),
        "{other} is of another run than {one}: {}{}",
        differences.join("; "),
        changed_lists(header, &of.settings)
    );
    Ok(())
}

fn refuse_missing(
    found: &BTreeMap<Shard, (PathBuf, Header)>,
    of: u32,
    beside: &Path,
) -> anyhow::Result<()> {
    let missing: Vec<Shard> = (1..=of)
        .map(|shard| Shard { shard, of })
        .filter(|shard| !found.contains_key(shard))
        .collect();
    let Some(first) = missing.first() else {
        return Ok(());
    };

    let mut names: Vec<String> = missing.iter().take(NAMED).map(Shard::to_string).collect();
    if missing.len() > NAMED {
        names.push(format!("{} more", missing.len() - NAMED));
    }
    let file = beside.with_file_name(first.file_name());
    anyhow::bail!(
        "{} of {of} shards {} missing: {} (no {}); run what is missing, and merge again",
        missing.len(),
        if missing.len() == 1 { "is" } else { "are" },
        names.join(", "),
        file.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::shards::part::PartWriter;

    fn settings() -> ShardSettings {
        ShardSettings {
            draws: None,
            device: "cuda:0 (one)".to_owned(),
            ..ShardSettings::example()
        }
    }

    fn write(folder: &Path, number: u32, of: u32, settings: ShardSettings) -> PathBuf {
        write_typed(folder, (number, of), settings, TypedOptions::default())
    }

    fn write_typed(
        folder: &Path,
        (number, of): (u32, u32),
        settings: ShardSettings,
        options: TypedOptions,
    ) -> PathBuf {
        let shard = Shard { shard: number, of };
        let path = folder.join(shard.file_name());
        let header = Header::new(shard, 0, settings, options);
        let mut bytes = Vec::new();
        let part = PartWriter::begin(&mut bytes, &header).unwrap();
        part.end().unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    #[test]
    fn two_thousand_shards_are_found_or_the_missing_named() {
        let folder = tempfile::tempdir().unwrap();
        let places = [folder.path().to_owned()];
        for number in 1..=2000 {
            write(folder.path(), number, 2000, settings());
        }
        let parts = Parts::open(&places).unwrap();
        assert_eq!(parts.inputs().len(), 2000);
        assert!(parts.a_file().ends_with("0001-of-2000.part"));

        for number in 100..113 {
            let shard = Shard {
                shard: number,
                of: 2000,
            };
            std::fs::remove_file(folder.path().join(shard.file_name())).unwrap();
        }
        let error = Parts::open(&places).unwrap_err().to_string();
        assert!(
            error.starts_with("13 of 2000 shards are missing: 100/2000, 101/2000, "),
            "{error}"
        );
        assert!(error.contains("109/2000, 3 more (no "), "{error}");
        assert!(
            error.contains("0100-of-2000.part); run what is missing"),
            "{error}"
        );
    }

    #[test]
    fn a_shard_that_was_interrupted_is_asked_for_again() {
        let folder = tempfile::tempdir().unwrap();
        let places = [folder.path().to_owned()];
        let error = || Parts::open(&places).unwrap_err().to_string();
        assert!(error().contains("holds no part (01-of-16.part, ..)"));

        let saved = folder.path().join("01-of-16.part.scores.jsonl");
        std::fs::write(saved, "").unwrap();
        let told = "01-of-16.part.scores.jsonl is what shard 1/16 saved when it was interrupted";
        assert!(error().contains(told), "{}", error());
    }

    #[test]
    fn lists_that_changed_between_shards_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let options = || -> TypedOptions {
            serde_json::from_str(r#"{"nbest": ["dev.jsonl", "test.jsonl"]}"#).unwrap()
        };
        let changed = ShardSettings {
            lists: "9999".to_owned(),
            ..settings()
        };
        let one = write_typed(folder.path(), (1, 2), settings(), options());
        let other = write_typed(folder.path(), (2, 2), changed, options());
        let error = Parts::open(&[one, other]).unwrap_err().to_string();
        assert!(
            error.contains("the hash of the lists is 9999 in ")
                && error.contains("; --nbest was dev.jsonl, test.jsonl: what it holds has changed"),
            "{error}"
        );
    }

    #[test]
    fn gpus_of_one_kind_may_share_the_work_and_others_not() {
        let folder = tempfile::tempdir().unwrap();
        let on = |device: &str| ShardSettings {
            device: device.to_owned(),
            ..settings()
        };
        let one = write(folder.path(), 1, 2, on("cuda:0 (one)"));
        let other = write(folder.path(), 2, 2, on("cuda:3 (other)"));
        assert!(Parts::open(&[one, other]).is_ok());
        write(folder.path(), 2, 2, on("cpu"));
        let error = Parts::open(&[folder.path().to_owned()]).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("the kind of device is cpu in "), "{error}");
    }

    #[test]
    fn what_a_header_may_not_ask_for_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let options = r#"{"force": [], "cache": ["c.redb"], "out": ["report"]}"#;
        let options: TypedOptions = serde_json::from_str(options).unwrap();
        let part = write_typed(folder.path(), (1, 1), settings(), options);
        let parts = Parts::open(&[part]).unwrap();
        let words = parts.options(&TypedOptions::default()).unwrap().words();
        assert_eq!(words, ["--out=report"]);
    }
}
