//! Where the update of a model is, as its files say it.

use std::path::Path;

use crate::bert::checkpoint::{BaseSearch, Source};
use crate::bert::device::DeviceChoice;
use crate::bert::loading::{self, AdapterUse, HeadUse};
use crate::bert::model::ScoreModel;
use crate::cli::args::model::ModelInput;
use crate::cli::commands::compare::contenders::{Group, source};
use crate::report::comparison::record::RescorerRecord;
use crate::report::ranks::RankPicture;
use crate::report::record::ModelRecord;
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
    let adapters = update_ranks::of_adapters(&load(&source, AdapterUse::Keep)?)?;
    let has_some = !adapters.matrices.is_empty();
    Ok(has_some.then(|| RankPicture::new(&model.name, &adapters, 1)))
}

/// Of adapters themselves where there are some; else of the difference from the base.
pub(crate) fn picture_of(source: &Source, base: Option<&Path>) -> anyhow::Result<UpdatePicture> {
    let model = load(source, AdapterUse::Keep)?;
    let adapters = update_ranks::of_adapters(&model)?;
    if !adapters.matrices.is_empty() {
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
    let base = load_as(&base, &model)?;

    Ok(update_ranks::of_difference(&model, &base)?)
}

fn load(source: &Source, adapter_use: AdapterUse) -> anyhow::Result<ScoreModel> {
    let device = DeviceChoice::Cpu.resolve()?;
    Ok(loading::load(source, &device, adapter_use, HeadUse::Stored, None)?.model)
}

/// The base with the head of `model`, which it may lack.
fn load_as(source: &Source, model: &ScoreModel) -> anyhow::Result<ScoreModel> {
    let device = DeviceChoice::Cpu.resolve()?;
    let head = HeadUse::New(model.head(), 1);
    Ok(loading::load(source, &device, AdapterUse::Merge, head, None)?.model)
}
