//! R-INV-16: weights are above zero and net is not above gross; a line's total is its price times its quantity.
//!
//! Source: specification 202205, text of the order (totalPrice = price × qty); the weights are general
//! knowledge, the tolerance of 0.01 is ours. A gift has price 0 and total 0. Passing: 2 × 9.90 = 19.80. Failing:
//! 2 × 9.90 = 19.00.

use super::{Findings, Rule};
use crate::domain::{Amount, Field, MessageType, Value};
use crate::tables::Parameter;

pub(super) const RULE: Rule = Rule {
    id: "R-INV-16",
    statement: "grossWeight and netWeight are above 0, netWeight is not above grossWeight, totalPrice is price × qty within 0.01",
    source: "specification 202205, CEB311 text; weights: general knowledge",
    kinds: |kind| matches!(kind, MessageType::Ceb311 | MessageType::Ceb303 | MessageType::Ceb621 | MessageType::Ceb603),
    fields: &[Field::GrossWeight, Field::NetWeight, Field::Price, Field::Qty, Field::TotalPrice],
    check,
};

fn check(findings: &mut Findings<'_, '_>) {
    let tolerance = findings.figures.tables.amount(Parameter::PriceTolerance, findings.figures.at);
    findings.each_document(|findings, _, document| {
        let head = &document.head;
        let amount = |value: &Value<'_>| Amount::parse(&value.text);
        for field in [Field::GrossWeight, Field::NetWeight] {
            if let Some(value) = head.given(field).filter(|value| amount(value) <= Some(Amount::default())) {
                findings.breaks(field, value, None, "> 0", "应大于0", "must be above 0");
            }
        }
        if let (Some(gross), Some(net)) = (head.given(Field::GrossWeight), head.given(Field::NetWeight))
            && amount(net) > amount(gross)
        {
            let expected = format!("≤ {}", gross.text);
            let (zh, en) = (format!("大于毛重[{}]", gross.text), format!("is above the gross weight {}", gross.text));
            findings.breaks(Field::NetWeight, net, None, &expected, &zh, &en);
        }
        for (index, line) in document.lines.iter().enumerate() {
            let [price, qty, total] = [Field::Price, Field::Qty, Field::TotalPrice].map(|field| line.given(field));
            let (Some(price), Some(qty), Some(total)) = (price, qty, total) else { continue };
            let (Some(p), Some(q), Some(t)) = (amount(price), amount(qty), amount(total)) else { continue };
            if !is_product(p, q, t, tolerance) {
                let expected = format!("{} × {}", price.text, qty.text);
                let (zh, en) = (format!("不等于单价×数量 {expected}"), format!("is not price × quantity, {expected}"));
                findings.breaks(Field::TotalPrice, total, Some(index), &expected, &zh, &en);
            }
        }
    });
}

/// Units of an amount in one: a product of two amounts has so many times as many.
const ONE: i128 = 100_000;

/// True if the total is the product within the tolerance. A product too large for exact arithmetic is no total.
fn is_product(price: Amount, qty: Amount, total: Amount, tolerance: Amount) -> bool {
    let allowed = tolerance.0.saturating_mul(ONE).unsigned_abs();
    let product = price.0.checked_mul(qty.0);
    product.is_some_and(|product| product.abs_diff(total.0.saturating_mul(ONE)) <= allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tolerance_is_a_hundredth() {
        let is = |price, qty, total| {
            let [price, qty, total] = [price, qty, total].map(|text| Amount::parse(text).unwrap());
            is_product(price, qty, total, Amount(1_000))
        };
        assert!(is("9.9", "2", "19.80") && is("9.9", "2", "19.81") && is("0", "3", "0"));
        assert!(!is("9.9", "2", "19.8101") && !is("9.9", "2", "19"));
        assert!(!is("9999999999999999999", "9999999999999999999", "1"));
    }
}
