//! Which swaps the harmful flips go with.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::check::failures::counterexample::Counterexample;
use crate::check::judge::words::WordPair;
use crate::report::html::chart::Axis;
use crate::report::html::page::Page;
use crate::report::html::parts::{sortable, swap, table, text};
use crate::report::number;
use crate::report::record::CheckRecord;
use crate::report::terminal::title;

/// Swaps of each check that are listed.
const MOST: usize = 25;

/// One table for each check with harmful flips.
pub(super) fn section(page: &Page<'_>) -> Option<Markup> {
    let checks: Vec<(&CheckRecord, &[WordPair])> = page
        .report
        .checks
        .iter()
        .zip(page.pairs)
        .map(|(check, pairs)| (check, pairs.as_slice()))
        .filter(|(check, _)| check.figures.flips.harmful.count > 0)
        .collect();

    (!checks.is_empty()).then(|| {
        html! {
            p.note {
                "Every swap that was drawn, with the lists it was drawn in, and how many of these "
                "picks got worse. Lists often have several swaps, so a swap may be there without "
                "being to blame; where only it is left in the minimal list of a saved failure, it \
                    is."
            }
            @for (check, pairs) in checks { (of_check(page, check, pairs)) }
        }
    })
}

fn of_check(page: &Page<'_>, check: &CheckRecord, pairs: &[WordPair]) -> Markup {
    let own = page.counterexamples.iter().filter(|saved| {
        saved.provenance.suite == check.suite && saved.provenance.check == check.check
    });
    let own: Vec<&Counterexample> = own.collect();
    let harmful = check.figures.flips.harmful.count;
    let listed = pairs.iter().filter(|pair| pair.harmful > 0).take(MOST);
    let listed: Vec<&WordPair> = listed.collect();
    let others = pairs.len() - listed.len();
    let heads = [
        ("swap", ""),
        ("got worse", "number"),
        ("lists", "number"),
        ("of its lists", "number"),
        ("of all that got worse", "number"),
        ("alone to blame", "number"),
        ("distance", "number"),
    ];
    let name = text(&title(check));
    let body = html! {
        @for pair in &listed {
            @let alone = own.iter().filter(|saved| is_alone(saved, pair)).count();
            tr {
                th scope="row" { (swap(&pair.from, &pair.to)) }
                td.number { (number::whole(pair.harmful)) }
                td.number { (number::whole(pair.lists)) }
                td.number { (share(pair.harmful, pair.lists)) }
                td.number { (share(pair.harmful, harmful)) }
                td.number { (alone) " of " (own.len()) }
                td.number { (pair.distance) }
            }
        }
    };

    html! {
        article.card {
            h3 { (name) }
            @if let Some(worst) = listed.first() {
                p {
                    b { (swap(&worst.from, &worst.to)) } " is in "
                    (number::count(worst.harmful, "list")) " of the " (number::whole(harmful))
                    " whose pick got worse (" (share(worst.harmful, harmful)) ")."
                }
            }
            (by_distance(pairs, &name))
            (sortable(&format!("Swaps under {name}"), &heads, &body))
            @if others > 0 {
                p.note {
                    (number::whole(others)) " more swaps were drawn"
                    @if let Some(cases) = page.cases { "; they stand in " (cases) }
                    "."
                }
            }
        }
    }
}

/// Width of a band of distances.
const BAND: f64 = 0.1;

/// With fewer bands there is nothing to compare.
const FEWEST_BANDS: usize = 3;

/// How often a pick got worse, by how far apart the swapped words sound.
fn by_distance(pairs: &[WordPair], name: &str) -> Markup {
    let mut bands: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
    for pair in pairs {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a distance is a small number above 0"
        )]
        let band = (pair.distance / BAND - 1e-9).ceil().max(0.0) as u32;
        let (lists, harmful) = bands.entry(band).or_default();
        *lists += pair.lists;
        *harmful += pair.harmful;
    }

    let rate = |(lists, harmful): &(usize, usize)| *harmful as f64 / (*lists).max(1) as f64;
    let axis = Axis::from_zero(bands.values().map(rate));
    let rows = html! {
        thead { tr {
            th scope="col" { "distance" }
            th.picture scope="col" { "picture" }
            th.number scope="col" { "got worse" }
            th.number scope="col" { "lists" }
        } }
        tbody { @for (band, counts) in &bands {
            tr {
                th scope="row" { (band_in_words(*band)) }
                td.picture {
                    svg aria-hidden="true" height="18" width="100%" {
                        rect.worse x="0" width=(axis.at(rate(counts))) y="4" height="10" {}
                    }
                }
                td.number { (number::percent(Some(rate(counts)))) }
                td.number { (number::whole(counts.0)) }
            }
        } }
    };
    html! {
        @if bands.len() >= FEWEST_BANDS {
            h4 { "By phonetic distance" }
            p.note {
                "How many picks of the lists with a swap of that distance got worse; a list with "
                "several swaps counts for each."
            }
            (table(&format!("Picks that got worse under {name}, by distance"), &rows))
        }
    }
}

fn band_in_words(band: u32) -> String {
    match band {
        0 => "homophones".to_owned(),
        _ => format!(
            "{:.1} to {:.1}",
            f64::from(band - 1) * BAND,
            f64::from(band) * BAND
        ),
    }
}

/// Whether nothing but this swap is left in the minimal list, in one hypothesis or in several.
fn is_alone(saved: &Counterexample, pair: &WordPair) -> bool {
    let mut left = saved.minimal.substitutions.iter();
    left.len() > 0 && left.all(|swap| swap.from == pair.from && swap.to == pair.to)
}

fn share(count: usize, of: usize) -> String {
    match of {
        0 => "-".to_owned(),
        _ => format!("{:.0} %", 100.0 * count as f64 / of as f64),
    }
}
