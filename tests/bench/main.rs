//! Benchmarks: one module per noun whose speed is claimed somewhere.

use criterion::Criterion;

mod neighbours;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    neighbours::bench(&mut criterion);
    criterion.final_summary();
}
