//! Limits of calls a second of one kind and one caller, beside the budgets that [`super::peer`] has for everything.

use crate::domain::Clock;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Microseconds of a second.
const SECOND_US: i64 = 1_000_000;

/// Counts calls by a key. A caller that was quiet may make a second's calls at once; after that they come evenly.
///
/// Keys are of filed parties, so that there are no more than those.
pub struct Limiter<K> {
    clock: Arc<dyn Clock>,
    /// When each key has used up what it had, microseconds since 1970: the theoretical arrival time of GCRA.
    used_until: Mutex<BTreeMap<K, i64>>,
}

impl<K: Ord + Copy> Limiter<K> {
    /// Nobody has called yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Limiter<K> {
        Limiter { clock, used_until: Mutex::default() }
    }

    /// Counts one call.
    ///
    /// # Errors
    /// How long to wait until the next one may come.
    pub fn count(&self, key: K, per_second: u32) -> Result<(), Duration> {
        let step = SECOND_US / i64::from(per_second.max(1));
        let now = self.clock.now().0.saturating_mul(1000);
        let mut used_until = self.used_until.lock();
        // A clock that went back does not lock anybody out for longer than a second.
        let until = used_until.get(&key).map_or(now, |until| (*until).clamp(now, now.saturating_add(SECOND_US)));
        let over = until.saturating_add(step).saturating_sub(now).saturating_sub(SECOND_US);
        if over > 0 {
            used_until.insert(key, until);
            return Err(Duration::from_micros(over.unsigned_abs()));
        }
        used_until.insert(key, until.saturating_add(step));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{SetClock, Timestamp};

    fn limiter() -> (Limiter<u32>, Arc<SetClock>) {
        let clock = Arc::new(SetClock::new(Timestamp(1_777_608_000_000)));
        (Limiter::new(clock.clone()), clock)
    }

    fn taken(limiter: &Limiter<u32>, key: u32, calls: u32) -> usize {
        (0..calls).filter(|_| limiter.count(key, 150).is_ok()).count()
    }

    #[test]
    fn a_seconds_calls_pass_and_the_next_one_is_told_when_to_come() {
        let (limiter, clock) = limiter();
        assert_eq!(taken(&limiter, 1, 500), 150);
        let wait = limiter.count(1, 150).expect_err("one too many");
        assert!(wait <= Duration::from_micros(6_667), "{wait:?}");
        clock.set(Timestamp(clock.now().0 + 7));
        assert!(limiter.count(1, 150).is_ok(), "after the wait");
        assert!(limiter.count(1, 150).is_err(), "and no more");
    }

    #[test]
    fn one_caller_does_not_slow_another_and_a_second_fills_it_again() {
        let (limiter, clock) = limiter();
        assert_eq!((taken(&limiter, 1, 151), taken(&limiter, 2, 151)), (150, 150));
        clock.set(Timestamp(clock.now().0 + 1000));
        assert_eq!(taken(&limiter, 1, 151), 150);
    }

    #[test]
    fn a_clock_that_goes_back_locks_nobody_out() {
        let (limiter, clock) = limiter();
        assert_eq!(taken(&limiter, 1, 150), 150);
        clock.set(Timestamp(clock.now().0 - 3_600_000));
        let wait = limiter.count(1, 150).expect_err("the second is not over");
        assert!(wait <= Duration::from_secs(1), "{wait:?}");
        clock.set(Timestamp(clock.now().0 + 1000));
        assert!(limiter.count(1, 150).is_ok());
    }

    #[test]
    fn a_rate_of_nothing_is_one_a_second() {
        let (limiter, _) = limiter();
        assert!(limiter.count(1, 0).is_ok() && limiter.count(1, 0).is_err());
        assert!(limiter.count(2, u32::MAX).is_ok());
    }
}
