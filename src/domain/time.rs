//! Time of ledger entries, and the CEB renderings of it.

use std::fmt;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

/// CEB times are China Standard Time, UTC+8, without daylight saving since 1991.
const CHINA_OFFSET_SECONDS: i32 = 8 * 3600;

impl Timestamp {
    fn civil(self) -> jiff::civil::DateTime {
        let at = jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let offset = jiff::tz::Offset::from_seconds(CHINA_OFFSET_SECONDS).expect("eight hours is a legal offset");
        offset.to_datetime(at)
    }

    /// `yyyyMMddHHmmssSSS` in UTC+8, the form of `returnTime` (17 characters).
    #[must_use]
    pub fn ceb17(self) -> String {
        let t = self.civil();
        format!(
            "{:04}{:02}{:02}{:02}{:02}{:02}{:03}",
            t.year(),
            t.month(),
            t.day(),
            t.hour(),
            t.minute(),
            t.second(),
            t.millisecond()
        )
    }

    /// `yyyyMMddHHmmss` in UTC+8, the form of `appTime` (14 characters).
    #[must_use]
    pub fn ceb14(self) -> String {
        let mut text = self.ceb17();
        text.truncate(14);
        text
    }

    /// `yyyyMMdd` in UTC+8, the form of `declTime` (8 characters).
    #[must_use]
    pub fn ceb8(self) -> String {
        let mut text = self.ceb17();
        text.truncate(8);
        text
    }

    /// The calendar year in UTC+8.
    #[must_use]
    pub fn year(self) -> u32 {
        u32::try_from(self.civil().year()).unwrap_or_default()
    }

    /// The last millisecond, in UTC+8, of the day that is so many months and days after the day of this time. The day
    /// itself is day 0; a month that is too short ends on its last day. The time itself if there is no such day.
    #[must_use]
    pub fn end_of_day_after(self, months: i64, days: i64) -> Timestamp {
        let later = || {
            let span = jiff::Span::new().try_months(months).ok()?.try_days(days.checked_add(1)?).ok()?;
            let day = self.civil().date().checked_add(span).ok()?;
            let offset = jiff::tz::Offset::from_seconds(CHINA_OFFSET_SECONDS).ok()?;
            let midnight = offset.to_timestamp(day.to_datetime(jiff::civil::Time::midnight())).ok()?;
            Some(Timestamp(midnight.as_millisecond().checked_sub(1)?))
        };
        later().unwrap_or(self)
    }

    /// Reads `yyyyMMdd`, `yyyyMMddHHmmss` or `yyyyMMddHHmmssSSS` in UTC+8; `None` if it is no such time.
    #[must_use]
    pub fn parse_ceb(text: &str) -> Option<Timestamp> {
        if !text.bytes().all(|b| b.is_ascii_digit()) || !matches!(text.len(), 8 | 14 | 17) {
            return None;
        }
        let number = |from: usize, to: usize| -> Option<i64> {
            if from >= text.len() { Some(0) } else { text.get(from..to)?.parse().ok() }
        };
        let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
        let (hour, minute, second, milli) = (number(8, 10)?, number(10, 12)?, number(12, 14)?, number(14, 17)?);
        let civil = jiff::civil::DateTime::new(
            i16::try_from(year).ok()?,
            i8::try_from(month).ok()?,
            i8::try_from(day).ok()?,
            i8::try_from(hour).ok()?,
            i8::try_from(minute).ok()?,
            i8::try_from(second).ok()?,
            i32::try_from(milli * 1_000_000).ok()?,
        )
        .ok()?;
        let offset = jiff::tz::Offset::from_seconds(CHINA_OFFSET_SECONDS).ok()?;
        Some(Timestamp(offset.to_timestamp(civil).ok()?.as_millisecond()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let t = self.civil();
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}+08:00",
            t.year(),
            t.month(),
            t.day(),
            t.hour(),
            t.minute(),
            t.second(),
            t.millisecond()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ceb_times_are_eight_hours_ahead_of_utc() {
        assert_eq!(Timestamp(0).ceb17(), "19700101080000000");
        assert_eq!(Timestamp::parse_ceb("19700101080000"), Some(Timestamp(0)));
    }

    #[test]
    fn periods_are_counted_in_days_of_china_from_day_0() {
        let released = Timestamp::parse_ceb("20260601093000").expect("a time");
        assert_eq!(released.end_of_day_after(0, 30).ceb17(), "20260701235959999");
        assert_eq!(released.end_of_day_after(0, 45).ceb17(), "20260716235959999");
        let leap = Timestamp::parse_ceb("20240229230000").expect("a time");
        assert_eq!(leap.end_of_day_after(12, 0).ceb17(), "20250228235959999");
        assert_eq!(leap.end_of_day_after(i64::MAX, 0), leap, "there is no such day");
    }

    #[test]
    fn impossible_times_are_not_times() {
        for text in ["20240230", "20240101250000", "2024010", "2024010a", "20241301000000", ""] {
            assert_eq!(Timestamp::parse_ceb(text), None, "{text}");
        }
    }
}
