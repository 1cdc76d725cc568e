//! Dates, times and durations of XSD 1.0: their lexical forms and their partial order.

use std::cmp::Ordering;

/// Which of the date and time types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    DateTime,
    Time,
    Date,
    YearMonth,
    Year,
    MonthDay,
    Day,
    Month,
}

/// A point on the time line, as far as its type has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment<'a> {
    seconds: i128,
    /// Digits of the fraction of a second, without trailing zeros.
    fraction: &'a str,
    zoned: bool,
}

const DAY_SECONDS: i128 = 86_400;
/// A time without zone may be anywhere within fourteen hours of UTC.
const ZONE_SECONDS_MAX: i128 = 14 * 3600;

struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    fn eat(&mut self, with: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(with)?;
        Some(())
    }

    fn digits(&mut self) -> &'a str {
        let end = self.0.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at(end);
        self.0 = rest;
        digits
    }

    fn two(&mut self, low: i128, high: i128) -> Option<i128> {
        let digits = self.0.get(..2).filter(|d| d.bytes().all(|b| b.is_ascii_digit()))?;
        self.0 = self.0.get(2..)?;
        digits.parse().ok().filter(|n| (low..=high).contains(n))
    }

    /// At least four digits, no superfluous zero, not year 0; more than eighteen digits are refused.
    fn year(&mut self) -> Option<i128> {
        let negative = self.eat("-").is_some();
        let digits = self.digits();
        if digits.len() < 4 || digits.len() > 18 || (digits.len() > 4 && digits.starts_with('0')) {
            return None;
        }
        let year: i128 = digits.parse().ok().filter(|year| *year != 0)?;
        // Appendix E of the standard counts with the year as it stands: -4 is a leap year.
        Some(if negative { -year } else { year })
    }

    fn time(&mut self) -> Option<(i128, &'a str)> {
        let hour = self.two(0, 24)?;
        self.eat(":")?;
        let minute = self.two(0, 59)?;
        self.eat(":")?;
        let second = self.two(0, 59)?;
        let mut fraction = "";
        if self.eat(".").is_some() {
            fraction = self.digits();
            if fraction.is_empty() {
                return None;
            }
            fraction = fraction.trim_end_matches('0');
        }
        if hour == 24 && (minute, second, fraction) != (0, 0, "") {
            return None;
        }
        Some((hour * 3600 + minute * 60 + second, fraction))
    }

    /// The zone's offset in seconds, if there is one.
    fn zone(&mut self) -> Option<Option<i128>> {
        if self.0.is_empty() {
            return Some(None);
        }
        if self.eat("Z").is_some() {
            return Some(Some(0));
        }
        let sign = if self.eat("-").is_some() {
            -1
        } else {
            self.eat("+")?;
            1
        };
        let hour = self.two(0, 14)?;
        self.eat(":")?;
        let minute = self.two(0, if hour == 14 { 0 } else { 59 })?;
        Some(Some(sign * (hour * 3600 + minute * 60)))
    }
}

