//! Where an update has its ranks: one record per matrix, and the formats that show them.
//!
//! The figures come from training's side; nothing here knows a model.

pub(crate) mod heat;
pub(crate) mod markdown;

use serde::{Deserialize, Serialize};

use crate::report::json::indented;
#[cfg(feature = "bert")]
use crate::train::update_ranks::UpdatePicture;

/// The version of the fields of `ranks --format json`.
pub(crate) const FORMAT_VERSION: u32 = 1;

/// What `ranks --format json` writes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RankReport {
    /// [`FORMAT_VERSION`].
    pub(crate) format_version: u32,
    /// Name and version of the program.
    pub(crate) tool: String,
    /// One per checkpoint, in the order given.
    pub(crate) pictures: Vec<RankPicture>,
}

/// The update of a checkpoint, matrix by matrix.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RankPicture {
    /// The checkpoint, or the label of several whose figures are averaged.
    pub(crate) label: String,
    /// `low-rank` for adapters, `dense` for the difference of two whole models.
    pub(crate) form: String,
    /// How many checkpoints are averaged.
    pub(crate) checkpoints: usize,
    /// In the model's order.
    pub(crate) matrices: Vec<MatrixRecord>,
    /// Directions kept, over all matrices; null for a dense update.
    pub(crate) kept: Option<f64>,
    /// Energy over all matrices.
    pub(crate) energy: f64,
}

/// The update of one matrix.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MatrixRecord {
    /// The module's name in the model.
    pub(crate) module: String,
    /// Its layer, from 0; null outside the layers.
    pub(crate) layer: Option<usize>,
    /// Its name within the layer, such as `attention.self.query`.
    pub(crate) part: String,
    /// Directions kept; null for a dense update.
    pub(crate) kept: Option<f64>,
    /// The sum of the squared singular values: the squared Frobenius norm.
    pub(crate) energy: f64,
    /// The exponential of the entropy of the singular values as shares of their sum; 0 for no
    /// update.
    pub(crate) effective_rank: f64,
}

/// A figure of a matrix that a map can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// Directions kept.
    Kept,
    /// Share of the energy of the whole update, in percent.
    EnergyPercent,
    /// The effective rank.
    EffectiveRank,
}

impl RankPicture {
    /// The record of `picture`, which is the mean of `checkpoints` of them.
    #[cfg(feature = "bert")]
    pub(crate) fn new(label: &str, picture: &UpdatePicture, checkpoints: usize) -> RankPicture {
        let matrices: Vec<MatrixRecord> = picture
            .matrices
            .iter()
            .map(|matrix| MatrixRecord {
                module: matrix.module.clone(),
                layer: matrix.layer,
                part: matrix.part.clone(),
                kept: matrix.kept,
                energy: matrix.energy,
                effective_rank: matrix.effective_rank,
            })
            .collect();

        RankPicture {
            label: label.to_owned(),
            form: picture.form.name().to_owned(),
            checkpoints,
            kept: matrices.iter().map(|matrix| matrix.kept).sum(),
            energy: matrices.iter().map(|matrix| matrix.energy).sum(),
            matrices,
        }
    }

    /// What its maps show, with their titles.
    pub(crate) fn maps(&self) -> Vec<(Shown, String)> {
        let ranks = self.matrices.iter().map(|matrix| matrix.effective_rank);
        let mean = ranks.sum::<f64>() / self.matrices.len().max(1) as f64;

        let kept = self.kept.map(|kept| {
            let title = format!("kept rank, {} in all", short(kept));
            (Shown::Kept, title)
        });
        let others = [
            (
                Shown::EffectiveRank,
                format!("effective rank, {} on average", short(mean)),
            ),
            (
                Shown::EnergyPercent,
                format!("energy, % of {}", size(self.energy)),
            ),
        ];
        kept.into_iter().chain(others).collect()
    }

