//! The numbers that customs gives: list numbers, consolidation and warehouse-in numbers.

use crate::domain::{Field, Keys, MessageType};
use crate::proof::sha256;

/// Documents a day that get different list numbers: 372 times this fits into nine digits.
const SERIALS_PER_DAY: u64 = 2_680_000;

/// The number that customs gives a document of that type: what it has already, else a made-up one that is the same
/// whenever it is asked for. `None` for types that get none.
///
/// invtNo (R-INV-14): customs office 4, year 4, `I` or `E`, serial 9; sumNo and rkdNo: office 4 and 14 digits. All parts of a
/// consolidation share one sumNo.
pub(super) fn given(kind: MessageType, keys: &Keys) -> Option<(Field, String)> {
    let field = kind.spec()?.given?;
    let held = keys.get(field);
    if !held.is_empty() {
        return Some((field, held.to_owned()));
    }
    let office = office(keys);
    let (day, serial) = pre_no(&keys.pre_no);
    let year = day.get(..4).unwrap_or("2026");
    let number = if field == Field::InvtNo {
        let flag = if kind.is_export() { 'E' } else { 'I' };
        let part = |from: usize| day.get(from..from + 2).and_then(|text| text.parse::<u64>().ok()).unwrap_or(1);
        let day_of_year = part(4).saturating_sub(1) * 31 + part(6).saturating_sub(1);
        format!("{office}{year}{flag}{:09}", day_of_year % 372 * SERIALS_PER_DAY + serial % SERIALS_PER_DAY)
    } else if field == Field::RkdNo {
        format!("{office}{day}{:06}", serial % 1_000_000)
    } else {
        format!("{office}{:014}", digits(&["sumNo", &keys.agent_code, &keys.cop_no]) % 100_000_000_000_000)
    };
    Some((field, number))
}

/// A number of a customs declaration over a consolidation: office, year, 0 for export, nine digits.
pub(super) fn entry_id(keys: &Keys, sum_no: &str) -> String {
    let (day, _) = pre_no(&keys.pre_no);
    let year = day.get(..4).unwrap_or("2026");
    format!("{}{year}0{:09}", office(keys), digits(&["entryId", sum_no]) % 1_000_000_000)
}

/// A number of a declaration in a consolidation: office and 14 digits.
pub(super) fn decl_seq_no(keys: &Keys, sum_no: &str) -> String {
    format!("{}{:014}", office(keys), digits(&["declSeqNo", sum_no]) % 100_000_000_000_000)
}

/// The office of a document; Zhengzhou for what has none.
fn office(keys: &Keys) -> &str {
    let code = keys.customs_code.as_str();
    if code.len() == 4 && code.bytes().all(|byte| byte.is_ascii_digit()) { code } else { "4600" }
}

/// Day and serial of a pre-entry number; numbers of another form are hashed.
fn pre_no(number: &str) -> (&str, u64) {
    let day = number.get(1..9).filter(|day| day.bytes().all(|byte| byte.is_ascii_digit()));
    let serial = number.get(9..).and_then(|serial| serial.parse().ok());
    match (day, serial) {
        (Some(day), Some(serial)) => (day, serial),
        (_, _) => ("20260101", digits(&["preNo", number])),
    }
}

fn digits(parts: &[&str]) -> u64 {
    let parts: Vec<&[u8]> = parts.iter().flat_map(|part| [part.as_bytes(), &[0]]).collect();
    let [a, b, c, d, e, f, g, h, ..] = sha256(&parts);
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn keys(pre_no: &str) -> Keys {
        Keys { pre_no: pre_no.to_owned(), customs_code: "4612".to_owned(), ..Keys::default() }
    }

    #[test]
    fn list_numbers_have_their_form_and_do_not_repeat_in_a_year() {
        let mut seen = BTreeSet::new();
        for day in ["20260101", "20260131", "20260228", "20261231"] {
            for serial in [1, 2, 999, 1_000_000, 2_679_999] {
                let (field, number) =
                    given(MessageType::Ceb621, &keys(&format!("B{day}{serial:09}"))).expect("lists get a number");
                assert_eq!((field, number.len()), (Field::InvtNo, 18), "{number}");
                assert!(number.starts_with("46122026I"), "{number}");
                assert!(seen.insert(number));
            }
        }
        let export = given(MessageType::Ceb603, &keys("B20260501000000001")).expect("lists get a number").1;
        assert!(export.starts_with("46122026E"), "{export}");
    }

    #[test]
    fn a_number_that_is_there_stays_and_parts_share_theirs() {
        let held = Keys { invt_no: "46122026I000000009".to_owned(), ..keys("B20260501000000001") };
        assert_eq!(given(MessageType::Ceb621, &held).expect("a number").1, "46122026I000000009");
        let part = |pre_no: &str| Keys { cop_no: "C1".to_owned(), agent_code: "A".to_owned(), ..keys(pre_no) };
        let first = given(MessageType::Ceb701, &part("B20260501000000001"));
        assert_eq!(first, given(MessageType::Ceb701, &part("B20260502000000007")));
        assert_eq!(first.expect("a number").1.len(), 18);
        assert_eq!(given(MessageType::Ceb711, &keys("B20260501000000001")).expect("a number").1.len(), 18);
        assert_eq!(given(MessageType::Ceb605, &keys("B20260501000000001")), None);
    }

    #[test]
    fn numbers_of_another_form_do_no_harm() {
        for pre_no in ["", "B", "x", "清单清单清单清单", "B2026050Z000000001", "B20260501-1"] {
            let number = given(MessageType::Ceb621, &keys(pre_no)).expect("lists get a number").1;
            assert_eq!(number.chars().count(), 18, "{pre_no} {number}");
        }
    }
}
