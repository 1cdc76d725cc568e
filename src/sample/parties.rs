//! The made-up enterprises that send documents.

use std::sync::Arc;

/// What an enterprise is in cross-border e-commerce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// E-commerce platform (电商平台), sends orders.
    Platform,
    /// E-commerce enterprise (电商企业), the seller.
    Seller,
    /// Payment institution (支付企业), sends payments.
    Payment,
    /// Logistics enterprise (物流企业), sends waybills.
    Logistics,
    /// Declarant (申报企业), sends declaration lists.
    Declarant,
    /// Bonded warehouse operator (区内企业).
    Warehouse,
    /// Operator of a supervised site (监管场所经营人), sends arrival and warehouse-in lists.
    Site,
}

/// An enterprise: its code, name and exchange-platform id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// What it is.
    pub role: Role,
    /// Unified social credit code or customs registration code.
    pub code: Arc<str>,
    /// Registered name.
    pub name: Arc<str>,
    /// Exchange-platform user id.
    pub dxp_id: Arc<str>,
}

impl Party {
    /// Makes a party.
    #[must_use]
    pub fn new(role: Role, code: &str, name: &str, dxp_id: &str) -> Party {
        Party { role, code: code.into(), name: name.into(), dxp_id: dxp_id.into() }
    }
}

/// The enterprises of one set of documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parties {
    /// E-commerce platform.
    pub platform: Party,
    /// Seller.
    pub seller: Party,
    /// Payment institution.
    pub payment: Party,
    /// Logistics enterprise.
    pub logistics: Party,
    /// Declarant.
    pub declarant: Party,
    /// Bonded warehouse operator, named in lists of mode 1210.
    pub warehouse: Party,
    /// Operator of the supervised site.
    pub site: Party,
}

impl Parties {
    /// The demo enterprises: made-up names, codes that pass the check of their kind.
    #[must_use]
    pub fn demo() -> Parties {
        Parties {
            platform: Party::new(Role::Platform, "91410100MA95WPTA0C", "示例跨境平台有限公司", "DXPENT0000900001"),
            seller: Party::new(Role::Seller, "91410100MA95WEBC08", "示例优选电子商务有限公司", "DXPENT0000900002"),
            payment: Party::new(Role::Payment, "91410100MA95WPAY06", "示例支付服务有限公司", "DXPENT0000900003"),
            logistics: Party::new(Role::Logistics, "410116W001", "示例快递物流有限公司", "DXPENT0000900004"),
            declarant: Party::new(Role::Declarant, "91410100MA95WAGT06", "示例报关服务有限公司", "DXPENT0000900005"),
            warehouse: Party::new(Role::Warehouse, "410116W002", "示例综保区仓储有限公司", "DXPENT0000900006"),
            site: Party::new(Role::Site, "410116W003", "示例监管场所服务有限公司", "DXPENT0000900007"),
        }
    }

    /// All seven, in the order of the fields.
    #[must_use]
    pub fn all(&self) -> [&Party; 7] {
        [&self.platform, &self.seller, &self.payment, &self.logistics, &self.declarant, &self.warehouse, &self.site]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::check_digit::check_enterprise_code;
    use std::collections::HashSet;

    #[test]
    fn demo_parties_have_valid_and_different_codes() {
        let parties = Parties::demo();
        let all = parties.all();
        for party in all {
            assert_eq!(check_enterprise_code(&party.code), Ok(()), "{party:?}");
            assert!(party.dxp_id.len() <= 16 && party.name.contains("示例"));
        }
        assert_eq!(all.iter().map(|p| &p.code).collect::<HashSet<_>>().len(), 7);
        assert_eq!(all.iter().map(|p| &p.dxp_id).collect::<HashSet<_>>().len(), 7);
    }
}
