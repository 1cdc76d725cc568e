//! Takes what institutions report of foreign exchange: personal values become keyed hashes, the request is sealed.

use super::types::{Applied, Error};
use super::{Intake, require};
use crate::domain::{Caller, Role};
use crate::state::{Content, ForexEntry, Registration};

/// Who pays or is paid at home, as received. Never stored in the clear but in the sealed request.
#[derive(Clone, Default)]
pub struct Payer {
    /// Name.
    pub name: String,
    /// Identity number.
    pub id_number: String,
}

impl Intake {
    /// Records messages about foreign exchange. `payers` are those of the messages, in order; `sealed` is the request as
    /// received.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn submit_forex(
        &self,
        caller: &Caller,
        request_id: &str,
        mut entry: ForexEntry,
        payers: &[Payer],
        sealed: &[u8],
    ) -> Result<Applied, Error> {
        if !caller.party.has_role(Role::Payment) {
            require(caller, Role::Bank, "SubmitForex")?;
        }
        for (message, payer) in entry.messages.iter_mut().zip(payers) {
            message.payer_name = self.hash.short(&payer.name);
            message.payer_id = self.hash.long(&payer.id_number);
        }
        self.request_sealed(caller, request_id, Content::Forex(entry), Some(sealed)).await
    }

    /// Registers an institution in the forex directory.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn register_institution(
        &self,
        caller: &Caller,
        request_id: &str,
        registration: Registration,
    ) -> Result<Applied, Error> {
        require(caller, Role::Forex, "RegisterInstitution")?;
        let entry = ForexEntry { registration: Some(registration), ..ForexEntry::default() };
        self.request(caller, request_id, Content::Forex(entry)).await
    }
}
