//! Code lists as sorted static tables: currencies, countries, units, customs offices, modes, error texts.
//!
//! The tables are parsed from `schemas/codes/*.csv`, built into the program, at first use. A look-up is a binary search
//! and allocates nothing. The lists are those of the standard's edition; a code missing here may be newer than they are.

use std::sync::LazyLock;

/// A country or region as CEB messages name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Country {
    /// Customs code, three digits.
    pub code: &'static str,
    /// ISO 3166 alpha-3 code; empty for the "other" entries.
    pub iso3: &'static str,
    /// Chinese name.
    pub name_zh: &'static str,
    /// English name; empty for a few entries that are no countries.
    pub name_en: &'static str,
}

/// A currency as CEB messages name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Currency {
    /// Customs code, three digits.
    pub code: &'static str,
    /// ISO 4217 code.
    pub iso4217: &'static str,
    /// Chinese name.
    pub name_zh: &'static str,
}

/// The text of a result code; `[*]` stands for a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorText {
    /// The code: below 0 in receipts, 1 to 3999 in transport answers.
    pub code: i32,
    /// What it is about: `order`, `payment`, `inventory`, …
    pub group: &'static str,
    /// Chinese text.
    pub zh: &'static str,
    /// English text.
    pub en: &'static str,
}

static COUNTRIES: LazyLock<Vec<[&'static str; 4]>> =
    LazyLock::new(|| rows(include_str!("../../schemas/codes/countries.csv")));
static CURRENCIES: LazyLock<Vec<[&'static str; 3]>> =
    LazyLock::new(|| rows(include_str!("../../schemas/codes/currencies.csv")));
static UNITS: LazyLock<Vec<[&'static str; 2]>> = LazyLock::new(|| rows(include_str!("../../schemas/codes/units.csv")));
static CUSTOMS_OFFICES: LazyLock<Vec<[&'static str; 2]>> =
    LazyLock::new(|| rows(include_str!("../../schemas/codes/customs_offices.csv")));
static TRANSPORT_MODES: LazyLock<Vec<[&'static str; 2]>> =
    LazyLock::new(|| rows(include_str!("../../schemas/codes/transport_modes.csv")));
static TRADE_MODES: LazyLock<Vec<[&'static str; 2]>> =
    LazyLock::new(|| rows(include_str!("../../schemas/codes/trade_modes.csv")));
static ERROR_TEXTS: LazyLock<Vec<ErrorText>> = LazyLock::new(|| {
    let mut texts: Vec<ErrorText> = rows(include_str!("../../schemas/codes/error_codes.csv"))
        .into_iter()
        .map(|[code, group, zh, en]| ErrorText {
            code: code.parse().expect("the built-in table holds whole numbers"),
            group,
            zh,
            en,
        })
        .collect();
    // Stable: of two texts for one code the first in the file stays first.
    texts.sort_by_key(|text| text.code);
    texts
});

/// Finds a country by its customs code.
#[must_use]
pub fn country(code: &str) -> Option<Country> {
    find(&COUNTRIES, code).map(|[code, iso3, name_zh, name_en]| Country { code, iso3, name_zh, name_en })
}

/// Finds a currency by its customs code.
#[must_use]
pub fn currency(code: &str) -> Option<Currency> {
    find(&CURRENCIES, code).map(|[code, iso4217, name_zh]| Currency { code, iso4217, name_zh })
}

/// Says whether there is a country of that customs code.
#[must_use]
pub fn is_country(code: &str) -> bool {
    country(code).is_some()
}

/// Says whether there is a currency of that customs code.
#[must_use]
pub fn is_currency(code: &str) -> bool {
    currency(code).is_some()
}

/// The Chinese name of a country.
#[must_use]
pub fn country_name_zh(code: &str) -> Option<&'static str> {
    country(code).map(|country| country.name_zh)
}

/// The Chinese name of a unit of quantity.
#[must_use]
pub fn unit_name_zh(code: &str) -> Option<&'static str> {
    find(&UNITS, code).map(|[_, name]| name)
}

/// Says whether there is a unit of that customs code.
#[must_use]
pub fn is_unit(code: &str) -> bool {
    unit_name_zh(code).is_some()
}

/// The Chinese name of a customs office.
#[must_use]
pub fn customs_office_name_zh(code: &str) -> Option<&'static str> {
    find(&CUSTOMS_OFFICES, code).map(|[_, name]| name)
}

/// Says whether there is a customs office of that code.
#[must_use]
pub fn is_customs_office(code: &str) -> bool {
    customs_office_name_zh(code).is_some()
}

/// The Chinese name of a mode of transport.
#[must_use]
pub fn transport_mode_name_zh(code: &str) -> Option<&'static str> {
    find(&TRANSPORT_MODES, code).map(|[_, name]| name)
}

/// Says whether there is a mode of transport of that code.
#[must_use]
pub fn is_transport_mode(code: &str) -> bool {
    transport_mode_name_zh(code).is_some()
}

/// The Chinese name of a supervision (trade) mode.
#[must_use]
pub fn trade_mode_name_zh(code: &str) -> Option<&'static str> {
    find(&TRADE_MODES, code).map(|[_, name]| name)
}

/// Says whether there is a supervision (trade) mode of that code.
#[must_use]
pub fn is_trade_mode(code: &str) -> bool {
    trade_mode_name_zh(code).is_some()
}

/// Says whether a customs office begins with these two digits: those of its district.
#[must_use]
pub fn is_customs_district(digits: &str) -> bool {
    let offices = CUSTOMS_OFFICES.as_slice();
    let from = offices.partition_point(|[code, _]| *code < digits);
    digits.len() == 2 && offices.get(from).is_some_and(|[code, _]| code.starts_with(digits))
}

/// Each currency code with its ISO 4217 code and Chinese name.
#[must_use]
pub fn currency_names() -> Vec<Vec<&'static str>> {
    CURRENCIES.iter().map(|row| row.to_vec()).collect()
}

