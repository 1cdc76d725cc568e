//! The merge of R-EXP-06: which customs declarations a set of closed export lists becomes. Pure.
//!
//! Lists of one consignor, means of transport, destination and exit office (and, if asked for, producer) become one
//! declaration; their lines of one final destination, HS code, currency and unit become one line.

use super::super::facts::Facts;
use crate::domain::limits::PREVIEW_CHARS_MAX;
use crate::domain::{Amount, Field};
use std::collections::BTreeMap;

/// How an application for consolidation wants it merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::state) struct Manner {
    /// summaryFlag 2: producers stay apart; 1: only consignors do.
    pub by_producer: bool,
    /// itemNameFlag 1: the seller's names of goods stay apart; else the class name stands for all.
    pub by_item_name: bool,
}

impl Manner {
    /// As the head of a CEB701 says.
    pub(in crate::state) fn of(application: &Facts) -> Manner {
        Manner {
            by_producer: application.value(Field::SummaryFlag) == "2",
            by_item_name: application.value(Field::ItemNameFlag) == "1",
        }
    }
}

/// What the lists of one declaration have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Together {
    /// Consignor code.
    pub consignor: String,
    /// Producer or seller code; empty if producers are merged.
    pub producer: String,
    /// Transport mode.
    pub transport: String,
    /// Country of arrival.
    pub destination: String,
    /// Exit office.
    pub exit: String,
}

/// What the lines of one merged line have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LineTogether {
    /// Final destination.
    pub destination: String,
    /// HS code.
    pub gcode: String,
    /// Currency.
    pub currency: String,
    /// Declared unit: quantities of two units have no sum.
    pub unit: String,
    /// Seller's name of the goods; empty unless names stay apart.
    pub name: String,
}

/// One merged line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct MergedLine {
    /// Sum of the quantities.
    pub qty: Amount,
    /// Sum of the totals, in the currency of the line.
    pub total: Amount,
    /// Lines of lists that went into it.
    pub lines: u32,
}

/// One customs declaration to be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Merged {
    /// Lists in it.
    pub lists: u32,
    /// Sum of gross and of net weights in kilograms.
    pub weights: (Amount, Amount),
    /// Its lines.
    pub lines: BTreeMap<LineTogether, MergedLine>,
}

/// Merges lists. Every line of every list is in exactly one merged line.
pub(in crate::state) fn merge<'a>(
    lists: impl Iterator<Item = &'a Facts>,
    manner: Manner,
) -> BTreeMap<Together, Merged> {
    let mut declarations: BTreeMap<Together, Merged> = BTreeMap::new();
    for list in lists {
        let key = Together {
            consignor: list.keys.ebc_code.clone(),
            producer: if manner.by_producer { list.value(Field::OwnerCode).to_owned() } else { String::new() },
            transport: list.value(Field::TrafMode).to_owned(),
            destination: list.value(Field::Country).to_owned(),
            exit: list.value(Field::PortCode).to_owned(),
        };
        let declaration = declarations.entry(key).or_default();
        declaration.lists = declaration.lists.saturating_add(1);
        let (gross, net) = declaration.weights;
        let weights = (gross.plus(list.amount(Field::GrossWeight)), net.plus(list.amount(Field::NetWeight)));
        declaration.weights = weights;
        for line in &list.lines {
            let key = LineTogether {
                destination: line.country.clone(),
                gcode: line.value(Field::Gcode).to_owned(),
                currency: line.value(Field::Currency).to_owned(),
                unit: line.unit.clone(),
                name: if manner.by_item_name { line.name.clone() } else { String::new() },
            };
            let merged = declaration.lines.entry(key).or_default();
            merged.qty = merged.qty.plus(Amount::parse(&line.qty).unwrap_or_default());
            merged.total = merged.total.plus(Amount::parse(&line.total).unwrap_or_default());
            merged.lines = merged.lines.saturating_add(1);
        }
    }
    declarations
}

/// One line of text for each merged line, cut at a limit: what the applicant is told at once.
pub(in crate::state) fn preview(declarations: &BTreeMap<Together, Merged>) -> String {
    let mut text = String::new();
    for (number, (key, declaration)) in declarations.iter().enumerate() {
        for (line, sums) in &declaration.lines {
            let row = format!(
                "{} {} {} {} {} {}x{} {}\n",
                number + 1,
                key.destination,
                key.exit,
                line.gcode,
                line.currency,
                sums.qty,
                line.unit,
                sums.total
            );
            if text.chars().count() + row.chars().count() > PREVIEW_CHARS_MAX {
                text.push('…');
                return text;
            }
            text.push_str(&row);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::super::facts::{FieldValue, LineFacts};
    use super::*;
    use proptest::prelude::*;

    fn list(gcode: &str, currency: &str, qty: &str, country: &str) -> Facts {
        let of = |field, text: &str| FieldValue::of(field, text.to_owned());
        let values = [of(Field::Gcode, gcode), of(Field::Currency, currency)].into_iter().flatten().collect();
        let line = LineFacts {
            gnum: 1,
            qty: qty.to_owned(),
            total: qty.to_owned(),
            country: country.to_owned(),
            values,
            ..LineFacts::default()
        };
        Facts { lines: vec![line], ..Facts::default() }
    }

    #[test]
    fn the_worked_example_of_r_exp_06() {
        let lists = [
            list("6109100021", "USD", "5", "US"),
            list("6109100021", "USD", "7", "US"),
            list("6109100021", "EUR", "3", "US"),
        ];
        let merged = merge(lists.iter(), Manner::default());
        let lines: Vec<(String, String)> = merged
            .values()
            .flat_map(|declaration| &declaration.lines)
            .map(|(key, sums)| (key.currency.clone(), sums.qty.to_string()))
            .collect();
        assert_eq!(merged.len(), 1);
        assert_eq!(lines, [("EUR".to_owned(), "3".to_owned()), ("USD".to_owned(), "12".to_owned())]);
        assert_eq!(preview(&merged).lines().count(), 2);
    }

    #[test]
    fn producers_stay_apart_only_if_asked_for() {
        let mut lists = [list("6109100021", "USD", "5", "US"), list("6109100021", "USD", "7", "US")];
        lists[1].values.extend(FieldValue::of(Field::OwnerCode, "P2".to_owned()));
        assert_eq!(merge(lists.iter(), Manner::default()).len(), 1);
        assert_eq!(merge(lists.iter(), Manner { by_producer: true, by_item_name: false }).len(), 2);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_counted_twice(
            lines in prop::collection::vec((0..3_u32, 0..2_u32, 1..100_u32), 0..40)
        ) {
            let lists: Vec<Facts> = lines
                .iter()
                .map(|(code, currency, qty)| list(&code.to_string(), &currency.to_string(), &qty.to_string(), "US"))
                .collect();
            let merged = merge(lists.iter(), Manner::default());
            let sums = merged.values().flat_map(|declaration| declaration.lines.values());
            let all = sums.fold((0, Amount::default()), |(lines, qty), sum| (lines + sum.lines, qty.plus(sum.qty)));
            let expected: u32 = lines.iter().map(|(_, _, qty)| qty).sum();
            prop_assert_eq!((all.0 as usize, all.1.to_string()), (lines.len(), expected.to_string()));
            let backwards = merge(lists.iter().rev(), Manner::default());
            prop_assert_eq!(backwards, merged);
        }
    }
}
