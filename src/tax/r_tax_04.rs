//! R-TAX-04: consumption tax is by value, by quantity, or both: CT = (D + duty + q·s) / (1 − c) · c + q·s, and
//! VAT = (D + duty + CT) · v.
//!
//! Source: 消费税暂行条例 [G]; within the limits the duty is 0 and both taxes are charged at 70 %, 财关税〔2018〕49号 [S].
//! D is the dutiable value, q the quantity, s the amount per unit, c and v the rates. Passing: D = 1,000, v = 13 %: 91.00.
//! Failing: VAT on the value alone where there is consumption tax: D = 425, c = 15 % gives VAT 45.50 and not 38.68.

use super::exact::{Exact, ONE, Ratio};
use crate::domain::Amount;
use crate::tables::Tariff;

/// One hundred percent, in units of [`Amount`].
const WHOLE: i128 = 100 * ONE;
/// The highest rate of consumption tax by value that can be divided by what is left of the whole.
const CONSUMPTION_MAX: i128 = 99 * ONE;

/// What of the taxes is charged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shares {
    /// Part of the duty; it is charged before the others and raises them.
    pub duty: Ratio,
    /// Part of consumption tax and VAT.
    pub other: Ratio,
}

/// The taxes of a line, before they are rounded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exacts {
    pub duty: Exact,
    pub consumption: Exact,
    pub vat: Exact,
}

/// Calculates the taxes of a line. The specific part is the quantity's tax: units of 0.00001 CNY, divided by its second.
pub(super) fn calculate(
    dutiable: Amount,
    tariff: &Tariff<'_>,
    is_consumption_due: bool,
    specific: (i128, i128),
    shares: Shares,
) -> Exacts {
    let duty = Ratio::new(tariff.duty_percent.0, WHOLE).times(shares.duty);
    let consumption = if is_consumption_due { tariff.consumption_percent.0.clamp(0, CONSUMPTION_MAX) } else { 0 };
    let specific = if is_consumption_due { Ratio::new(specific.0, specific.1) } else { Ratio::new(0, 1) };
    let left = WHOLE - consumption;
    let raised = Ratio::new(1, 1).plus(duty);
    let by_value = Ratio::new(consumption, left);
    let vat = Ratio::new(tariff.vat_percent.0, left).times(shares.other);
    // The specific part is an amount of one unit times its ratio.
    let of_quantity = |ratio: Ratio| Exact::new(Amount(1), specific.times(ratio));
    let specific_share = by_value.plus(Ratio::new(1, 1)).times(shares.other);
    Exacts {
        duty: Exact::new(dutiable, duty),
        consumption: Exact::new(dutiable, raised.times(by_value).times(shares.other)).plus(of_quantity(specific_share)),
        vat: Exact::new(dutiable, raised.times(vat)).plus(of_quantity(vat)),
    }
}

/// The composite rate within the limits: 70 % of (c + v) / (1 − c), for goods without tax by quantity.
pub(super) fn composite(tariff: &Tariff<'_>, share: Ratio) -> Exact {
    let consumption = tariff.consumption_percent.0.clamp(0, CONSUMPTION_MAX);
    let sum = consumption.saturating_add(tariff.vat_percent.0.max(0));
    Ratio::new(sum, WHOLE - consumption).times(share).exact()
}
