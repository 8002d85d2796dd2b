//! Where an update is: ranks, energy and effective rank of every matrix of a trained model.
//!
//! Adapters are decomposed without forming their product. A whole model is held
//! against its base, and the dense difference decomposed.

use nalgebra::DMatrix;
use rayon::prelude::*;

use crate::bert::architecture::{self, Place};
use crate::bert::linear::AdaptedLinear;
use crate::bert::model::ScoreModel;
use crate::bert::weights::numbers;
use crate::train::TrainError;
use crate::train::projection::directions::{effective_rank, energy};
use crate::train::ranks::update_of;

/// The update of a model, matrix by matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct UpdatePicture {
    /// Whether it is made of adapters.
    pub form: UpdateForm,
    /// In the model's order; matrices without an update are left out.
    pub matrices: Vec<MatrixPicture>,
}

/// What an update is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdateForm {
    /// Adapters.
    LowRank,
    /// Whole matrices.
    Dense,
}

impl UpdateForm {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            UpdateForm::LowRank => "low-rank",
            UpdateForm::Dense => "dense",
        }
    }
}

/// The update of one matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct MatrixPicture {
    /// The module's name.
    pub module: String,
    /// Its layer, from 0; `None` outside the layers.
    pub layer: Option<usize>,
    /// Its name within the layer, or the module's name outside the layers.
    pub part: String,
    /// Directions kept; `None` for a dense update.
    pub kept: Option<f64>,
    /// The sum of the squared singular values.
    pub energy: f64,
    /// See [`effective_rank`].
    pub effective_rank: f64,
}

/// The picture of the adapters that `model` carries; without a matrix where it carries none.
pub fn of_adapters(model: &ScoreModel) -> Result<UpdatePicture, TrainError> {
    let adapted: Vec<_> = model
        .linears()
        .into_iter()
        .filter_map(|(module, linear)| Some((module, linear.adapter.as_ref()?)))
        .collect();
    let matrices = adapted
        .into_iter()
        .map(|(module, adapter)| {
            let update = update_of(adapter).map_err(|source| TrainError::Projection {
                module: module.clone(),
                source,
            })?;
            let directions = update.decompose();
            let kept = Some(update.rank() as f64);
            Ok(matrix(module, kept, directions.values()))
        })
        .collect::<Result<Vec<MatrixPicture>, TrainError>>()?;

    Ok(UpdatePicture {
        form: UpdateForm::LowRank,
        matrices,
    })
}

/// The picture of what `model` has that `base` has not, both without adapters.
///
/// Singular values come from the eigenvalues of the smaller Gram matrix, so that those below
/// a hundred-millionth of the largest are lost: energy and effective rank do not feel them.
///
/// # Errors
///
/// If the models are not of the same shape.
pub fn of_difference(model: &ScoreModel, base: &ScoreModel) -> Result<UpdatePicture, TrainError> {
    let (ours, theirs) = (model.linears(), base.linears());
    let shape = |linear: &AdaptedLinear| [linear.outputs(), linear.inputs()];
    let mut differences = Vec::new();
    for (module, linear) in ours {
        // Only the head's dense layer may be missing in a base.
        let Some((_, other)) = theirs.iter().find(|(name, _)| *name == module) else {
            continue;
        };
        if shape(linear) != shape(other) {
            let [outputs, inputs] = shape(linear);
            let found = format!("{outputs} x {inputs} in {module}");
            let advice = "the base has another shape: give the base that the model was trained on";
            return Err(TrainError::setting("base", found, advice));
        }
        let new = numbers(linear.weight.val());
        let old = numbers(other.weight.val());
        let values = new
            .iter()
            .zip(&old)
            .map(|(n, o)| f64::from(*n) - f64::from(*o));
        let difference = DMatrix::from_row_iterator(linear.inputs(), linear.outputs(), values);
        differences.push((module, difference));
    }

    let matrices = differences
        .into_par_iter()
        .map(|(module, difference)| matrix(module, None, &singular_values(&difference)))
        .collect();

    Ok(UpdatePicture {
        form: UpdateForm::Dense,
        matrices,
    })
}

