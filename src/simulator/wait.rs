//! Waits and shares as people write them: `250ms`, `5s`, `2h`; `30` of a thousand or `3%`.

/// Units of a wait, in milliseconds; the longer name first where one ends with the other.
const UNITS: [(&str, u64); 5] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// Reads a wait such as `250ms`, `5s`, `10m`, `2h` or `30d`, in milliseconds; `0` needs no unit.
#[must_use]
pub fn parse_wait(text: &str) -> Option<u64> {
    if text == "0" {
        return Some(0);
    }
    let (unit, each_ms) = UNITS.into_iter().find(|(unit, _)| text.ends_with(unit))?;
    let digits = text.strip_suffix(unit).filter(|digits| !digits.is_empty())?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse::<u64>().ok()?.checked_mul(each_ms))?
}

/// A wait as [`parse_wait`] reads it, in the largest unit that holds it.
#[must_use]
pub fn wait_text(wait_ms: u64) -> String {
    if wait_ms == 0 {
        return "0".to_owned();
    }
    let fitting = UNITS.into_iter().rev().find(|(_, each_ms)| wait_ms.is_multiple_of(*each_ms));
    fitting.map_or_else(|| format!("{wait_ms}ms"), |(unit, each_ms)| format!("{}{unit}", wait_ms / each_ms))
}

/// Reads a share of a thousand: `30`, or `3%`.
#[must_use]
pub fn parse_rate(text: &str) -> Option<super::PerMille> {
    let (digits, times) = text.strip_suffix('%').map_or((text, 1), |digits| (digits, 10));
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    super::PerMille::new(digits.parse::<u16>().ok()?.checked_mul(times)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::PerMille;
    use proptest::prelude::*;

    #[test]
    fn waits_have_a_unit() {
        for (text, wait_ms) in [("0", 0), ("250ms", 250), ("5s", 5_000), ("10m", 600_000), ("2h", 7_200_000)] {
            assert_eq!(parse_wait(text), Some(wait_ms), "{text}");
            assert_eq!(wait_text(wait_ms), text);
        }
        assert_eq!(parse_wait("1d"), Some(86_400_000));
        for text in ["", "5", "s", "-1s", "1.5s", "５s", " 5s", "99999999999999999999s", "18446744073709551615d"] {
            assert_eq!(parse_wait(text), None, "{text}");
        }
    }

    #[test]
    fn shares_are_of_a_thousand_or_of_a_hundred() {
        assert_eq!(parse_rate("30"), PerMille::new(30));
        assert_eq!(parse_rate("3%"), PerMille::new(30));
        assert_eq!(parse_rate("100%"), Some(PerMille::ALWAYS));
        for text in ["", "%", "1001", "101%", "-1", "1.5", "65536", "6554%"] {
            assert_eq!(parse_rate(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn waits_are_read_as_they_are_written(wait_ms in any::<u64>()) {
            prop_assert_eq!(parse_wait(&wait_text(wait_ms)), Some(wait_ms));
        }

        #[test]
        fn any_text_never_panics(text in ".*") {
            let _unused = (parse_wait(&text), parse_rate(&text));
        }
    }
}
