//! How unevenly clusters share what was counted.

/// The share of the sum of `values` that the largest tenth of them has, rounded up to whole
/// clusters: 0.1 where all are equal, 1 where a tenth has it all. `None` where they are below 1 on
/// average: then chance alone makes them uneven.
///
/// `values[g]` is what cluster g counted, at least 0.
pub(crate) fn largest_tenth(values: &[f64]) -> Option<f64> {
    let sum: f64 = values.iter().sum();
    if values.is_empty() || sum < values.len() as f64 {
        return None;
    }

    let mut sorted = values.to_vec();
    sorted.sort_by(|one, other| other.total_cmp(one));
    let largest: f64 = sorted[..values.len().div_ceil(10)].iter().sum();
    Some(largest / sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_tenth_is_rounded_up() {
        assert_eq!(largest_tenth(&[2.0; 20]), Some(0.1));
        let mut values = vec![1.0; 19];
        values.extend([31.0, 50.0]);
        // Three of 21.
        assert_eq!(largest_tenth(&values), Some(0.82));
        assert_eq!(largest_tenth(&[5.0, 15.0]), Some(0.75));
    }

    #[test]
    fn what_is_rare_says_nothing_of_how_it_is_shared() {
        assert_eq!(largest_tenth(&[]), None);
        assert_eq!(largest_tenth(&[0.0; 12]), None);
        let mut rare = vec![0.0; 39];
        rare.push(39.0);
        assert_eq!(largest_tenth(&rare), None);
        rare.push(2.0);
        assert_eq!(largest_tenth(&rare), Some(1.0));
    }
}
