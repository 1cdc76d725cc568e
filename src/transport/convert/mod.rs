//! Domain words from and to the messages of the contract: with the services, the only place that knows
//! the generated types. Every text and number from outside is checked here.

pub mod filing;
pub mod goods;
pub mod forex;
mod incoming;
mod life;
mod outgoing;
mod page;
mod proof;
pub mod refund;
mod statistics;
mod waiting;

pub use incoming::DocumentName;
pub(crate) use incoming::is_fingerprint;
pub use incoming::{
    decision, document_name, filter, keys_in, list_types, mandate, name_of_subscription, note, party, start_at, text,
    time_in, view,
};
pub(super) use life::{consolidation, match_report, work_item};
pub use outgoing::{
    checkpoint, decision_results, delivery, delivery_id, document, event, happening, keys, named_value, party_out,
    receipt, recorded, rejections, subscription, time, validation,
};
pub use page::{Token, page_size};
pub(in crate::transport) use proof::{document_proof, event_proof, inclusion, note_and_key, path};

/// A field of a request is not valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// Path of the field, for example `filter.customs_codes[2]`.
    pub field: String,
    /// What is wrong with it.
    pub why: String,
}

impl Invalid {
    /// A fault of one field.
    #[must_use]
    pub fn new(field: impl Into<String>, why: impl Into<String>) -> Invalid {
        Invalid { field: field.into(), why: why.into() }
    }
}
