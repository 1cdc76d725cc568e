//! R-PRD-01: a line of bonded goods names an item of its account book, and agrees with it.
//!
//! Source: domain.md §6.2; texts after -625007 `明细商品[*]没有备案` and -625010 `明细的[*]与备案不一致`, which the
//! official table has for returns; field text `商品编未备案`. HS code, name, units and origin must be those of the book.
//! A book that nobody filed here is refused only if the switch `bonded_book_needed` is on: most books are kept at
//! customs alone. If a product is filed for the item, customs and quarantine must have put it on record; one must be
//! filed if `product_filing_needed` is on.
//!
//! Passes: itemRecordNo 1 of the book, same HS code. Fails: the same line with another origin.

use super::{Refusals, StateRule, View, Wrong};
use crate::domain::{Field, MessageType, codes};
use crate::state::cells::StateError;
use crate::state::filing::books;
use crate::tables::Parameter;

pub(super) const RULE: StateRule =
    StateRule { id: "R-PRD-01", kinds: |kind| kind == MessageType::Ceb621, is_of_firms: false, check };

/// Official code of goods that are not on record; of returns, as the table has none for lists.
const NOT_ON_RECORD: i32 = -625_007;
/// Official code of a line that differs from the record; of returns, as the table has none for lists.
const DIFFERS: i32 = -625_010;

fn check(view: &View<'_>, refusals: &mut Refusals) -> Result<(), StateError> {
    let Some(ems_no) = books::book_of(view.kind, view.facts) else { return Ok(()) };
    let text = |code: i32, value: &str| codes::filled(codes::error_text(code).map_or("", |(zh, _)| zh), &[value]);
    let Some(book) = books::head(view.cells, ems_no)? else {
        if view.tables.switch(Parameter::BondedBookNeeded, view.now) {
            refusals.wrong(Wrong {
                field: Field::EmsNo,
                line: None,
                found: ems_no,
                expected: "",
                official: NOT_ON_RECORD,
                message_zh: format!("账册[{ems_no}]未备案"),
                message_en: format!("no account book {ems_no} is filed"),
            });
        }
        return Ok(());
    };
    if book.to_ms != 0 && book.to_ms <= view.now.0 {
        refusals.wrong(Wrong {
            field: Field::EmsNo,
            line: None,
            found: ems_no,
            expected: "",
            official: NOT_ON_RECORD,
            message_zh: format!("账册[{ems_no}]已过有效期"),
            message_en: format!("the account book {ems_no} has expired"),
        });
    }
    let product_needed = view.tables.switch(Parameter::ProductFilingNeeded, view.now);
    for (index, line) in view.facts.lines.iter().enumerate() {
        let item_no = line.value(Field::ItemRecordNo);
        let row = books::item(view.cells, ems_no, item_no)?;
        let on_record = books::product_is_on_record(view.cells, ems_no, item_no)?.unwrap_or(!product_needed);
        let Some(row) = row.filter(|_| on_record) else {
            refusals.wrong(Wrong {
                field: Field::ItemRecordNo,
                line: Some(index),
                found: item_no,
                expected: "",
                official: NOT_ON_RECORD,
                message_zh: format!("{}：商品编未备案，账册[{ems_no}]", text(NOT_ON_RECORD, item_no)),
                message_en: format!("item {item_no:?} is not on record in account book {ems_no}"),
            });
            continue;
        };
        let pairs = [
            (Field::Gcode, line.value(Field::Gcode), &row.item.hs_code),
            (Field::Gname, line.value(Field::Gname), &row.item.name),
            (Field::Unit, line.unit.as_str(), &row.item.unit),
            (Field::Unit1, line.value(Field::Unit1), &row.item.unit1),
            (Field::Unit2, line.value(Field::Unit2), &row.item.unit2),
            (Field::Country, line.country.as_str(), &row.item.origin),
        ];
        for (field, found, filed) in pairs {
            // The second statutory unit is optional in a list.
            if found == filed || (field == Field::Unit2 && found.is_empty()) {
                continue;
            }
            refusals.wrong(Wrong {
                field,
                line: Some(index),
                found,
                expected: filed,
                official: DIFFERS,
                message_zh: format!("{}：申报[{found}]，备案[{filed}]", text(DIFFERS, field.name())),
                message_en: format!("{} differs from item {item_no} of account book {ems_no}", field.name()),
            });
        }
    }
    Ok(())
}
