//! Check digits of the numbers in documents: resident identity numbers (GB 11643), unified social credit
//! codes (GB 32100), trade item numbers (GTIN); and the shape of customs registration codes.

/// Why a number is not one of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// Length or characters are not those of the kind.
    Shape,
    /// The date in it does not exist.
    Date,
    /// The last character should be this one.
    Check(char),
}

const ID_WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const ID_CHECKS: &[u8; 11] = b"10X98765432";
const USCC_ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
const USCC_WEIGHTS: [u32; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

/// Computes the check character of the first 17 digits of an identity number; `None` if they are not 17 digits.
#[must_use]
pub fn id_number_check(first17: &str) -> Option<char> {
    if first17.len() != 17 {
        return None;
    }
    let mut sum = 0;
    for (byte, weight) in first17.bytes().zip(ID_WEIGHTS) {
        sum += char::from(byte).to_digit(10)? * weight;
    }
    ID_CHECKS.get(usize::try_from(sum % 11).ok()?).map(|b| char::from(*b))
}

/// Checks a resident identity number: 17 digits and a check character, an upper-case `X` only, a date of birth that
/// exists, a division code that begins with a province (11 to 82, 91).
///
/// # Errors
/// [`Wrong`] says which part fails; the check character is looked at last.
///
/// Source: R-ID-01, GB 11643-1999.
pub fn check_id_number(text: &str) -> Result<(), Wrong> {
    let (first17, last) = text.split_at_checked(17).ok_or(Wrong::Shape)?;
    let mut last = last.chars();
    let (Some(given), None) = (last.next(), last.next()) else { return Err(Wrong::Shape) };
    let expected = id_number_check(first17).ok_or(Wrong::Shape)?;
    if !(given.is_ascii_digit() || given == 'X') || !first17.get(..2).is_some_and(is_province) {
        return Err(Wrong::Shape);
    }
    if first17.get(6..14).and_then(crate::domain::Timestamp::parse_ceb).is_none() {
        return Err(Wrong::Date);
    }
    if given == expected { Ok(()) } else { Err(Wrong::Check(expected)) }
}

fn is_province(two: &str) -> bool {
    matches!(two.parse::<u8>(), Ok(11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83 | 91))
}

/// Computes the check character of the first 17 characters of a unified social credit code; `None` if they are not 17
/// characters of its alphabet.
///
/// A remainder of 0 gives `0`, where many published snippets run past their table.
#[must_use]
pub fn uscc_check(first17: &str) -> Option<char> {
    if first17.len() != 17 {
        return None;
    }
    let mut sum = 0;
    for (byte, weight) in first17.bytes().zip(USCC_WEIGHTS) {
        let value = USCC_ALPHABET.iter().position(|known| *known == byte)?;
        sum += u32::try_from(value).ok()? * weight;
    }
    let check = (31 - sum % 31) % 31;
    USCC_ALPHABET.get(usize::try_from(check).ok()?).map(|b| char::from(*b))
}

/// Checks an 18-character unified social credit code.
///
/// # Errors
/// [`Wrong::Shape`] for another length or alphabet (no I, O, S, V, Z), [`Wrong::Check`] for a wrong last character.
///
/// Source: R-ENT-02, GB 32100-2015.
pub fn check_uscc(text: &str) -> Result<(), Wrong> {
    let (first17, last) = text.split_at_checked(17).ok_or(Wrong::Shape)?;
    let mut last = last.bytes();
    let (Some(given), None) = (last.next(), last.next()) else { return Err(Wrong::Shape) };
    if !USCC_ALPHABET.contains(&given) {
        return Err(Wrong::Shape);
    }
    let expected = uscc_check(first17).ok_or(Wrong::Shape)?;
    if char::from(given) == expected { Ok(()) } else { Err(Wrong::Check(expected)) }
}

/// Computes the check digit that follows the given digits of a trade item number; `None` if they are not digits.
#[must_use]
pub fn gtin_check(digits: &str) -> Option<char> {
    let mut sum = 0;
    for (place, byte) in digits.bytes().rev().enumerate() {
        sum += char::from(byte).to_digit(10)? * if place % 2 == 0 { 3 } else { 1 };
    }
    char::from_digit((10 - sum % 10) % 10, 10)
}

/// Checks a GTIN of 8, 12, 13 or 14 digits.
///
/// # Errors
/// [`Wrong::Shape`] for another length or a character that is no digit, [`Wrong::Check`] for a wrong last digit.
///
/// Source: R-INV-10, R-PRD-03, GS1 General Specifications.
pub fn check_gtin(text: &str) -> Result<(), Wrong> {
    if !matches!(text.len(), 8 | 12 | 13 | 14) || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Wrong::Shape);
    }
    let (front, last) = text.split_at_checked(text.len() - 1).ok_or(Wrong::Shape)?;
    let expected = gtin_check(front).ok_or(Wrong::Shape)?;
    if last.starts_with(expected) { Ok(()) } else { Err(Wrong::Check(expected)) }
}

/// Says whether the text has the shape of a 10-character customs registration code.
///
/// Source: R-ENT-01. Letters occur from the fifth place on.
#[must_use]
pub fn is_customs_code(text: &str) -> bool {
    text.len() == 10
        && text.bytes().take(4).all(|b| b.is_ascii_digit())
        && text.bytes().skip(4).all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
}

