//! Ranks as a Markdown table: layers down, matrices across.

use std::fmt::Write;

use crate::report::markdown_table::table;
use crate::report::ranks::{MatrixRecord, RankPicture, Shown, short, size};

/// A heading, a sentence and a table, ending with an empty line.
pub(crate) fn section(picture: &RankPicture) -> String {
    let mut text = format!("### {}\n\n", picture.label);
    let kept = match picture.kept {
        Some(kept) => format!("kept rank ({} in all), ", short(kept)),
        None => String::new(),
    };
    let averaged = match picture.checkpoints {
        1 => String::new(),
        count => format!(" Means of {count} checkpoints."),
    };
    let _ = writeln!(
        text,
        "In each cell: {kept}effective rank, share of the energy of {}.{averaged}\n",
        size(picture.energy),
    );
    let parts = picture.parts();
    let mut header = vec!["layer".to_owned()];
    header.extend(parts.iter().map(|part| (*part).to_owned()));
    let mut rows = vec![header];
    for layer in 0..picture.layers() {
        let mut row = vec![layer.to_string()];
        let cells = parts
            .iter()
            .map(|part| cell(picture, picture.matrix(layer, part)));
        row.extend(cells);
        rows.push(row);
    }
    table(&mut text, &rows);
    for matrix in picture.outside() {
        let _ = writeln!(text, "\n`{}`: {}", matrix.part, cell(picture, Some(matrix)));
    }
    text.push('\n');

    text
}

fn cell(picture: &RankPicture, matrix: Option<&MatrixRecord>) -> String {
    let Some(matrix) = matrix else {
        return "-".to_owned();
    };
    let figure = |shown| picture.figure(matrix, shown).map(short);
    let energy = figure(Shown::EnergyPercent).map(|percent| format!("{percent} %"));

    [figure(Shown::Kept), figure(Shown::EffectiveRank), energy]
        .into_iter()
        .flatten()
        .collect::<Vec<String>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::ranks::tests::picture;

    #[test]
    fn a_section_has_a_row_per_layer() {
        insta::assert_snapshot!(section(&picture()), @r#"
        ### ckpt

        In each cell: kept rank (24 in all), effective rank, share of the energy of 8.000.

        | layer | attention.self.query | output.dense |
        |---|---:|---:|
        | 0 | 0, 0, 0 % | 4, 2.5, 12.5 % |
        | 1 | 12, 7.2, 37.5 % | 8, 8, 50 % |
        "#);
    }
}
