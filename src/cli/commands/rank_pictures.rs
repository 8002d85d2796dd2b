//! Where the update of a model is, as its files say it.

use std::path::Path;

use crate::bert::checkpoint::{BaseSearch, Source};
use crate::bert::device::DeviceChoice;
use crate::bert::loading::{self, AdapterUse, HeadUse};
use crate::bert::model::ScoreModel;
use crate::bert::outline::adapter_alone;
use crate::cli::args::model::ModelInput;
use crate::cli::commands::compare::contenders::{Group, source};
use crate::report::comparison::record::RescorerRecord;
use crate::report::model_record::ModelRecord;
use crate::report::ranks::RankPicture;
use crate::train::update_ranks::{self, UpdatePicture};

/// The picture of a label's adapters, averaged over its seeds; `None` where it has none.
pub(crate) fn of_group(
    group: &Group,
    rescorers: &[RescorerRecord],
) -> anyhow::Result<Option<RankPicture>> {
    let mut pictures = Vec::new();
    for (input, rescorer) in group.models.iter().zip(rescorers) {
        let Some(source) = source(input, &rescorer.model)? else {
            return Ok(None);
        };
        if source.adapter.is_none() {
            return Ok(None);
        }
        pictures.push(picture_of(&source, None)?);
    }

    let mean = update_ranks::mean(&pictures);
    Ok(mean.map(|mean| RankPicture::new(&group.label, &mean, pictures.len())))
}

/// The picture of a model's adapters; `None` where it has none whose factors are kept apart.
pub(crate) fn of_model(
    input: &ModelInput,
    model: &ModelRecord,
) -> anyhow::Result<Option<RankPicture>> {
    let Some(source) = source(input, model)?.filter(|source| source.adapter.is_some()) else {
        return Ok(None);
    };
    let adapters = of_adapters(&source)?;
    Ok(adapters.map(|adapters| RankPicture::new(&model.name, &adapters, 1)))
}

/// Of the adapters in the model's files: its weights are not read, which whoever scores with it has
/// in memory already. `None` where there are none whose factors are kept apart.
fn of_adapters(source: &Source) -> anyhow::Result<Option<UpdatePicture>> {
    let model = match adapter_alone(source) {
        Ok(None) => return Ok(None),
        Ok(Some(model)) => model,
        // Which head there is may stand in the weights alone.
        Err(_) => load(source)?,
    };
    let adapters = update_ranks::of_adapters(&model)?;
    Ok(Some(adapters).filter(|adapters| !adapters.matrices.is_empty()))
}

/// Of adapters themselves where there are some; else of the difference from the base.
pub(crate) fn picture_of(source: &Source, base: Option<&Path>) -> anyhow::Result<UpdatePicture> {
    if let Some(adapters) = of_adapters(source)? {
        return Ok(adapters);
    }

    // A whole model says nothing of its base; an adapter without factors (DoRA) was folded into it.
    let base = match (source.adapter.as_ref(), base) {
        (Some(_), _) => source.base.as_path(),
        (None, Some(base)) => base,
        (None, None) => anyhow::bail!(
            "{} is a whole model, not an adapter: give the model that it was trained on with \
                --base",
            source.folder.display()
        ),
    };

    let search = BaseSearch {
        base: None,
        cache: None,
    };
    let mut base = Source::open(base, search)?;

    // What the base scores does not matter here, only that it has the same maps.
    base.checkpoint = None;
    let model = load(source)?;
    let base = load_as(&base, &model)?;

    Ok(update_ranks::of_difference(&model, &base)?)
}

fn load(source: &Source) -> anyhow::Result<ScoreModel> {
    let device = DeviceChoice::Cpu.resolve()?;
    Ok(loading::load(source, &device, AdapterUse::Keep, HeadUse::Stored, None)?.model)
}

/// The base with the head of `model`, which it may lack.
fn load_as(source: &Source, model: &ScoreModel) -> anyhow::Result<ScoreModel> {
    let device = DeviceChoice::Cpu.resolve()?;
    let head = HeadUse::New(model.head(), 1);
    Ok(loading::load(source, &device, AdapterUse::Merge, head, None)?.model)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_adapter_is_read_without_the_weights_of_the_model() {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/checkpoints");
        let folder = tempfile::tempdir().unwrap();
        for name in ["demo", "demo-base"] {
            fs::create_dir(folder.path().join(name)).unwrap();
            for file in fs::read_dir(fixtures.join(name)).unwrap() {
                let file = file.unwrap();
                fs::copy(file.path(), folder.path().join(name).join(file.file_name())).unwrap();
            }
        }
        let search = BaseSearch {
            base: None,
            cache: None,
        };
        let source = Source::open(&folder.path().join("demo"), search).unwrap();
        let whole = update_ranks::of_adapters(&load(&source).unwrap()).unwrap();
        assert!(!whole.matrices.is_empty());

        let weights = folder.path().join("demo-base/model.safetensors");
        fs::write(weights, "no weights").unwrap();
        assert!(load(&source).is_err());
        assert_eq!(of_adapters(&source).unwrap(), Some(whole));
    }
}