/// The mean of pictures of the same form and matrices, such as those of several seeds; `None`
/// where they differ in either, or there is none.
pub fn mean(pictures: &[UpdatePicture]) -> Option<UpdatePicture> {
    let first = pictures.first()?;
    let modules = |picture: &UpdatePicture| -> Vec<String> {
        picture
            .matrices
            .iter()
            .map(|matrix| matrix.module.clone())
            .collect()
    };

    let alike =
        |picture: &UpdatePicture| picture.form == first.form && modules(picture) == modules(first);
    if !pictures.iter().all(alike) {
        return None;
    }

    let average = |index: usize, of: &dyn Fn(&MatrixPicture) -> f64| {
        let all = pictures.iter().map(|picture| of(&picture.matrices[index]));
        all.sum::<f64>() / pictures.len() as f64
    };
    let matrices = first
        .matrices
        .iter()
        .enumerate()
        .map(|(index, matrix)| MatrixPicture {
            kept: matrix
                .kept
                .map(|_| average(index, &|matrix| matrix.kept.unwrap_or(0.0))),
            energy: average(index, &|matrix| matrix.energy),
            effective_rank: average(index, &|matrix| matrix.effective_rank),
            ..matrix.clone()
        })
        .collect();

    Some(UpdatePicture {
        form: first.form,
        matrices,
    })
}

fn matrix(module: String, kept: Option<f64>, singular_values: &[f64]) -> MatrixPicture {
    let (layer, part) = place(&module);
    MatrixPicture {
        part: part.to_owned(),
        layer,
        kept,
        energy: energy(singular_values),
        effective_rank: effective_rank(singular_values),
        module,
    }
}

/// The layer of a module, and its name within it.
fn place(module: &str) -> (Option<usize>, &str) {
    match architecture::place(module) {
        Some(Place::Layer { layer, part, .. }) => (Some(layer), part),
        Some(Place::Pooler | Place::Projection) | None => (None, module),
    }
}

