//! Which code list a field takes its values from, what a value of it is called, and what a stranger may mean.

use crate::domain::{Field, codes};
use crate::schema::nearest;

/// A code list of the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CodeList {
    Currency,
    Country,
    Unit,
    CustomsOffice,
    TransportMode,
    TradeMode,
}

impl CodeList {
    /// The list of a field; `None` if its values come from no list.
    #[expect(clippy::wildcard_enum_match_arm, reason = "most fields have no code list")]
    pub(super) fn of(field: Field) -> Option<CodeList> {
        Some(match field {
            Field::Currency | Field::FCurrency | Field::ICurrency => CodeList::Currency,
            Field::Country | Field::TradeCountry => CodeList::Country,
            Field::Unit | Field::Unit1 | Field::Unit2 => CodeList::Unit,
            Field::CustomsCode | Field::PortCode => CodeList::CustomsOffice,
            Field::TrafMode => CodeList::TransportMode,
            Field::TradeMode => CodeList::TradeMode,
            _ => return None,
        })
    }

    /// Chinese name of a code; `None` if the list does not have it.
    pub(super) fn name(self, code: &str) -> Option<&'static str> {
        match self {
            CodeList::Currency => codes::currency(code).map(|currency| currency.name_zh),
            CodeList::Country => codes::country_name_zh(code),
            CodeList::Unit => codes::unit_name_zh(code),
            CodeList::CustomsOffice => codes::customs_office_name_zh(code),
            CodeList::TransportMode => codes::transport_mode_name_zh(code),
            CodeList::TradeMode => codes::trade_mode_name_zh(code),
        }
    }

    /// True if a code is right as far as the list can tell. Those of customs offices and currencies are known
    /// to be incomplete: an office of a known district and any three digits for a currency pass.
    pub(super) fn takes(self, code: &str) -> bool {
        let digits = |count| code.len() == count && code.bytes().all(|byte| byte.is_ascii_digit());
        match self {
            CodeList::Currency => digits(3),
            CodeList::CustomsOffice => digits(4) && code.get(..2).is_some_and(codes::is_customs_district),
            CodeList::Country | CodeList::Unit | CodeList::TransportMode | CodeList::TradeMode => {
                self.name(code).is_some()
            }
        }
    }

    /// The code that was probably meant: of that name or ISO code, else the nearest one.
    pub(super) fn meant(self, found: &str) -> Option<&'static str> {
        let rows = self.rows();
        let named = rows.iter().find(|names| names.iter().skip(1).any(|name| name.eq_ignore_ascii_case(found)));
        if let Some(code) = named.and_then(|names| names.first()) {
            return Some(code);
        }
        nearest(found, rows.iter().filter_map(|names| names.first().copied()))
    }

    /// Each code with the names that it goes by.
    fn rows(self) -> Vec<Vec<&'static str>> {
        match self {
            CodeList::Currency => codes::currency_names(),
            CodeList::Country => codes::country_names(),
            CodeList::Unit => codes::unit_names(),
            CodeList::CustomsOffice => codes::customs_office_names(),
            CodeList::TransportMode => codes::transport_mode_names(),
            CodeList::TradeMode => codes::trade_mode_names(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_iso_codes_and_slips_lead_to_the_code() {
        assert_eq!(CodeList::Currency.meant("CNY"), Some("142"));
        assert_eq!(CodeList::Currency.meant("人民币"), Some("142"));
        assert_eq!(CodeList::Country.meant("jpn"), Some("116"));
        assert_eq!(CodeList::Country.meant("Japan"), Some("116"));
        assert_eq!(CodeList::Unit.meant("千克"), Some("035"));
        assert_eq!(CodeList::CustomsOffice.meant("郑州海关"), Some("4601"));
        assert_eq!(CodeList::TradeMode.meant("9160"), Some("9610"));
        assert_eq!(CodeList::Currency.meant("completely different"), None);
    }

    #[test]
    fn lists_that_are_incomplete_take_plausible_codes() {
        assert!(CodeList::CustomsOffice.takes("4699") && !CodeList::CustomsOffice.takes("7799"));
        assert!(CodeList::Currency.takes("599") && !CodeList::Currency.takes("USD"));
        assert!(CodeList::Country.takes("502") && !CodeList::Country.takes("000"));
    }
}
