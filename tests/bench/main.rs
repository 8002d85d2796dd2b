//! Benchmarks: one module per noun whose speed is claimed somewhere; and simulations of error rates.

use criterion::Criterion;

mod neighbours;
#[cfg(feature = "bert")]
mod scoring;
mod seeds;
mod simulation;
mod statistics;

fn main() {
    if std::env::args().any(|argument| argument == "simulation") {
        simulation::print();
        return;
    }

    if std::env::args().any(|argument| argument == "seeds") {
        seeds::print();
        return;
    }

    let mut criterion = Criterion::default().configure_from_args();
    neighbours::bench(&mut criterion);
    statistics::bench(&mut criterion);
    #[cfg(feature = "bert")]
    scoring::bench(&mut criterion);
    criterion.final_summary();
}