/// Checks the code of an enterprise: a customs registration code or a unified social credit code, by its length.
///
/// # Errors
/// [`Wrong`] as the code of that length would give; [`Wrong::Shape`] for any other length.
pub fn check_enterprise_code(text: &str) -> Result<(), Wrong> {
    match text.len() {
        10 if is_customs_code(text) => Ok(()),
        18 => check_uscc(text),
        _ => Err(Wrong::Shape),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn published_vectors_are_judged_as_published() {
        assert_eq!(check_uscc("91110000101623741K"), Ok(()));
        assert_eq!(check_uscc("91110000101623741L"), Err(Wrong::Check('K')));
        assert_eq!(check_id_number("11010519491231002X"), Ok(()));
        assert_eq!(check_id_number("330821198809085211"), Err(Wrong::Check('2')));
        assert_eq!(check_gtin("6901234567892"), Ok(()));
        assert_eq!(check_gtin("6901234567893"), Err(Wrong::Check('2')));
    }

    #[test]
    fn a_credit_code_with_remainder_zero_ends_in_zero() {
        // All zeros sum to zero.
        assert_eq!(uscc_check("00000000000000000"), Some('0'));
    }

    #[test]
    fn wrong_shapes_are_named() {
        for text in
            ["", "1101051949123100", "11010519491231002x", "11010519491231002X0", "0101051949123100 X", "身份证"]
        {
            assert_eq!(check_id_number(text), Err(Wrong::Shape), "{text}");
        }
        assert_eq!(check_id_number("11010519490231002X"), Err(Wrong::Date));
        for text in ["", "91110000101623741", "9111000010162374IK", "91110000101623741k", "统一社会信用代码"] {
            assert_eq!(check_uscc(text), Err(Wrong::Shape), "{text}");
        }
        for text in ["", "69012345678", "无", "690123456789x"] {
            assert_eq!(check_gtin(text), Err(Wrong::Shape), "{text}");
        }
    }

    #[test]
    fn every_gtin_length_is_checked() {
        assert_eq!(check_gtin("96385074"), Ok(()));
        assert_eq!(check_gtin("036000291452"), Ok(()));
        assert_eq!(check_gtin("10614141000415"), Ok(()));
    }

    #[test]
    fn enterprise_codes_are_ten_or_eighteen_characters() {
        assert_eq!(check_enterprise_code("4403169D3W"), Ok(()));
        assert_eq!(check_enterprise_code("312226T001"), Ok(()));
        assert_eq!(check_enterprise_code("44O3169D3W"), Err(Wrong::Shape));
        assert_eq!(check_enterprise_code("91110000101623741K"), Ok(()));
        assert_eq!(check_enterprise_code("9111000010162374"), Err(Wrong::Shape));
    }

    /// The text with the character at `place` replaced by another one of the alphabet.
    fn changed(text: &str, place: usize, step: usize, alphabet: &[u8]) -> String {
        let mut bytes = text.as_bytes().to_vec();
        let at = place % bytes.len();
        let old = alphabet.iter().position(|b| *b == bytes[at]).unwrap_or(0);
        bytes[at] = alphabet[(old + 1 + step % (alphabet.len() - 1)) % alphabet.len()];
        String::from_utf8(bytes).unwrap()
    }

    proptest! {
        #[test]
        fn any_one_changed_digit_of_an_identity_number_is_caught(
            year in 1930_u32..2024, month in 1_u32..13, day in 1_u32..29, serial in 0_u32..1000,
            place in 0_usize..17, step in 0_usize..9,
        ) {
            let first = format!("410102{year:04}{month:02}{day:02}{serial:03}");
            let number = format!("{first}{}", id_number_check(&first).unwrap());
            prop_assert_eq!(check_id_number(&number), Ok(()));
            prop_assert!(check_id_number(&changed(&number, place, step, b"0123456789")).is_err());
        }

        #[test]
        fn any_one_changed_character_of_a_credit_code_is_caught(
            values in proptest::collection::vec(0_usize..31, 17), place in 0_usize..18, step in 0_usize..30,
        ) {
            let first: String = values.iter().map(|v| char::from(USCC_ALPHABET[*v])).collect();
            let code = format!("{first}{}", uscc_check(&first).unwrap());
            prop_assert_eq!(check_uscc(&code), Ok(()));
            prop_assert!(check_uscc(&changed(&code, place, step, USCC_ALPHABET)).is_err());
        }

        #[test]
        fn any_one_changed_digit_of_a_gtin_is_caught(
            digits in "[0-9]{12}", place in 0_usize..13, step in 0_usize..9,
        ) {
            let gtin = format!("{digits}{}", gtin_check(&digits).unwrap());
            prop_assert_eq!(check_gtin(&gtin), Ok(()));
            prop_assert!(check_gtin(&changed(&gtin, place, step, b"0123456789")).is_err());
        }

        #[test]
        fn a_text_of_another_length_is_no_number(text in "\\PC{0,9}|\\PC{19,30}") {
            prop_assert!(text.len() == 18 || check_id_number(&text) == Err(Wrong::Shape));
            prop_assert!(text.len() == 18 || check_uscc(&text) == Err(Wrong::Shape));
            prop_assert!(matches!(text.len(), 8 | 12 | 13 | 14) || check_gtin(&text) == Err(Wrong::Shape));
            prop_assert!(matches!(text.len(), 10 | 18) || check_enterprise_code(&text) == Err(Wrong::Shape));
        }
    }
}
