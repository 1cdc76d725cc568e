//! R-TAX-06: if nothing is returned or changed within 30 days of the release, the tax is paid on day 31 to 45.
//!
//! Source: 公告2018年第194号 [G]. Days are China's, day 0 is the day of the release. Parameters `tax_due_from_days`,
//! `tax_due_to_days`, as they stand at the release. Passing: released 2026-06-01, paid 2026-07-02 to 2026-07-16. Failing:
//! paid 2026-07-17.

use crate::domain::{Amount, Timestamp};
use crate::tables::{Parameter, Tables};

const DAY_MS: i64 = 24 * 3_600_000;
/// Days begin eight hours before those of UTC.
const CHINA_MS: i64 = 8 * 3_600_000;

/// Begin of the day in China that is so many days after the day of a moment.
#[must_use]
pub fn day_after(at: Timestamp, days: i64) -> Timestamp {
    let day = at.0.saturating_add(CHINA_MS).div_euclid(DAY_MS).saturating_add(days);
    Timestamp(day.saturating_mul(DAY_MS).saturating_sub(CHINA_MS))
}

/// When the tax on a list is to be paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// First moment of the first day.
    pub from: Timestamp,
    /// First moment of the last day.
    pub last_day: Timestamp,
    /// First moment after the last day.
    pub until: Timestamp,
}

/// When the tax on a list that was released at a time is to be paid.
#[must_use]
pub fn due(released: Timestamp, tables: &Tables) -> Due {
    let [from, to] = [Parameter::TaxDueFromDays, Parameter::TaxDueToDays].map(|it| tables.number(it, released));
    Due {
        from: day_after(released, from),
        last_day: day_after(released, to),
        until: day_after(released, to.saturating_add(1)),
    }
}

/// What a guarantee lacks for the unsettled tax and more tax; `None` if it covers them (E-TAX-06).
#[must_use]
pub fn lacking(guarantee: Amount, unsettled: Amount, more: Amount) -> Option<Amount> {
    let lacking = unsettled.plus(more).minus(guarantee);
    (lacking.0 > 0).then_some(lacking)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tax_is_due_from_day_31_to_day_45() {
        for (released, from, last) in [
            ("20260601000000", "20260702", "20260716"),
            ("20260601235959", "20260702", "20260716"),
            ("20251215120000", "20260115", "20260129"),
        ] {
            let due = due(Timestamp::parse_ceb(released).expect("a time"), &Tables::shipped());
            assert_eq!((due.from.ceb8().as_str(), due.last_day.ceb8().as_str()), (from, last));
            assert!(due.from.ceb17().ends_with("000000000"));
            assert_eq!(due.until.0 - due.last_day.0, DAY_MS);
        }
    }

    #[test]
    fn a_guarantee_covers_what_is_exactly_its_sum() {
        let cny = |text| Amount::parse(text).expect("a decimal");
        assert_eq!(lacking(cny("1000"), cny("902"), cny("98")), None);
        assert_eq!(lacking(cny("1000"), cny("902.01"), cny("98")), Some(cny("0.01")));
    }

    proptest! {
        #[test]
        fn any_time_has_a_day(at in any::<i64>(), days in any::<i64>()) {
            let _unused = day_after(Timestamp(at), days);
        }
    }
}
