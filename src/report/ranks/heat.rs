//! A heat map of ranks for the terminal: layers down, matrices across, never wider than 50 columns.

use std::fmt::Write;

use crate::report::ranks::{RankPicture, Shown, short};
use crate::report::shown::shown as on_one_line;
use crate::report::terminal::{Color, bold};

/// How dark a cell is without colors: nothing, then four quarters of the largest value.
const SHADES: [char; 5] = [' ', '░', '▒', '▓', '█'];
/// The same with colors: backgrounds of the 256-color palette, blue to teal.
const BACKGROUNDS: [u8; 5] = [234, 17, 19, 25, 31];

/// All maps of a picture, ending with a newline.
pub(crate) fn render(picture: &RankPicture, color: Color) -> String {
    let mut text = String::new();
    let averaged = match picture.checkpoints {
        1 => String::new(),
        count => format!(", mean of {count}"),
    };
    let _ = writeln!(
        text,
        "{}  {} update of {} matrices{averaged}",
        bold(&on_one_line(&picture.label), color),
        picture.form,
        picture.matrices.len(),
    );

    for (shown, title) in picture.maps() {
        map(&mut text, picture, shown, &title, color);
    }
    text
}

fn map(text: &mut String, picture: &RankPicture, shown: Shown, title: &str, color: Color) {
    let largest = picture.largest(shown);
    let parts = picture.parts();
    let _ = writeln!(text, "\n{}", bold(title, color));

    text.push_str("layer");
    for part in &parts {
        let _ = write!(text, " {:>5}", abbreviation(part));
    }
    text.push('\n');
    for layer in 0..picture.layers() {
        let _ = write!(text, "{layer:>5}");
        for part in &parts {
            let found = picture.matrix(layer, part);
            let value = found.and_then(|matrix| picture.figure(matrix, shown));
            let _ = write!(text, " {}", cell(value, largest, color));
        }
        text.push('\n');
    }

    for matrix in picture.outside() {
        let name = abbreviation(&matrix.part);
        let value = picture.figure(matrix, shown);
        let _ = writeln!(text, "{name:>5} {}", cell(value, largest, color));
    }
}

/// Five columns: how much of `largest` it is, and the value.
fn cell(value: Option<f64>, largest: f64, color: Color) -> String {
    let Some(value) = value else {
        return "    -".to_owned();
    };
    let written = short(value);
    let level = level(value, largest, 4);

    match color {
        Color::Off => format!("{}{written:>4}", SHADES[level]),
        Color::On => format!(
            "\u{1b}[97;48;5;{}m{written:>5}\u{1b}[0m",
            BACKGROUNDS[level]
        ),
    }
}

/// 0 for nothing, 1 to `levels` for the equal parts up to the largest.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and a small number"
)]
pub(crate) fn level(value: f64, largest: f64, levels: u8) -> usize {
    if largest <= 0.0 {
        return 0;
    }
    let levels = f64::from(levels);
    (levels * value / largest).ceil().clamp(0.0, levels) as usize
}

/// The name of a matrix in at most five letters.
pub(crate) fn abbreviation(part: &str) -> &str {
    match part {
        "attention.self.query" | "attention.q_lin" => "query",
        "attention.self.key" | "attention.k_lin" => "key",
        "attention.self.value" | "attention.v_lin" => "value",
        "attention.output.dense" | "attention.out_lin" => "att.o",
        "intermediate.dense" | "ffn.lin1" => "inter",
        "output.dense" | "ffn.lin2" => "out",
        "bert.pooler.dense" | "classifier.dense" | "pre_classifier" => "pool",
        "electra.embeddings_project" => "emb",
        other => other.get(..5).unwrap_or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::ranks::tests::picture;

    #[test]
    fn a_map_has_layers_down_and_matrices_across() {
        insta::assert_snapshot!(render(&picture(), Color::Off), @r#"
        ckpt  low-rank update of 4 matrices

        kept rank, 24 in all
        layer query   out
            0     0 ▒   4
            1 █  12 ▓   8

        effective rank, 4.4 on average
        layer query   out
            0     0 ▒ 2.5
            1 █ 7.2 █   8

        energy, % of 8.000
        layer query   out
            0     0 ░12.5
            1 ▓37.5 █  50
        "#);
    }

    #[test]
    fn colors_take_no_columns_and_every_line_is_short() {
        let plain = render(&picture(), Color::Off);
        assert!(plain.lines().all(|line| line.chars().count() <= 50));
        let colored = render(&picture(), Color::On);
        let stripped: String = colored
            .split('\u{1b}')
            .enumerate()
            .map(|(index, part)| {
                if index == 0 {
                    part
                } else {
                    part.split_once('m').unwrap().1
                }
            })
            .collect();

        let blank = |text: &str| text.replace(SHADES, " ");
        assert_eq!(blank(&stripped), blank(&plain));
    }

    #[test]
    fn only_nothing_is_blank() {
        assert_eq!([0.0, 0.1, 8.0].map(|value| level(value, 8.0, 4)), [0, 1, 4]);
        assert_eq!(level(0.0, 0.0, 4), 0);
    }
}
