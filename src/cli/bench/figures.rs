//! Figures for people: the only place with floating-point arithmetic, and nothing is decided by it.
#![expect(clippy::float_arithmetic, reason = "figures that are printed, never stored or compared")]

use std::time::Duration;

/// Rounded to three places.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// How many a second.
pub(super) fn per_second(count: usize, elapsed: Duration) -> f64 {
    (ratio(count, 1) / elapsed.as_secs_f64().max(f64::EPSILON)).round()
}

/// The quotient.
pub(super) fn ratio(part: impl TryInto<u64>, whole: impl TryInto<u64>) -> f64 {
    let number = |value: u64| {
        f64::from(u32::try_from(value >> 32).unwrap_or(0)) * 4_294_967_296.0
            + f64::from(u32::try_from(value & 0xFFFF_FFFF).unwrap_or(0))
    };
    let (part, whole) = (part.try_into().unwrap_or(0), whole.try_into().unwrap_or(0));
    rounded(number(part) / number(whole.max(1)))
}

/// Seconds.
pub(super) fn seconds(elapsed: Duration) -> f64 {
    rounded(elapsed.as_secs_f64())
}

/// Milliseconds, rounded.
pub(super) fn milliseconds(elapsed: Duration) -> f64 {
    rounded(elapsed.as_secs_f64() * 1000.0)
}

/// Mebibytes.
pub(super) fn mib(bytes: u64) -> f64 {
    ratio(bytes, 1024_u64 * 1024)
}

/// Megabytes (10^6) a second.
pub(super) fn megabytes_per_second(bytes: usize, elapsed: Duration) -> f64 {
    rounded(ratio(bytes, 1_000_000_u64) / elapsed.as_secs_f64().max(f64::EPSILON))
}

/// Times measured, for percentiles.
#[derive(Debug, Default)]
pub(super) struct Latencies {
    all: Vec<Duration>,
}

impl Latencies {
    pub(super) fn add(&mut self, latency: Duration) {
        self.all.push(latency);
    }

    pub(super) fn merge(&mut self, other: Latencies) {
        self.all.extend(other.all);
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// The time that `per_mille` of all do not pass, in milliseconds; 0 if there is none.
    pub(super) fn percentile_ms(&mut self, per_mille: usize) -> f64 {
        self.all.sort_unstable();
        let place = (self.all.len() * per_mille).div_ceil(1000).saturating_sub(1);
        self.all.get(place).map_or(0.0, |latency| milliseconds(*latency))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_values_themselves() {
        let mut latencies = Latencies::default();
        for ms in (1..=100).rev() {
            latencies.add(Duration::from_millis(ms));
        }
        assert!((latencies.percentile_ms(500) - 50.0).abs() < 1e-9);
        assert!((latencies.percentile_ms(990) - 99.0).abs() < 1e-9);
        assert!((latencies.percentile_ms(1000) - 100.0).abs() < 1e-9);
        assert!(Latencies::default().percentile_ms(990).abs() < 1e-9);
    }

    #[test]
    fn ratios_are_rounded_to_three_places() {
        assert!((ratio(10_usize, 3_usize) - 3.333).abs() < 1e-9);
        assert!((ratio(6_u64 << 32, 2_u64 << 32) - 3.0).abs() < 1e-9);
        assert!((per_second(1000, Duration::from_millis(500)) - 2000.0).abs() < 1e-9);
    }
}