fn days_in(year: i128, month: i128) -> i128 {
    let leap = year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar.
fn days(year: i128, month: i128, day: i128) -> i128 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

impl<'a> Moment<'a> {
    pub(super) fn parse(kind: Kind, text: &'a str) -> Option<Self> {
        let mut at = Cursor(text);
        // Parts a type lacks are those of 1972-12-31, as XSD 1.0 orders them; 1972 is a leap year.
        let (mut year, mut month, mut day) = (1972, 12, 1);
        let mut clock = (0, "");
        match kind {
            Kind::DateTime | Kind::Date | Kind::YearMonth | Kind::Year => {
                year = at.year()?;
                if kind != Kind::Year {
                    at.eat("-")?;
                    month = at.two(1, 12)?;
                } else {
                    month = 1;
                }
                if matches!(kind, Kind::DateTime | Kind::Date) {
                    at.eat("-")?;
                    day = at.two(1, days_in(year, month))?;
                }
                if kind == Kind::DateTime {
                    at.eat("T")?;
                    clock = at.time()?;
                }
            }
            Kind::Time => clock = at.time()?,
            Kind::MonthDay => {
                at.eat("--")?;
                month = at.two(1, 12)?;
                at.eat("-")?;
                day = at.two(1, days_in(year, month))?;
            }
            Kind::Day => {
                at.eat("---")?;
                day = at.two(1, 31)?;
            }
            Kind::Month => {
                at.eat("--")?;
                month = at.two(1, 12)?;
            }
        }
        let zone = at.zone()?;
        if !at.0.is_empty() {
            return None;
        }
        if kind == Kind::Time && clock.0 == DAY_SECONDS {
            clock.0 = 0;
        }
        let seconds = days(year, month, day) * DAY_SECONDS + clock.0 - zone.unwrap_or(0);
        Some(Moment { seconds, fraction: clock.1, zoned: zone.is_some() })
    }

    /// Reads a `gMonth` also as the first edition of the standard had it: `--MM--`.
    pub(super) fn parse_month(text: &'a str) -> Option<()> {
        if Self::parse(Kind::Month, text).is_some() {
            return Some(());
        }
        let mut at = Cursor(text);
        at.eat("--")?;
        at.two(1, 12)?;
        at.eat("--")?;
        at.zone()?;
        at.0.is_empty().then_some(())
    }

    /// The moment in one form.
    pub(super) fn canonical(&self) -> String {
        format!("{}.{}{}", self.seconds, self.fraction, if self.zoned { "Z" } else { "" })
    }

    /// The partial order of XSD 1.0 §3.2.7.4: none if it depends on an unknown zone.
    pub(super) fn order(&self, other: &Moment<'_>) -> Option<Ordering> {
        let at =
            |shift: i128| (self.seconds + shift).cmp(&other.seconds).then_with(|| self.fraction.cmp(other.fraction));
        if self.zoned == other.zoned {
            return Some(at(0));
        }
        let (early, late) = (at(-ZONE_SECONDS_MAX), at(ZONE_SECONDS_MAX));
        (early == late).then_some(early)
    }
}

/// A duration as months and seconds, both of the sign of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Duration<'a> {
    negative: bool,
    months: i128,
    seconds: i128,
    fraction: &'a str,
}

/// Digits that one number of a duration may have.
const DURATION_DIGITS_MAX: usize = 18;

