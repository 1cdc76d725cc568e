//! Amounts and quantities: N19,5 of the standard, exact.

use std::fmt;

/// Digits after the point that the standard allows.
const SCALE: u32 = 5;
/// One whole, in units of the last digit.
const ONE: i128 = 10_i128.pow(SCALE);

/// A decimal number with at most 14 digits before and 5 after the point, in units of 0.00001.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Amount(pub i128);

impl Amount {
    /// Reads a decimal such as `-12.30`; `None` if it is none or has more digits than N19,5 can hold.
    #[must_use]
    pub fn parse(text: &str) -> Option<Amount> {
        let (negative, digits) = match text.as_bytes().first()? {
            b'-' => (true, text.get(1..)?),
            b'+' => (false, text.get(1..)?),
            _ => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let fraction = fraction.trim_end_matches('0');
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && !digits.contains('.')) || digits == "." || !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let whole = whole.trim_start_matches('0');
        if whole.len() > 19 || fraction.len() > SCALE as usize {
            return None;
        }
        let read = |part: &str| part.bytes().fold(0_i128, |sum, byte| sum * 10 + i128::from(byte - b'0'));
        let pad = 10_i128.pow(SCALE - u32::try_from(fraction.len()).ok()?);
        let units = read(whole) * ONE + read(fraction) * pad;
        Some(Amount(if negative { -units } else { units }))
    }

    /// The sum; amounts of at most 19 digits cannot overflow it in any batch that the limits allow.
    #[must_use]
    pub fn plus(self, other: Amount) -> Amount {
        Amount(self.0.saturating_add(other.0))
    }

    /// The difference.
    #[must_use]
    pub fn minus(self, other: Amount) -> Amount {
        Amount(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Amount {
    /// Canonical: no plus, no leading or trailing zeros, no point without digits after it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) =
            (self.0.unsigned_abs() / ONE.unsigned_abs(), self.0.unsigned_abs() % ONE.unsigned_abs());
        if self.0 < 0 {
            f.write_str("-")?;
        }
        write!(f, "{whole}")?;
        if fraction == 0 {
            return Ok(());
        }
        let (mut digits, mut width) = (fraction, SCALE as usize);
        while digits % 10 == 0 {
            (digits, width) = (digits / 10, width - 1);
        }
        write!(f, ".{digits:0width$}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_worked_example_of_r_m3_04_adds_up() {
        let [goods, freight, tax, coupon] =
            ["298.00", "12.00", "28.21", "20.00"].map(|text| Amount::parse(text).expect("a decimal"));
        assert_eq!(goods.plus(freight).plus(tax).minus(coupon).to_string(), "318.21");
    }

    #[test]
    fn what_is_no_decimal_is_refused() {
        for text in ["", "-", ".", "1e3", "1.234567", "99999999999999999999", "１", "1 ", "--1", "0x1"] {
            assert_eq!(Amount::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn text_and_back_is_identity(units in -9_999_999_999_999_999_999_i128..=9_999_999_999_999_999_999) {
            prop_assert_eq!(Amount::parse(&Amount(units).to_string()), Some(Amount(units)));
        }

        #[test]
        fn any_text_never_panics(text in ".*") {
            let _unused = Amount::parse(&text);
        }
    }
}
