//! Limits and taxes of retail imports: arithmetic in whole numbers over the dated tables. Pure.
//!
//! [`decide`] says whether a transaction is within the limits, [`assess`] what tax is on it, [`due`] when it is paid,
//! [`reconcile`] whether a tax bill agrees. One file per rule; figures come from [`crate::tables`] at the time of the
//! entry. No input panics: what is too large for the arithmetic is the largest number there is.

mod assess;
mod exact;
mod limit;
mod quantity;
mod r_limit_01;
mod r_limit_02;
mod r_limit_03;
mod r_limit_04;
mod r_limit_05;
mod r_limit_06;
mod r_tax_01;
mod r_tax_02;
mod r_tax_03;
mod r_tax_04;
mod r_tax_05;
mod r_tax_06;
mod r_tax_07;
mod r_tax_08;

pub use assess::{Assessment, Doubt, LineTax, TaxableLine, TaxableList, assess, composite_rate, dutiable_values};
pub use exact::Exact;
pub use limit::{Decision, decide};
pub use quantity::{Quantity, kilograms};
pub use r_limit_01::is_over_single;
pub use r_limit_02::{is_over_year, left_of_year};
pub use r_limit_03::may_be_taxed_in_full;
pub use r_limit_04::{Refusal, refusal};
pub use r_limit_05::{capped_kilograms, over_cap};
pub use r_limit_06::{Listed, listed};
pub use r_tax_01::{Reached, reaches_price};
pub use r_tax_02::charged;
pub use r_tax_03::Tax;
pub use r_tax_05::allocate;
pub use r_tax_06::{Due, day_after, due, lacking};
pub use r_tax_07::{Charged, Difference, reconcile};
pub use r_tax_08::part_returned;
