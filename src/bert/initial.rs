//! Random initial weights.
//!
//! Every tensor has its own stream, a pure function of seed and name, so that
//! the order in which tensors are made does not matter.

/// The random bytes of one tensor.
fn stream(seed: u64, name: &str) -> blake3::OutputReader {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"initial weights 1");
    hasher.update(&seed.to_le_bytes());
    hasher.update(name.as_bytes());
    hasher.finalize_xof()
}

/// The next number in `(0, 1]`.
fn unit(stream: &mut blake3::OutputReader) -> f64 {
    let mut bytes = [0; 8];
    stream.fill(&mut bytes);
    let bits = u64::from_le_bytes(bytes) >> 11;
    (bits + 1) as f64 / (1_u64 << 53) as f64
}

/// `count` numbers uniform within `bound` of 0.
pub(crate) fn uniform(seed: u64, name: &str, count: usize, bound: f64) -> Vec<f32> {
    let mut stream = stream(seed, name);
    (0..count)
        .map(|_| narrow((2.0 * unit(&mut stream) - 1.0) * bound))
        .collect()
}

/// `count` normal numbers with mean 0 and the given standard deviation (Box-Muller).
pub(crate) fn normal(seed: u64, name: &str, count: usize, deviation: f64) -> Vec<f32> {
    let mut stream = stream(seed, name);
    let mut numbers = Vec::with_capacity(count + 1);
    while numbers.len() < count {
        let radius = deviation * (-2.0 * unit(&mut stream).ln()).sqrt();
        let (sine, cosine) = (std::f64::consts::TAU * unit(&mut stream)).sin_cos();
        numbers.push(narrow(radius * cosine));
        numbers.push(narrow(radius * sine));
    }

    numbers.truncate(count);
    numbers
}

#[expect(clippy::cast_possible_truncation, reason = "weights are f32")]
fn narrow(number: f64) -> f32 {
    number as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_moments(numbers: &[f32], deviation: f64) {
        let count = numbers.len() as f64;
        let mean = numbers.iter().map(|x| f64::from(*x)).sum::<f64>() / count;
        let square = numbers.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / count;
        assert!(mean.abs() < 4.0 * deviation / count.sqrt(), "mean {mean}");
        assert!(
            (square.sqrt() / deviation - 1.0).abs() < 0.03,
            "deviation {}",
            square.sqrt()
        );
    }

    #[test]
    fn draws_have_the_deviation_asked_for() {
        check_moments(&normal(1, "a", 20_001, 0.02), 0.02);
        check_moments(&uniform(1, "a", 20_000, 3.0), 3.0_f64.sqrt());
    }

    #[test]
    fn a_stream_depends_on_seed_and_name_and_on_nothing_else() {
        assert_eq!(normal(1, "a", 8, 1.0), normal(1, "a", 9, 1.0)[..8]);
        assert_ne!(normal(1, "a", 8, 1.0), normal(1, "b", 8, 1.0));
        assert_ne!(normal(1, "a", 8, 1.0), normal(2, "a", 8, 1.0));
    }
}
