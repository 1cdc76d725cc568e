//! Filings (企业备案, 商品备案, 身份认证): what is applied for, what is on record, and what lists take of the books.
//!
//! Everything here follows from typed requests of one kind of entry, [`FilingEntry`]. The rules that judge documents by
//! it are in [`super::rules`].

pub(super) mod books;
mod checks;
mod doubts;
mod enterprise;
pub(super) mod identity;
mod products;
pub(crate) mod read;
mod warehouses;

pub(crate) use checks::sending_faults;
pub(super) use products::file as file_products;

use super::cells::{CellsMut, StateError};
use super::registry::Registry;
use super::requests::{refuse, wrong};
use super::step::Step;
use crate::domain::{
    Application, Book, IdentityCheck, Inbound, MessageType, Outcome, Party, PartyId, ProductBatch, ProductDecision,
    Rejection, Review, Role, StandingChange, Warehouse,
};
use std::sync::Arc;

/// A typed request about filings. Tags are permanent.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct FilingEntry {
    /// What is asked.
    #[prost(oneof = "FilingRequest", tags = "1, 2, 3, 4, 5, 6, 7, 8, 9")]
    pub request: Option<FilingRequest>,
}

/// What a filing entry asks for.
#[derive(Clone, PartialEq, Eq, prost::Oneof)]
pub enum FilingRequest {
    /// A firm applies.
    #[prost(message, boxed, tag = "1")]
    Apply(Box<Application>),
    /// An operator reviews.
    #[prost(message, tag = "2")]
    Review(Review),
    /// A filing is suspended, revoked or put in force again.
    #[prost(message, tag = "3")]
    Standing(StandingChange),
    /// Products are filed.
    #[prost(message, tag = "4")]
    Products(ProductBatch),
    /// An authority decides on a product.
    #[prost(message, tag = "5")]
    ProductDecision(ProductDecision),
    /// An account book is filed or changed.
    #[prost(message, tag = "6")]
    Book(Book),
    /// Goods came into a book.
    #[prost(message, tag = "7")]
    Inbound(Inbound),
    /// A warehouse is filed.
    #[prost(message, tag = "8")]
    Warehouse(Warehouse),
    /// A verifier has checked an identity.
    #[prost(message, tag = "9")]
    Identity(IdentityCheck),
}

/// Spaces of the table `Filing`: the first byte of its keys. Permanent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Space {
    /// Position of an application: the application.
    Application = 1,
    /// Position of an application that waits: nothing.
    Waiting = 2,
    /// Certificate, position of an application that came with it: nothing.
    OfCertificate = 3,
    /// Code, position of an application for it: nothing.
    OfCode = 4,
    /// Main code: the filing with its history.
    Enterprise = 5,
    /// Account book.
    Book = 6,
    /// Account book, item: the item with its balance.
    BookItem = 7,
    /// Account book, number of a 核注清单: its position.
    Inbound = 8,
    /// Document: what it has taken of a book.
    Taken = 9,
    /// Firm, its number of a product: the product.
    Product = 10,
    /// Account book, item, firm, its number of the product that is filed for it: nothing.
    ProductItem = 11,
    /// Warehouse.
    Warehouse = 12,
    /// Keyed hash of an identity number: what a verifier said last.
    Identity = 13,
    /// Hashes of a platform and of an account there: keyed hash of its holder's identity number.
    Account = 14,
    /// Main code: credit grades with their history.
    Credit = 15,
}

/// Key of texts in a space. Texts hold no control characters, so that a zero ends each.
pub(super) fn key(space: Space, texts: &[&str]) -> Vec<u8> {
    let mut key = vec![space as u8];
    for text in texts {
        key.extend_from_slice(text.as_bytes());
        key.push(0);
    }
    key
}

/// The same, ended by a position.
pub(super) fn key_at(space: Space, texts: &[&str], position: u64) -> Vec<u8> {
    let mut key = key(space, texts);
    key.extend_from_slice(&position.to_be_bytes());
    key
}

/// Applies a request about filings.
pub(super) fn apply<C: CellsMut>(
    step: &mut Step<'_, C>,
    registry: &mut Arc<Registry>,
    entry: &FilingEntry,
    outcome: &mut Outcome,
) -> Result<(), StateError> {
    match &entry.request {
        Some(FilingRequest::Apply(application)) => enterprise::apply(step, registry, application, outcome),
        Some(FilingRequest::Review(review)) => enterprise::review(step, registry, review, outcome),
        Some(FilingRequest::Standing(change)) => {
            enterprise::change_standing(step, registry, change, outcome);
            Ok(())
        }
        Some(FilingRequest::Products(batch)) => products::file(step, batch, outcome),
        Some(FilingRequest::ProductDecision(decision)) => products::decide(step, decision, outcome),
        Some(FilingRequest::Book(book)) => books::file(step, book, outcome),
        Some(FilingRequest::Inbound(inbound)) => books::take_in(step, inbound, outcome),
        Some(FilingRequest::Warehouse(warehouse)) => warehouses::file(step, warehouse, outcome),
        Some(FilingRequest::Identity(check)) => identity::record(step, check, outcome),
        None => {
            let (zh, en) = ("请求为空", "the request is empty");
            refuse(step, outcome, vec![wrong("R-ENT-09", "request", "", "", zh, en)]);
            Ok(())
        }
    }
}

/// Numbers of the operators, who are told of what waits for them.
fn operators(registry: &Registry) -> Vec<u32> {
    let all = registry.all();
    let operators = all.iter().filter(|(_, party)| party.active && party.has_role(Role::Operator));
    operators.map(|(id, _)| id.0).take(crate::domain::limits::REPEATED_MAX).collect()
}

/// Why the sender may not file for a code: it is not the firm and has no mandate of it for everything, or the firm's
/// filing is not in force. The main code of the firm if it may.
fn owner<C: CellsMut>(step: &Step<'_, C>, path: &str, code: &str) -> Result<String, Box<Rejection>> {
    let refused =
        |rule: &str, expected: &str, zh: &str, en: &str| Err(Box::new(wrong(rule, path, code, expected, zh, en)));
    let Some((_, firm)) = step.registry.of_code(code) else {
        return refused("R-ENT-01", "", "该企业未备案", "no firm with this code is filed");
    };
    let sender = step.registry.party(PartyId(step.party));
    let speaks = |party: &Arc<Party>| {
        party.has_role(Role::Operator)
            || step.registry.may_speak_for(party, &firm.code, MessageType::Unknown, step.time_ms)
    };
    if !sender.is_some_and(speaks) {
        let (zh, en) = ("不是本企业，且没有该企业的委托", "the sender is not this firm and has no mandate of it");
        return refused("R-ENT-07", "", zh, en);
    }
    if !step.registry.is_in_force(&firm.code, step.time_ms) {
        return refused("R-ENT-06", "", "企业备案已失效", "the filing of this firm is not in force");
    }
    Ok(firm.code.clone())
}
