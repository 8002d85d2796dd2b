//! Benchmarks: one module per noun whose speed is claimed somewhere; and simulations of how often
//! verdicts are wrong.

use criterion::Criterion;

#[cfg(feature = "bert")]
mod commands;
mod neighbours;
#[cfg(feature = "bert")]
mod scoring;
mod seeds;
mod simulation;
mod statistics;

fn main() {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("simulation") => return simulation::print(),
        Some("seeds") => return seeds::print(),
        Some("speakers") => {
            return simulation::planned::print(arguments.filter(|name| !name.starts_with("--")));
        }
        _ => {}
    }

    let mut criterion = Criterion::default().configure_from_args();
    neighbours::bench(&mut criterion);
    statistics::bench(&mut criterion);
    #[cfg(feature = "bert")]
    scoring::bench(&mut criterion);
    #[cfg(feature = "bert")]
    commands::bench(&mut criterion);
    criterion.final_summary();
}