impl<'a> Duration<'a> {
    /// Reads `-?PnYnMnDTnHnMnS`; numbers of more than eighteen digits are refused.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let mut at = Cursor(text);
        let negative = at.eat("-").is_some();
        at.eat("P")?;
        let (mut months, mut seconds, mut fraction) = (0, 0, "");
        let mut units: &[(&str, i128, bool)] = &[("Y", 12, true), ("M", 1, true), ("D", DAY_SECONDS, false)];
        let mut any = false;
        let mut in_time = false;
        while !at.0.is_empty() {
            if !in_time && at.eat("T").is_some() {
                in_time = true;
                any = false;
                units = &[("H", 3600, false), ("M", 60, false), ("S", 1, false)];
                continue;
            }
            let digits = at.digits();
            if digits.is_empty() || digits.len() > DURATION_DIGITS_MAX {
                return None;
            }
            let number: i128 = digits.parse().ok()?;
            let with_fraction = in_time && at.eat(".").is_some();
            if with_fraction {
                let digits = at.digits();
                if digits.is_empty() {
                    return None;
                }
                fraction = digits.trim_end_matches('0');
            }
            let index = units.iter().position(|(name, ..)| at.0.starts_with(name))?;
            let (name, factor, is_month) = *units.get(index)?;
            if with_fraction && name != "S" {
                return None;
            }
            at.eat(name)?;
            units = units.get(index + 1..)?;
            if is_month {
                months += number * factor;
            } else {
                seconds += number * factor;
            }
            any = true;
        }
        let negative = negative && (months, seconds, fraction) != (0, 0, "");
        any.then_some(Duration { negative, months, seconds, fraction })
    }

    /// The duration in one form.
    pub(super) fn canonical(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        format!("{sign}{}M{}.{}", self.months, self.seconds, self.fraction)
    }

    /// Compares as XSD 1.0 §3.2.6.2 does: added to four dates that show every difference.
    pub(super) fn order(&self, other: &Duration<'_>) -> Option<Ordering> {
        let mut result = None;
        for (year, month) in [(1696, 9), (1697, 2), (1903, 3), (1903, 7)] {
            let end = |duration: &Duration<'_>| {
                let sign = if duration.negative { -1 } else { 1 };
                let months = year * 12 + (month - 1) + sign * duration.months;
                let begin = days(months.div_euclid(12), months.rem_euclid(12) + 1, 1) * DAY_SECONDS;
                begin + sign * duration.seconds
            };
            let order = end(self).cmp(&end(other)).then_with(|| self.fraction_order(other));
            if *result.get_or_insert(order) != order {
                return None;
            }
        }
        result
    }

    /// The order of the fractions of a second alone, each with the sign of its duration.
    fn fraction_order(&self, other: &Duration<'_>) -> Ordering {
        match (self.negative && !self.fraction.is_empty(), other.negative && !other.fraction.is_empty()) {
            (false, false) => self.fraction.cmp(other.fraction),
            (true, true) => other.fraction.cmp(self.fraction),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(kind: Kind, a: &str, b: &str) -> Option<Ordering> {
        Moment::parse(kind, a).unwrap().order(&Moment::parse(kind, b).unwrap())
    }

    #[test]
    fn calendar_and_clock_are_checked() {
        for good in
            ["2024-02-29T23:59:59", "2024-01-01T24:00:00", "-0044-03-15T00:00:00Z", "12024-01-01T00:00:00.5+14:00"]
        {
            assert!(Moment::parse(Kind::DateTime, good).is_some(), "{good}");
        }
        for bad in [
            "2023-02-29T00:00:00",
            "2024-1-01T00:00:00",
            "2024-01-01 00:00:00",
            "2024-01-01T24:00:01",
            "2024-01-01T00:00:00.",
            "0000-01-01T00:00:00",
            "2024-01-01T00:00:00+14:01",
            "02024-01-01T00:00:00",
            "2024-01-01T00:00",
        ] {
            assert!(Moment::parse(Kind::DateTime, bad).is_none(), "{bad}");
        }
        assert!(Moment::parse(Kind::MonthDay, "--02-29").is_some());
        assert!(Moment::parse(Kind::Day, "---31Z").is_some());
        assert!(Moment::parse(Kind::Month, "--13").is_none());
        assert!(Moment::parse(Kind::Year, "2024").is_some());
        assert!(Moment::parse(Kind::YearMonth, "2024-00").is_none());
    }

    #[test]
    fn zones_order_moments() {
        assert_eq!(order(Kind::DateTime, "2024-01-01T08:00:00+08:00", "2024-01-01T00:00:00Z"), Some(Ordering::Equal));
        assert_eq!(order(Kind::DateTime, "2024-01-01T00:00:00.10", "2024-01-01T00:00:00.1"), Some(Ordering::Equal));
        assert_eq!(order(Kind::DateTime, "2024-01-01T00:00:00", "2024-01-01T05:00:00Z"), None);
        assert_eq!(order(Kind::Date, "2024-01-01", "2024-02-01Z"), Some(Ordering::Less));
    }

    #[test]
    fn durations_have_their_form_and_a_partial_order() {
        for bad in ["P", "PT", "P1YT", "1Y", "P1S", "P1.5D", "PT1.S", "P-1Y", "P1D1Y"] {
            assert!(Duration::parse(bad).is_none(), "{bad}");
        }
        let order = |a, b| Duration::parse(a).unwrap().order(&Duration::parse(b).unwrap());
        assert_eq!(order("P1Y", "P12M"), Some(Ordering::Equal));
        assert_eq!(order("P1M", "P30D"), None);
        assert_eq!(order("PT36H", "P1D"), Some(Ordering::Greater));
        assert_eq!(order("-P1D", "PT1S"), Some(Ordering::Less));
        assert_eq!(order("-PT1.5S", "-PT1S"), Some(Ordering::Less));
        assert_eq!(order("-PT0.5S", "PT0.2S"), Some(Ordering::Less));
        assert_eq!(order("-PT0S", "P0Y"), Some(Ordering::Equal));
        assert_eq!(order("P999999999999999999Y", "P999999999999999998Y"), Some(Ordering::Greater));
    }
}
