//! Exact comparison of decimal numbers of any length, as text. No float, no limit, no allocation.

use std::cmp::Ordering;

/// A decimal number as the digits that matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decimal<'a> {
    negative: bool,
    /// No leading zeros.
    whole: &'a [u8],
    /// No trailing zeros.
    fraction: &'a [u8],
}

impl<'a> Decimal<'a> {
    /// Reads `[+-]? ([0-9]+ (. [0-9]*)? | . [0-9]+)`.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let bytes = text.as_bytes();
        let (negative, digits) = match bytes.split_first()? {
            (b'-', rest) => (true, rest),
            (b'+', rest) => (false, rest),
            _ => (false, bytes),
        };
        let whole_len = digits.iter().position(|b| !b.is_ascii_digit()).unwrap_or(digits.len());
        let (whole, rest) = digits.split_at(whole_len);
        let fraction = match rest.split_first() {
            None => &[],
            Some((b'.', fraction)) if fraction.iter().all(u8::is_ascii_digit) => fraction,
            Some(_) => return None,
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let zeros = whole.iter().take_while(|b| **b == b'0').count();
        let whole = whole.get(zeros..).unwrap_or_default();
        let kept = fraction.iter().rposition(|b| *b != b'0').map_or(0, |last| last + 1);
        let fraction = fraction.get(..kept).unwrap_or_default();
        let zero = whole.is_empty() && fraction.is_empty();
        Some(Decimal { negative: negative && !zero, whole, fraction })
    }

    /// Digits in all: those of the whole part and those behind the point, without padding zeros.
    pub(super) fn digits_total(&self) -> usize {
        (self.whole.len() + self.fraction.len()).max(1)
    }

    /// The number in one form: no leading zeros, no trailing ones, no sign of zero.
    pub(super) fn canonical(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        let text = |digits: &[u8]| String::from_utf8_lossy(digits).into_owned();
        format!("{sign}{}.{}", text(self.whole), text(self.fraction))
    }

    /// Digits behind the point, without padding zeros.
    pub(super) fn digits_fraction(&self) -> usize {
        self.fraction.len()
    }
}

impl Ord for Decimal<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let size = || {
            let whole = self.whole.len().cmp(&other.whole.len()).then_with(|| self.whole.cmp(other.whole));
            whole.then_with(|| self.fraction.cmp(other.fraction))
        };
        match (self.negative, other.negative) {
            (false, false) => size(),
            (true, true) => size().reverse(),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Decimal<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Whether the text is `[+-]?[0-9]+`.
pub(super) fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal<'_> {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn order_is_that_of_the_numbers() {
        for (low, high) in [
            ("-1", "0"),
            ("-10", "-9.99"),
            ("0.1", "0.11"),
            ("9", "10"),
            ("123456789012345678901234567890.1", "123456789012345678901234567890.2"),
            (".5", "1."),
        ] {
            assert!(decimal(low) < decimal(high), "{low} < {high}");
        }
        for (a, b) in [("-0", "0"), ("+1.50", "01.5"), ("007", "7.000")] {
            assert_eq!(decimal(a), decimal(b));
        }
    }

    #[test]
    fn other_texts_are_no_decimals() {
        for text in ["", "+", ".", "1e5", "1,5", "--1", "1.2.3", "０", " 1"] {
            assert!(Decimal::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn digits_count_without_padding() {
        assert_eq!((decimal("0012.3400").digits_total(), decimal("0012.3400").digits_fraction()), (4, 2));
        assert_eq!(decimal("0.00").digits_total(), 1);
    }
}
