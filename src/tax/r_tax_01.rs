//! R-TAX-01: consumption tax with a lowest price, as of high-end cosmetics, is due from that price of a unit on.
//!
//! Source: customs in 人民日报 2025-11-14 [S]: 15 % from 10 CNY per ml or g, or 15 CNY per piece; that exactly the price is
//! taxed [G]. Table `tariff`, `consumption_from` and `consumption_unit`. Taxed: 425 CNY for 20 g, 21.25 per gram. Not taxed:
//! 180 CNY for 20 g, 9 per gram.

use super::exact::ONE;
use super::quantity::{Quantity, in_unit};
use crate::domain::Amount;
use crate::tables::Tariff;

/// What a lowest price makes of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// There is none, or the line reaches it.
    Yes,
    /// The line is below it.
    No,
    /// The line names no quantity in the unit of the price.
    Unknown,
}

/// Whether the dutiable value of a line reaches the lowest price of its goods.
#[must_use]
pub fn reaches_price(dutiable: Amount, quantities: &[Quantity<'_>], tariff: &Tariff<'_>) -> Reached {
    let Some(from) = tariff.consumption_from else { return Reached::Yes };
    let Some((quantity, per)) = in_unit(quantities, tariff.consumption_unit) else { return Reached::Unknown };
    // dutiable / (quantity / per) >= from, without a division.
    let value = dutiable.0.saturating_mul(ONE).saturating_mul(per);
    if value >= from.0.saturating_mul(quantity) { Reached::Yes } else { Reached::No }
}
