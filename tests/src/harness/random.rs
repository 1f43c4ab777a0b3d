//! A small pseudo-random number generator: the same seed gives the same run on every machine.

/// SplitMix64 by Steele, Lea and Flood: one word of state, and every seed is good.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Creates a generator with this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns the next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number in `0..=most`. The tiny bias of the remainder does not matter to a test.
    pub fn up_to(&mut self, most: usize) -> usize {
        let choices = (most as u64).saturating_add(1);
        (self.next_u64() % choices) as usize
    }

    /// Returns `length` random bytes.
    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next_u64().to_le_bytes()[0]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_seed_determines_the_sequence() {
        assert_eq!(Random::new(7).bytes(32), Random::new(7).bytes(32));
        assert_ne!(Random::new(7).bytes(32), Random::new(8).bytes(32));
    }

    #[test]
    fn random_up_to_reaches_both_bounds() {
        let mut random = Random::new(0);
        let seen: Vec<usize> = (0..100).map(|_| random.up_to(2)).collect();
        assert!(seen.contains(&0) && seen.contains(&2) && seen.iter().all(|&n| n <= 2));
    }
}