    /// The largest figure of a map.
    pub(crate) fn largest(&self, shown: Shown) -> f64 {
        let matrices = self.matrices.iter();
        let figures = matrices.filter_map(|matrix| self.figure(matrix, shown));
        figures.fold(0.0, f64::max)
    }

    /// The figure of `matrix`.
    pub(crate) fn figure(&self, matrix: &MatrixRecord, shown: Shown) -> Option<f64> {
        match shown {
            Shown::Kept => matrix.kept,
            Shown::EnergyPercent if self.energy > 0.0 => Some(100.0 * matrix.energy / self.energy),
            Shown::EnergyPercent => Some(0.0),
            Shown::EffectiveRank => Some(matrix.effective_rank),
        }
    }

    /// How many layers there are.
    pub(crate) fn layers(&self) -> usize {
        let layers = self.matrices.iter().filter_map(|matrix| matrix.layer);
        layers.max().map_or(0, |last| last + 1)
    }

    /// What is outside the layers.
    pub(crate) fn outside(&self) -> impl Iterator<Item = &MatrixRecord> {
        self.matrices.iter().filter(|matrix| matrix.layer.is_none())
    }

    /// The names of matrices within the layers, in the order in which they come first.
    pub(crate) fn parts(&self) -> Vec<&str> {
        let mut parts: Vec<&str> = Vec::new();
        for matrix in self.matrices.iter().filter(|matrix| matrix.layer.is_some()) {
            if !parts.contains(&matrix.part.as_str()) {
                parts.push(&matrix.part);
            }
        }
        parts
    }

    /// The matrix called `part` in `layer`.
    pub(crate) fn matrix(&self, layer: usize, part: &str) -> Option<&MatrixRecord> {
        self.matrices
            .iter()
            .find(|matrix| matrix.layer == Some(layer) && matrix.part == part)
    }
}

/// The report as indented JSON with a final newline.
pub(crate) fn json(report: &RankReport) -> String {
    indented(report)
}

/// A rank or a share: whole where it is whole, else with one decimal.
pub(crate) fn short(value: f64) -> String {
    if (value - value.round()).abs() < 1e-9 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    }
}

/// At most as many digits as tell sizes apart: `1.23e-2`.
pub(crate) fn size(value: f64) -> String {
    if value == 0.0 || (0.01..1e4).contains(&value) {
        format!("{value:.3}")
    } else {
        format!("{value:.2e}")
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Two layers with two adapted matrices, one of which lost all its directions.
    pub(crate) fn picture() -> RankPicture {
        let matrix =
            |layer: usize, part: &str, kept: f64, energy: f64, effective_rank: f64| MatrixRecord {
                module: format!("bert.encoder.layer.{layer}.{part}"),
                layer: Some(layer),
                part: part.to_owned(),
                kept: Some(kept),
                energy,
                effective_rank,
            };

        RankPicture {
            label: "ckpt".to_owned(),
            form: "low-rank".to_owned(),
            checkpoints: 1,
            matrices: vec![
                matrix(0, "attention.self.query", 0.0, 0.0, 0.0),
                matrix(0, "output.dense", 4.0, 1.0, 2.5),
                matrix(1, "attention.self.query", 12.0, 3.0, 7.25),
                matrix(1, "output.dense", 8.0, 4.0, 8.0),
            ],
            kept: Some(24.0),
            energy: 8.0,
        }
    }

    #[test]
    fn a_record_survives_json() {
        let report = RankReport {
            format_version: FORMAT_VERSION,
            tool: "t".to_owned(),
            pictures: vec![picture()],
        };
        assert_eq!(
            serde_json::from_str::<RankReport>(&json(&report)).unwrap(),
            report
        );
    }

    #[test]
    fn sizes_have_three_digits() {
        assert_eq!(
            [size(0.0), size(1.5), size(2.5e-4)],
            ["0.000", "1.500", "2.50e-4"]
        );
        assert_eq!([short(8.0), short(7.25)], ["8", "7.2"]);
    }
}
