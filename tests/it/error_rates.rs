//! How often gates are wrong: a short run of the simulation of `tests/bench`, and the rates that
//! cautions and the guide tell.

use mondegreen::stats::gate::error_rates::SIMULATED;

#[path = "../bench/simulation/population.rs"]
mod population;
#[path = "../bench/simulation/rates.rs"]
mod rates;

use population::{Speakers, Tail};
use rates::{ALPHA, Cell, Gate, Rates};

const REPETITIONS: u64 = 2_000;

/// At the margin, with 20 speakers.
fn at_the_margin(gate: Gate, speakers: Speakers, tail: Tail) -> Cell {
    Cell {
        gate,
        speakers,
        tail,
        count: 20,
        room: 0.0,
    }
}

/// The rate that is told of such speakers, 0 to 1: of speakers that do not differ, what gates aim
/// at.
fn told(rates: [f64; 4], speakers: Speakers) -> f64 {
    let [exponential, chi_square, log_normal, one_in_ten] = rates;
    match speakers {
        Speakers::None => ALPHA,
        Speakers::Exponential => exponential / 100.0,
        Speakers::ChiSquare => chi_square / 100.0,
        Speakers::LogNormal => log_normal / 100.0,
        Speakers::OneInTen => one_in_ten / 100.0,
    }
}

/// Four standard errors of a rate, which no test comes near by chance.
fn leeway(rate: f64) -> f64 {
    4.0 * (rate * (1.0 - rate) / REPETITIONS as f64).sqrt()
}

#[test]
fn gates_are_wrong_no_more_often_than_cautions_say() {
    let simulated = SIMULATED.iter().find(|rates| rates.clusters == 20);
    let simulated = simulated.unwrap();
    for gate in [Gate::Flip, Gate::Gain] {
        for speakers in Speakers::ALL {
            let of = |tail| at_the_margin(gate, speakers, tail).rates(REPETITIONS);
            let name = format!("{} gate, {}", gate.name(), speakers.name());

            let harmed: Rates = of(Tail::Harm);
            let rate = told(simulated.false_pass, speakers);
            assert!(harmed.passed <= rate + leeway(rate), "{name}: {harmed:?}");
            assert!(harmed.failed <= ALPHA + leeway(ALPHA), "{name}: {harmed:?}");
            assert!(harmed.passed <= harmed.passed_t, "{name}: {harmed:?}");
            assert!((0.7..=0.92).contains(&harmed.covered), "{name}: {harmed:?}");

            let helped: Rates = of(Tail::Help);
            let rate = told(simulated.false_fail, speakers);
            assert!(helped.failed <= rate + leeway(rate), "{name}: {helped:?}");
            assert!(helped.failed <= helped.failed_t, "{name}: {helped:?}");
        }
    }
}

/// A gate that never passes is never wrong, and useless.
#[test]
fn most_rescorers_that_are_better_by_half_a_point_pass() {
    for gate in [Gate::Flip, Gate::Gain] {
        let cell = Cell {
            room: 0.5,
            ..at_the_margin(gate, Speakers::None, Tail::Harm)
        };
        let power = cell.rates(REPETITIONS).passed;
        assert!(power > 0.6, "{}: {power}", gate.name());
    }
}

#[test]
fn rates_do_not_depend_on_threads() {
    let cell = at_the_margin(Gate::Flip, Speakers::ChiSquare, Tail::Harm);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let pool = pool.build().unwrap();
        pool.install(|| format!("{:?}", cell.rates(300)))
    };
    assert_eq!(on(1), on(3));
}

#[test]
fn the_guide_has_the_rates_of_cautions() {
    let guide = include_str!("../../src/guide/statistics.md");
    let names = ["exponential", "chi-square", "lognormal(1.5)", "one in ten"];
    for (index, name) in names.into_iter().enumerate() {
        for rates in [
            SIMULATED.map(|rates| rates.false_pass[index]),
            SIMULATED.map(|rates| rates.false_fail[index]),
        ] {
            let cells = rates.map(|rate| format!("{rate:.1}")).join(" | ");
            let row = format!("\n| {name} | {cells} |");
            assert!(guide.contains(&row), "no {row:?}");
        }
    }
}
