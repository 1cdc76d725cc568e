//! The reference pages of the message types and of the rules, made from the schemas, the rules, the table of types and the samples. Pure.
//!
//! `swx docs messages --out docs/messages` writes them; a test keeps those of the repository in step.

mod meaning;
mod page;
mod rules;
mod xsd;

pub use rules::rules_page;

use crate::domain::SPECS;
use std::fmt::Write as _;

/// Why pages could not be made: a carried file is not as expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {what}")]
pub struct Error {
    /// The file.
    pub file: String,
    /// What is wrong with it.
    pub what: String,
}

/// All pages by file name: one for each message type, and `README.md` with the table of types.
///
/// # Errors
/// [`Error`] if a carried schema or table cannot be read; a test sees to it that all can.
pub fn pages() -> Result<Vec<(String, String)>, Error> {
    let types = xsd::Types::carried()?;
    let meanings = meaning::Meanings::carried()?;
    let mut pages = vec![("README.md".to_owned(), index())];
    for spec in SPECS {
        let rows = types.rows(spec)?;
        pages.push((format!("CEB{}.md", spec.kind as i32), page::page(spec, &rows, &meanings)));
    }
    Ok(pages)
}

fn index() -> String {
    let mut out = String::from(
        "# The messages\n\nOne page for each type of edition 202205, made by `swx docs messages`; do not edit them by hand.\n\n\
         | message | 单证 | document | sent by | answered by |\n|---|---|---|---|---|\n",
    );
    for spec in SPECS {
        let number = spec.kind as i32;
        let (zh, en) = spec.title;
        let row = format!(
            "| [CEB{number}](CEB{number}.md) | {zh} | {en} | {} | {} |",
            page::senders(spec),
            page::answer(spec)
        );
        writeln!(out, "{row}").expect("a string takes all text");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_every_type_has_a_meaning_and_every_meaning_a_field() {
        let types = xsd::Types::carried().unwrap();
        let meanings = meaning::Meanings::carried().unwrap();
        let mut used = std::collections::HashSet::new();
        let mut lacking = Vec::new();
        for spec in SPECS {
            for row in types.rows(spec).unwrap().iter().filter(|row| row.is_field) {
                match meanings.find(&row.path, spec.kind) {
                    Some(found) => drop(used.insert(found.place)),
                    None => lacking.push(format!("{:?} {}", spec.kind, row.path)),
                }
            }
        }
        assert_eq!(lacking, Vec::<String>::new());
        let idle: Vec<&str> = meanings.all().filter(|row| !used.contains(&row.place)).map(|row| &*row.field).collect();
        assert_eq!(idle, Vec::<&str>::new());
    }

    #[test]
    fn rows_have_the_type_and_cardinality_of_the_schema() {
        let types = xsd::Types::carried().unwrap();
        let rows = types.rows(crate::domain::Spec::of(crate::domain::MessageType::Ceb621).unwrap()).unwrap();
        let row = |path: &str| rows.iter().find(|row| row.path == path).unwrap_or_else(|| panic!("{path}"));
        assert_eq!(
            (row("Inventory").occurs(), row("BaseSubscribe").occurs()),
            ("1..100".to_owned(), "0..5".to_owned())
        );
        assert_eq!(row("Inventory/InventoryHead/orderNo").value, "text 1..60");
        assert_eq!(row("Inventory/InventoryHead/currency").value, "text 3, fixed 142");
        assert_eq!(row("Inventory/InventoryList/qty").value, "number 19,5");
        assert_eq!(row("@guid").value, "text 36");
        assert_eq!(row("BaseTransfer/dxpId").zh, "报文传输编号");
        assert_eq!(rows.last().unwrap().path, "Signature");
    }
}
