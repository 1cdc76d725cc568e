//! What every target of cargo-fuzz is made of: the shared function, and mutations that know the target's language
//! besides those of libFuzzer.

#[path = "driver/mutate.rs"]
mod mutate;
#[path = "driver/random.rs"]
mod random;
#[path = "targets/mod.rs"]
pub mod targets;

/// Changes an input in place, as libFuzzer wants it: returns its new length.
pub fn change(data: &mut [u8], size: usize, max_size: usize, seed: u32, words: &[&str]) -> usize {
    if seed.is_multiple_of(3) {
        return libfuzzer_sys::fuzzer_mutate(data, size, max_size);
    }
    let input = data.get(..size).unwrap_or_default().to_vec();
    let mut random = random::Random::new(u64::from(seed));
    let changed = mutate::mutated(&[input], words, &mut random, max_size);
    let length = changed.len().min(data.len());
    data[..length].copy_from_slice(&changed[..length]);
    length
}

/// The entry points of one target.
macro_rules! guided {
    ($target:path) => {
        use $target as target;
        libfuzzer_sys::fuzz_target!(|data: &[u8]| target::run(data));
        libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
            guided::change(data, size, max_size, seed, target::WORDS)
        });
    };
}
pub(crate) use guided;