/// Each country code with its ISO 3166 code, Chinese and English name.
#[must_use]
pub fn country_names() -> Vec<Vec<&'static str>> {
    COUNTRIES.iter().map(|row| row.to_vec()).collect()
}

/// Each unit code with its Chinese name.
#[must_use]
pub fn unit_names() -> Vec<Vec<&'static str>> {
    UNITS.iter().map(|row| row.to_vec()).collect()
}

/// Each customs office with its Chinese name.
#[must_use]
pub fn customs_office_names() -> Vec<Vec<&'static str>> {
    CUSTOMS_OFFICES.iter().map(|row| row.to_vec()).collect()
}

/// Each mode of transport with its Chinese name.
#[must_use]
pub fn transport_mode_names() -> Vec<Vec<&'static str>> {
    TRANSPORT_MODES.iter().map(|row| row.to_vec()).collect()
}

/// Each supervision (trade) mode with its Chinese name.
#[must_use]
pub fn trade_mode_names() -> Vec<Vec<&'static str>> {
    TRADE_MODES.iter().map(|row| row.to_vec()).collect()
}

/// The texts of a result code; the official table prints a few codes with two. Empty if it is unknown.
#[must_use]
pub fn error_texts(code: i32) -> &'static [ErrorText] {
    let texts = ERROR_TEXTS.as_slice();
    let from = texts.partition_point(|text| text.code < code);
    let to = texts.partition_point(|text| text.code <= code);
    texts.get(from..to).unwrap_or_default()
}

/// The first text of a result code, in Chinese and in English.
#[must_use]
pub fn error_text(code: i32) -> Option<(&'static str, &'static str)> {
    error_texts(code).first().map(|text| (text.zh, text.en))
}

/// Puts the values in the places of `[*]`, in order; a place without a value becomes `?`, a value without a place is
/// left out.
#[must_use]
pub fn filled(template: &str, values: &[&str]) -> String {
    let mut text = String::with_capacity(template.len() + values.iter().map(|value| value.len()).sum::<usize>());
    let mut values = values.iter();
    let mut pieces = template.split("[*]");
    text.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        text.push_str(values.next().copied().unwrap_or("?"));
        text.push_str(piece);
    }
    text
}

