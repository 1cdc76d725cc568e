//! Keys of the tables, and the rows behind business keys.
//!
//! A business key is a number and a code. It is stored as 10 bytes of hash of the number and 6 bytes of
//! hash of the code: all documents of one number stand together, so that they are found by it alone.

use crate::domain::{DocRef, Field, Keys, MessageType};
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
    /// Number that customs gave (invtNo, sumNo, rkdNo), in the clear.
    CustomsNo = 7,
    /// Order number and platform of export: a [`MatchSet`], in the table `Match`.
    ExportOrder = 8,
    /// Waybill number and logistics enterprise of export: a [`WaybillSlot`].
    ExportWaybill = 9,
    /// Identity of a document of any other type ([`Identity`]).
    Identity = 10,
    /// Any number that a document carries, then the document: no value. See [`super::related`].
    Related = 11,
}

/// Spaces whose keys begin with the hash of a number.
pub(super) const HASHED: [Space; 8] = [
    Space::Order,
    Space::Payment,
    Space::Waybill,
    Space::ListOrder,
    Space::ListCop,
    Space::ExportOrder,
    Space::ExportWaybill,
    Space::Identity,
];

/// What a document is in a trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Order,
    Payment,
    Waybill,
    List,
    /// It is no side of the match.
    Other,
}

impl Side {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the sides of a trade are named, all else is none")]
    pub(super) fn of(kind: MessageType) -> Side {
        match kind {
            MessageType::Ceb311 | MessageType::Ceb303 => Side::Order,
            MessageType::Ceb411 | MessageType::Ceb403 => Side::Payment,
            MessageType::Ceb511 | MessageType::Ceb505 => Side::Waybill,
            MessageType::Ceb621 | MessageType::Ceb603 => Side::List,
            _ => Side::Other,
        }
    }
}

/// Stands for the code of a foreign platform that has none (202205, export).
const NO_CODE: &str = "无";

/// Key of the match set that a document of that type belongs to. An order of a platform without a code is its
/// seller's.
pub(super) fn order_key(kind: MessageType, keys: &Keys) -> Vec<u8> {
    if !kind.is_export() {
        return business_key(Space::Order, &keys.order_no, &keys.ebp_code);
    }
    if keys.ebp_code == NO_CODE {
        return business_key(Space::ExportOrder, &keys.order_no, &format!("{NO_CODE}/{}", keys.ebc_code));
    }
    business_key(Space::ExportOrder, &keys.order_no, &keys.ebp_code)
}

/// Key of the waybill slot that a document of that type belongs to.
pub(super) fn waybill_key(kind: MessageType, keys: &Keys) -> Vec<u8> {
    let space = if kind.is_export() { Space::ExportWaybill } else { Space::Waybill };
    business_key(space, &keys.logistics_no, &keys.logistics_code)
}

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

/// Business keys that one live document of a type may hold at a time, with the number that each is of; empty numbers
/// hold none. Orders and waybills have none here: they sit in their match set and slot.
#[expect(clippy::wildcard_enum_match_arm, reason = "all other types are named by the table of the standard")]
pub(super) fn unique_keys(kind: MessageType, keys: &Keys) -> Vec<(Field, Vec<u8>)> {
    let triples: &[(Space, Field, Field)] = match kind {
        MessageType::Ceb411 => &[(Space::Payment, Field::PayTransactionId, Field::PayCode)],
        MessageType::Ceb621 => {
            &[(Space::ListOrder, Field::OrderNo, Field::EbcCode), (Space::ListCop, Field::CopNo, Field::AgentCode)]
        }
        MessageType::Ceb303 | MessageType::Ceb311 | MessageType::Ceb505 | MessageType::Ceb511 => &[],
        _ => return identity_keys(kind, keys),
    };
    let named = triples.iter().filter(|(_, number, _)| !keys.get(*number).is_empty());
    named.map(|(space, number, code)| (*number, business_key(*space, keys.get(*number), keys.get(*code)))).collect()
}

/// Keys of a document by the identities of its type.
fn identity_keys(kind: MessageType, keys: &Keys) -> Vec<(Field, Vec<u8>)> {
    let identities = kind.spec().map_or(&[][..], |spec| spec.identity).iter().enumerate();
    let named = identities.filter(|(_, identity)| !keys.get(identity.number).is_empty());
    named
        .map(|(index, identity)| {
            let mut key = number_prefix(Space::Identity, keys.get(identity.number));
            let mut rest = format!("{}/{index}", kind as i32);
            for field in identity.further {
                rest.push('\n');
                rest.push_str(keys.get(*field));
            }
            key.extend_from_slice(&sha256(&[rest.as_bytes()])[..6]);
            (identity.number, key)
        })
        .collect()
}
