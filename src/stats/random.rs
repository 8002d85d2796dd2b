//! Random streams that are a pure function of their names and numbers.
//!
//! A replicate's stream depends on the seed and the replicate's number alone, so replicates may be
//! computed in any order, on any number of threads. Not meant for anything that needs secrecy.

/// The odd increment of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", 2014).
const INCREMENT: u64 = 0x9e37_79b9_7f4a_7c15;

/// The seed of a named purpose under a master seed; purposes with different names are independent.
pub fn named_seed(master: u64, name: &str) -> u64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&master.to_le_bytes());
    hasher.update(name.as_bytes());
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    u64::from_le_bytes(bytes)
}

/// One replicate's random numbers (SplitMix64).
#[derive(Clone, Debug)]
pub struct Stream {
    state: u64,
}

impl Stream {
    /// The stream of replicate `replicate` under `seed`.
    pub fn new(seed: u64, replicate: u64) -> Stream {
        Stream {
            state: mix(seed ^ mix(replicate.wrapping_mul(INCREMENT).wrapping_add(INCREMENT))),
        }
    }

    /// The next 64 bits.
    #[inline]
    pub fn next_bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(INCREMENT);
        mix(self.state)
    }

    /// Calls `visit` with `count` indices below `count`, drawn with replacement.
    ///
    /// Two indices come from each 64 bits, by multiplication instead of division: the probabilities
    /// of two indices differ by less than count / 2^32, which no bootstrap can see.
    ///
    /// # Panics
    /// If `count` exceeds 2^32 - 1.
    #[inline]
    pub(crate) fn resample(&mut self, count: usize, mut visit: impl FnMut(usize)) {
        let bound = u64::from(u32::try_from(count).expect("fewer than 2^32 clusters"));
        // The product of two 32-bit numbers, shifted down, fits.
        let index = |bits: u64| ((bits * bound) >> 32) as usize;
        for _ in 0..count / 2 {
            let bits = self.next_bits();
            visit(index(bits >> 32));
            visit(index(bits & 0xffff_ffff));
        }

        if count % 2 == 1 {
            visit(index(self.next_bits() >> 32));
        }
    }
}

/// The finalizer of SplitMix64.
#[inline]
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use crate::stats::random::{Stream, named_seed};

    /// The first outputs of the reference SplitMix64 started at 0.
    #[test]
    fn the_generator_is_splitmix64() {
        let mut stream = Stream { state: 0 };
        assert_eq!(stream.next_bits(), 0xe220_a839_7b1d_cdaf);
        assert_eq!(stream.next_bits(), 0x6e78_9e6a_a1b9_65f4);
    }

    #[test]
    fn indices_are_in_range_and_even() {
        let mut counts = [0_u32; 7];
        for replicate in 0..2_000 {
            Stream::new(5, replicate).resample(7, |index| counts[index] += 1);
        }

        // 14,000 draws: 2,000 expected each, standard deviation 41.
        assert!(
            counts.iter().all(|&count| count.abs_diff(2_000) < 200),
            "{counts:?}"
        );
    }

    #[test]
    fn names_and_masters_give_different_seeds() {
        let seeds = [named_seed(1, "a"), named_seed(1, "b"), named_seed(2, "a")];
        assert!(seeds[0] != seeds[1] && seeds[0] != seeds[2] && seeds[1] != seeds[2]);
    }
}
