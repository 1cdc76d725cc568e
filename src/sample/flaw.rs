//! Deliberate faults, for demos and tests.

use super::{Party, Set};

/// One thing that is wrong with a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flaw {
    /// The payment is 0.01 less than the order (R-M3-05).
    AmountBelow,
    /// The list names another buyer than the order (R-M3-08).
    BuyerDiffers,
    /// The list has no order number (schema).
    MissingOrderNo,
    /// The platform name in the list has 101 characters (schema).
    LongName,
    /// The list is in US dollars (schema: the currency is fixed; R-INV-02).
    BadCurrency,
    /// The buyer's identity number in the list has a wrong check character (R-ID-01).
    BadIdentity,
}

impl Flaw {
    /// Faults between documents that are each in order.
    pub const MISMATCH: [Flaw; 2] = [Flaw::AmountBelow, Flaw::BuyerDiffers];
    /// Faults within the list.
    pub const MALFORMED: [Flaw; 4] = [Flaw::MissingOrderNo, Flaw::LongName, Flaw::BadCurrency, Flaw::BadIdentity];

    /// Spoils the set.
    pub fn spoil(self, set: &mut Set) {
        let list = &mut set.list;
        match self {
            Flaw::AmountBelow => set.payment.paid_fen -= 1,
            Flaw::BuyerDiffers => list.buyer.name = "王另样".to_owned(),
            Flaw::MissingOrderNo => list.order_no.clear(),
            Flaw::LongName => {
                let Party { role, code, dxp_id, .. } = &list.platform;
                list.platform = Party::new(*role, code, &"示".repeat(101), dxp_id);
            }
            Flaw::BadCurrency => list.currency = "502",
            Flaw::BadIdentity => {
                let wrong = if list.buyer.id_number.ends_with('0') { '1' } else { '0' };
                list.buyer.id_number.pop();
                list.buyer.id_number.push(wrong);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::check_digit::check_id_number;
    use crate::sample::{Generator, Settings};

    #[test]
    fn every_flaw_changes_the_set_in_one_place() {
        let good = Generator::new(1, Settings::default()).set(0);
        for flaw in Flaw::MISMATCH.into_iter().chain(Flaw::MALFORMED) {
            let mut set = good.clone();
            flaw.spoil(&mut set);
            assert_ne!(set, good, "{flaw:?}");
            assert_eq!(set.order, good.order, "{flaw:?}");
        }
    }

    #[test]
    fn a_bad_identity_fails_its_check_only() {
        for ordinal in 0..100 {
            let mut set = Generator::new(1, Settings::default()).set(ordinal);
            Flaw::BadIdentity.spoil(&mut set);
            assert!(matches!(
                check_id_number(&set.list.buyer.id_number),
                Err(crate::domain::check_digit::Wrong::Check(_))
            ));
        }
    }
}
