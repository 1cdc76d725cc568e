//! Keys of the tables, and the rows behind business keys.
//!
//! A business key is a number and a code. It is stored as 10 bytes of hash of the number and 6 bytes of
//! hash of the code: all documents of one number stand together, so that they are found by it alone.

use crate::domain::{DocRef, Keys, MessageType};
use crate::proof::sha256;

/// Spaces of business keys. Permanent: the first byte of keys in the table `Key`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Space {
    /// Order number and platform: a [`MatchSet`], in the table `Match`.
    Order = 1,
    /// Payment transaction number and payment institution.
    Payment = 2,
    /// Waybill number and logistics enterprise: a [`WaybillSlot`].
    Waybill = 3,
    /// Order number and seller, of a list.
    ListOrder = 4,
    /// Declarant's own number and declarant, of a list.
    ListCop = 5,
    /// Pre-entry number in the clear.
    PreNo = 6,
    /// Customs list number in the clear.
    InvtNo = 7,
}

/// Spaces whose keys begin with the hash of a number.
pub(super) const HASHED: [Space; 5] = [Space::Order, Space::Payment, Space::Waybill, Space::ListOrder, Space::ListCop];

/// All documents of one trade: found by order number and platform.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct MatchSet {
    #[prost(message, optional, tag = "1")]
    pub order: Option<DocRef>,
    #[prost(message, repeated, tag = "2")]
    pub payments: Vec<DocRef>,
    #[prost(message, repeated, tag = "3")]
    pub lists: Vec<DocRef>,
    #[prost(message, repeated, tag = "4")]
    pub waybills: Vec<DocRef>,
}

/// A waybill and the lists that name it.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct WaybillSlot {
    #[prost(message, optional, tag = "1")]
    pub waybill: Option<DocRef>,
    #[prost(message, repeated, tag = "2")]
    pub lists: Vec<DocRef>,
}

/// Prefix of all keys of a number in a space.
pub(super) fn number_prefix(space: Space, number: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(17);
    key.push(space as u8);
    key.extend_from_slice(&sha256(&[number.as_bytes()])[..10]);
    key
}

/// Key of a number and a code in a space.
pub(super) fn business_key(space: Space, number: &str, code: &str) -> Vec<u8> {
    let mut key = number_prefix(space, number);
    key.extend_from_slice(&sha256(&[code.as_bytes()])[..6]);
    key
}

/// Key of a number in the clear.
pub(super) fn clear_key(space: Space, number: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(1 + number.len());
    key.push(space as u8);
    key.extend_from_slice(number.as_bytes());
    key
}

/// Business keys that one live document of a type may hold at a time; empty numbers hold none.
pub(super) fn unique_keys(kind: MessageType, keys: &Keys) -> Vec<Vec<u8>> {
    let pairs: &[(Space, &str, &str)] = match kind {
        MessageType::Ceb411 => &[(Space::Payment, &keys.pay_transaction_id, &keys.pay_code)],
        MessageType::Ceb621 => {
            &[(Space::ListOrder, &keys.order_no, &keys.ebc_code), (Space::ListCop, &keys.cop_no, &keys.agent_code)]
        }
        // Orders and waybills sit in their match set and slot.
        MessageType::Unknown
        | MessageType::Ceb311
        | MessageType::Ceb312
        | MessageType::Ceb412
        | MessageType::Ceb511
        | MessageType::Ceb512
        | MessageType::Ceb622
        | MessageType::Ceb900 => &[],
    };
    pairs
        .iter()
        .filter(|(_, number, _)| !number.is_empty())
        .map(|(space, number, code)| business_key(*space, number, code))
        .collect()
}
