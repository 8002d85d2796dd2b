//! Where the ranks of an update are: heat maps, layers down and matrices across.

use maud::{Markup, html};

use crate::report::failure_text::sentence as capital;
use crate::report::html::frame::{Frame, Sections};
use crate::report::html::parts::{table, text};
use crate::report::number;
use crate::report::ranks::heat::{abbreviation, level};
use crate::report::ranks::{MatrixRecord, RankPicture, RankReport, Shown, short};

/// Shades of a map; the style sheet has a rule for each.
const SHADES: u8 = 9;

/// A page of its own.
pub(crate) fn render(report: &RankReport) -> String {
    let mut sections = Sections::default();
    sections.add("ranks", "Where the ranks are", section(&report.pictures));
    let frame = Frame {
        title: "Where the ranks are".to_owned(),
        skip: "the maps",
        heading: html! {
            header {
                p.kicker { "What training changed in a model" }
                h1 { "Ranks of " (number::count(report.pictures.len(), "update")) }
            }
        },
        sections,
        footer: report.tool.clone(),
    };

    frame.render()
}

/// A card for each update.
pub(super) fn section(pictures: &[RankPicture]) -> Option<Markup> {
    (!pictures.is_empty()).then(|| {
        html! {
            p.note {
                "Kept: directions that the adapter of a matrix keeps. Effective rank: the "
                "exponential of the entropy of the singular values, how many directions do the "
                "work. Energy: the share of the whole update, by the squares of the singular "
                "values. The stronger the color of a cell, the nearer it is to the largest of its map."
            }
            @for picture in pictures { (card(picture)) }
        }
    })
}

fn card(picture: &RankPicture) -> Markup {
    html! {
        article.card {
            h3 { bdi { (text(&picture.label)) } }
            p.note {
                (capital(&picture.form)) " update of "
                (number::whole(picture.matrices.len())) " matrices"
                @if picture.checkpoints > 1 {
                    ", mean of " (number::count(picture.checkpoints, "checkpoint"))
                }
                ". " (columns(&picture.parts()))
            }
            div.maps {
                @for (shown, title) in picture.maps() { (map(picture, shown, &capital(&title))) }
            }
        }
    }
}

/// What the columns are, where their heads are too narrow for the names of their matrices.
fn columns(parts: &[&str]) -> String {
    let short = parts.iter().filter(|part| abbreviation(part) != **part);
    let named: Vec<String> = short
        .map(|part| format!("{} is {}", text(abbreviation(part)), text(part)))
        .collect();
    if named.is_empty() {
        return String::new();
    }

    format!("Columns: {}.", named.join(", "))
}

fn map(picture: &RankPicture, shown: Shown, title: &str) -> Markup {
    let largest = picture.largest(shown);
    let cell = |matrix: Option<&MatrixRecord>| {
        let value = matrix.and_then(|matrix| picture.figure(matrix, shown));
        html! {
            @match value {
                Some(value) => {
                    td class={ "heat heat-" (level(value, largest, SHADES)) } { (short(value)) }
                }
                None => { td.heat { "-" } }
            }
        }
    };

    let parts = picture.parts();
    let content = html! {
        thead { tr {
            th scope="col" { "layer" }
            @for part in &parts {
                th.heat scope="col" { abbr title=(text(part)) { (text(abbreviation(part))) } }
            }
        } }
        tbody {
            @for layer in 0..picture.layers() {
                tr {
                    th scope="row" { (layer) }
                    @for part in &parts { (cell(picture.matrix(layer, part))) }
                }
            }
            @for matrix in picture.outside() {
                tr { th scope="row" { (text(abbreviation(&matrix.part))) } (cell(Some(matrix))) }
            }
        }
    };
    html! {
        div { h4 { (title) } (table(&format!("{title}: {}", text(&picture.label)), &content)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::ranks::tests::picture;

    #[test]
    fn short_heads_are_spelled_out() {
        let page = section(&[picture()]).unwrap().into_string();
        assert!(
            page.contains("Columns: query is attention.self.query, out is output.dense."),
            "{page}"
        );
        assert_eq!(columns(&["query"]), "");
    }
}
