//! Pseudo-random numbers and unique ids that follow from a seed.

/// A small fast generator (SplitMix64): good enough to vary samples, not for secrets.
#[derive(Debug, Clone)]
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u32, ordinal: u64) -> Rng {
        Rng(mixed(u64::from(seed)) ^ mixed(ordinal.wrapping_add(0x5EED)))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mixed(self.0)
    }

    /// A number from 0 to `bound` - 1; `bound` is not 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let at = self.below(u64::try_from(from.len()).expect("a length fits 64 bits"));
        usize::try_from(at).ok().and_then(|at| from.get(at)).expect("the place is below the length")
    }
}

/// Mixes the bits of a number; no two numbers give the same result.
pub(super) fn mixed(number: u64) -> u64 {
    let mut z = number;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

const HALF: u64 = (1 << 61) - 1;

/// An upper-case GUID (version 4 in form) that no other (seed, ordinal, purpose) has.
///
/// The 122 free bits hold the three numbers, mixed by a Feistel network: it can be undone, so nothing collides.
pub(super) fn guid(seed: u32, ordinal: u64, purpose: u8) -> String {
    let mut left = (u64::from(seed) << 8 | u64::from(purpose)) << 3 | ordinal >> 61;
    let mut right = ordinal & HALF;
    for round in 1..=2_u64 {
        left ^= mixed(right.wrapping_add(round << 62)) & HALF;
        right ^= mixed(left.wrapping_add(round << 62 | 1 << 61)) & HALF;
    }
    let first = left >> 29;
    let second = left >> 13 & 0xFFFF;
    let third = 0x4000 | left >> 1 & 0x0FFF;
    let fourth = 0x8000 | (left & 1) << 13 | right >> 48;
    let fifth = right & 0xFFFF_FFFF_FFFF;
    format!("{first:08X}-{second:04X}-{third:04X}-{fourth:04X}-{fifth:012X}")
}

/// The number in base 36, upper case, filled with zeros to seven places: every 32-bit seed fits.
pub(super) fn base36(seed: u32) -> String {
    let mut digits = [b'0'; 7];
    let mut rest = seed;
    for place in digits.iter_mut().rev() {
        let digit = u8::try_from(rest % 36).expect("a remainder of 36 fits a byte");
        *place = if digit < 10 { b'0' + digit } else { b'A' + digit - 10 };
        rest /= 36;
    }
    digits.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn guids_have_the_form_and_do_not_repeat() {
        let mut seen = HashSet::new();
        for seed in [0, 1, 2, u32::MAX] {
            for purpose in 0..8 {
                for ordinal in (0..500).chain([u64::MAX - 1, u64::MAX]) {
                    let id = guid(seed, ordinal, purpose);
                    assert!(uuid::Uuid::parse_str(&id).is_ok() && id.len() == 36 && id == id.to_uppercase(), "{id}");
                    assert!(seen.insert(id), "seed {seed}, purpose {purpose}, ordinal {ordinal}");
                }
            }
        }
    }

    #[test]
    fn every_seed_takes_seven_places() {
        assert_eq!(base36(0), "0000000");
        assert_eq!(base36(35), "000000Z");
        assert_eq!(base36(u32::MAX), "1Z141Z3");
    }
}