fn find<const N: usize>(table: &[[&'static str; N]], code: &str) -> Option<[&'static str; N]> {
    let at = table.binary_search_by(|row| row.first().copied().unwrap_or_default().cmp(code)).ok()?;
    table.get(at).copied()
}

/// The rows of a built-in table, sorted by their first column; comment line and heading are left out.
fn rows<const N: usize>(csv: &'static str) -> Vec<[&'static str; N]> {
    let mut rows: Vec<[&'static str; N]> = csv.lines().filter(|line| !line.starts_with('#')).skip(1).map(row).collect();
    rows.sort_by_key(|row| row.first().copied());
    rows
}

/// Splits a line at its commas. A field may stand in quotes, which the tables never put inside one.
fn row<const N: usize>(line: &'static str) -> [&'static str; N] {
    let mut fields = [""; N];
    let mut rest = line;
    for field in &mut fields {
        let (value, after) = match rest.strip_prefix('"').and_then(|quoted| quoted.split_once('"')) {
            Some((value, after)) => (value, after.strip_prefix(',').unwrap_or(after)),
            None => rest.split_once(',').unwrap_or((rest, "")),
        };
        *field = value;
        rest = after;
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_ordinary_documents_are_known() {
        assert!(is_currency("142") && is_country("142") && is_unit("035") && is_customs_office("4612"));
        assert!(is_transport_mode("5") && is_trade_mode("9610") && is_trade_mode("1210"));
        assert_eq!(country_name_zh("116"), Some("日本"));
        assert_eq!(currency("142").map(|c| c.iso4217), Some("CNY"));
        assert_eq!(customs_office_name_zh("4604"), Some("郑州机办"));
    }

    #[test]
    fn unknown_codes_are_unknown() {
        for code in ["", "1", "14", "1420", "CNY", "人民币"] {
            assert!(!is_currency(code) && !is_country(code) && !is_unit(code), "{code}");
        }
    }

    #[test]
    fn a_quoted_name_keeps_its_comma() {
        assert_eq!(country("133").map(|c| (c.iso3, c.name_en)), Some(("KOR", "Korea, Rep.")));
    }

    #[test]
    fn every_table_has_all_its_rows_and_columns() {
        assert_eq!(COUNTRIES.len(), 243);
        assert_eq!(CURRENCIES.len(), 22);
        assert_eq!(UNITS.len(), 123);
        assert_eq!(CUSTOMS_OFFICES.len(), 990);
        assert_eq!(ERROR_TEXTS.len(), 177);
        assert!(ERROR_TEXTS.iter().all(|text| !text.zh.is_empty() && !text.en.is_empty() && !text.group.is_empty()));
        assert!(COUNTRIES.iter().all(|row| row[0].len() == 3 && !row[2].is_empty()));
        assert!(CUSTOMS_OFFICES.iter().all(|row| row[0].len() == 4 && !row[1].is_empty()));
    }

    #[test]
    fn no_code_stands_twice_in_a_name_table() {
        for table in [&*UNITS, &*CUSTOMS_OFFICES, &*TRANSPORT_MODES, &*TRADE_MODES] {
            assert!(table.windows(2).all(|pair| pair[0][0] < pair[1][0]));
        }
    }

    #[test]
    fn error_texts_take_their_values() {
        let (zh, en) = error_text(-621_004).unwrap();
        assert_eq!(filled(zh, &["SO1"]), "清单SO1已经申报过，请勿重复申报");
        assert_eq!(en, "already declared");
        let (zh, _) = error_text(-621_005).unwrap();
        assert_eq!(filled(zh, &["5000.00"]), "购买金额超过单笔限额[5000.00]");
        assert_eq!(filled("[*]与[*]", &["甲"]), "甲与?");
        assert_eq!(error_text(-1), None);
    }

    #[test]
    fn a_code_printed_twice_keeps_both_texts() {
        assert_eq!(error_texts(-621_027).len(), 2);
        assert_eq!(error_text(-621_027).map(|(zh, _)| zh), Some("请确认表体gnum 无重复！"));
    }
}