/// The singular values, largest first.
fn singular_values(matrix: &DMatrix<f64>) -> Vec<f64> {
    let gram = if matrix.nrows() <= matrix.ncols() {
        matrix * matrix.transpose()
    } else {
        matrix.transpose() * matrix
    };
    let eigenvalues = gram.symmetric_eigenvalues();
    let mut values: Vec<f64> = eigenvalues
        .iter()
        .map(|value| value.max(0.0).sqrt())
        .collect();
    values.sort_by(|a, b| b.total_cmp(a));

    values
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::path::Path;

    use burn::tensor::Device;

    use crate::bert::adapter::Adapter;
    use crate::bert::config::BertConfig;
    use crate::bert::model::HeadKind;
    use crate::bert::tensors::TensorStore;
    use crate::bert::weights::read_weights;

    fn root() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reference/golden")
    }

    fn base() -> ScoreModel {
        let config = BertConfig::read(&root().join("config.json")).unwrap();
        let store = TensorStore::read(&root().join("base.safetensors")).unwrap();
        let mut model = ScoreModel::zeros(&config, HeadKind::HfPooled, &Device::flex());
        read_weights(&mut model, &store).unwrap();
        model
    }

    fn with_adapter(name: &str) -> ScoreModel {
        let mut model = base();
        let adapter = Adapter::read(&root().join(name)).unwrap();
        adapter.attach_to(&mut model).unwrap();
        model
    }

    /// Energy and effective rank of an adapter are those of its product with the base taken away.
    #[track_caller]
    fn check_both_ways(name: &str) -> UpdatePicture {
        let model = with_adapter(name);
        let adapters = of_adapters(&model).unwrap();
        let mut merged = model.clone();
        merged.merge();

        let dense = of_difference(&merged, &base()).unwrap();
        for matrix in &adapters.matrices {
            let same = |other: &&MatrixPicture| other.module == matrix.module;
            let other = dense.matrices.iter().find(same).unwrap();
            let close = |a: f64, b: f64| (a - b).abs() <= 1e-3 * a.abs().max(1e-3);
            assert!(close(matrix.energy, other.energy), "{matrix:?} {other:?}");
            // Rounding to f32 adds small directions that a low-rank update has not.
            assert!(other.effective_rank >= matrix.effective_rank - 1e-3);
            assert!(
                other.effective_rank <= matrix.effective_rank + 0.1,
                "{matrix:?} {other:?}"
            );
        }

        adapters
    }

    #[test]
    fn an_adapter_has_the_energy_of_its_product() {
        for name in ["lora", "patt", "adalora"] {
            let picture = check_both_ways(name);
            assert_eq!(picture.form, UpdateForm::LowRank);
            for matrix in &picture.matrices {
                let kept = matrix.kept.unwrap();
                assert!(matrix.effective_rank <= kept + 1e-9, "{matrix:?}");
            }
        }
    }

    #[test]
    fn ranks_are_those_of_the_configuration() {
        let model = with_adapter("patt");
        let picture = of_adapters(&model).unwrap();
        for (matrix, (name, linear)) in picture.matrices.iter().zip(
            model
                .linears()
                .into_iter()
                .filter(|(_, linear)| linear.adapter.is_some()),
        ) {
            assert_eq!(matrix.module, name);
            let rank = linear.adapter.as_ref().unwrap().rank();
            assert!((matrix.kept.unwrap() - rank as f64).abs() < 1e-12);
        }

        let ranks: std::collections::BTreeSet<usize> = model
            .linears()
            .iter()
            .filter_map(|(_, l)| Some(l.adapter.as_ref()?.rank()))
            .collect();

        assert!(ranks.len() > 1, "a rank pattern has several ranks");
    }

    #[test]
    fn a_model_is_no_update_of_itself() {
        let picture = of_difference(&base(), &base()).unwrap();
        assert!(
            picture
                .matrices
                .iter()
                .all(|matrix| matrix.energy == 0.0 && matrix.effective_rank == 0.0)
        );
        assert!(of_adapters(&base()).unwrap().matrices.is_empty());
    }

    #[test]
    fn singular_values_are_those_of_a_matrix_with_known_ones() {
        // diag(3, 4) with a column of zeros, rotated by 45 degrees on the left.
        let root = 0.5f64.sqrt();
        let matrix = DMatrix::from_row_slice(
            2,
            3,
            &[3.0 * root, -4.0 * root, 0.0, 3.0 * root, 4.0 * root, 0.0],
        );
        let values = singular_values(&matrix);

        assert!(
            (values[0] - 4.0).abs() < 1e-12 && (values[1] - 3.0).abs() < 1e-12,
            "{values:?}"
        );
    }

    #[test]
    fn pictures_of_other_matrices_have_no_mean() {
        let of = |name| of_adapters(&with_adapter(name)).unwrap();
        assert_eq!(mean(&[]), None);
        let (lora, adalora) = (of("lora"), of("adalora"));
        assert_eq!(mean(&[lora.clone(), lora.clone()]), Some(lora.clone()));

        let modules = |picture: &UpdatePicture| -> Vec<String> {
            picture.matrices.iter().map(|m| m.module.clone()).collect()
        };
        assert_eq!(
            mean(&[lora.clone(), adalora.clone()]).is_some(),
            modules(&lora) == modules(&adalora)
        );
    }

    #[test]
    fn modules_have_places() {
        assert_eq!(
            place("bert.encoder.layer.11.output.dense"),
            (Some(11), "output.dense")
        );
        assert_eq!(place("bert.pooler.dense"), (None, "bert.pooler.dense"));
    }
}
