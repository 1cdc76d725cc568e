//! R-COD-01 to R-COD-05: codes come from the code lists of the standard. (Trade modes: R-INV-04.)
//!
//! The official schemas have neither patterns nor value lists (R-SCH-05), so this is judged after them.
//! Source: `schemas/codes/*.csv`. Passing: currency `142`, country `116`, unit `035`, customs office `4612`,
//! transport mode `5`. Failing: currency `USD`, country `000`, unit `kg`, customs office `9999`, mode `?`.

use super::code_list::CodeList;
use super::{Findings, Rule, declarations};
use crate::domain::Field;

pub(super) const CURRENCY: Rule = Rule {
    id: "R-COD-01",
    statement: "currencies are customs codes of three digits",
    source: "schemas/codes/currencies.csv",
    kinds: declarations,
    fields: &[Field::Currency, Field::FCurrency, Field::ICurrency],
    check: |findings| check(findings, &[Field::Currency, Field::FCurrency, Field::ICurrency]),
};

pub(super) const COUNTRY: Rule = Rule {
    id: "R-COD-02",
    statement: "countries are customs codes of the list",
    source: "schemas/codes/countries.csv",
    kinds: declarations,
    fields: &[Field::Country, Field::TradeCountry],
    check: |findings| check(findings, &[Field::Country, Field::TradeCountry]),
};

pub(super) const UNIT: Rule = Rule {
    id: "R-COD-03",
    statement: "units are customs codes of the list",
    source: "schemas/codes/units.csv",
    kinds: declarations,
    fields: &[Field::Unit, Field::Unit1, Field::Unit2],
    check: |findings| check(findings, &[Field::Unit, Field::Unit1, Field::Unit2]),
};

pub(super) const CUSTOMS_OFFICE: Rule = Rule {
    id: "R-COD-04",
    statement: "customs offices have four digits and belong to a known district",
    source: "schemas/codes/customs_offices.csv",
    kinds: declarations,
    fields: &[Field::CustomsCode, Field::PortCode],
    check: |findings| check(findings, &[Field::CustomsCode, Field::PortCode]),
};

pub(super) const TRANSPORT_MODE: Rule = Rule {
    id: "R-COD-05",
    statement: "modes of transport are customs codes of the list",
    source: "schemas/codes/transport_modes.csv",
    kinds: declarations,
    fields: &[Field::TrafMode],
    check: |findings| check(findings, &[Field::TrafMode]),
};

fn check(findings: &mut Findings<'_, '_>, fields: &[Field]) {
    findings.each_document(|findings, _, document| {
        let lines = document.lines.iter().enumerate().map(|(index, line)| (Some(index), line));
        for (line, part) in std::iter::once((None, &document.head)).chain(lines) {
            for field in fields {
                let Some(list) = CodeList::of(*field) else { continue };
                if let Some(value) = part.given(*field).filter(|value| !list.takes(&value.text)) {
                    let (zh, en) =
                        (format!("[{}]不在代码表中", value.text), format!("{} is no known code", value.text));
                    findings.breaks(*field, value, line, "", &zh, &en);
                }
            }
        }
    });
}
