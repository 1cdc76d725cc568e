//! Certificates of parties, parsed once per filing.

use crate::domain::{Caller, Party};
use crate::signature::Certificates;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;

/// A filing and the certificates in it.
type Parsed = (Arc<Party>, Arc<Certificates>);

/// By number of the party: as many entries as parties were ever filed, at most.
#[derive(Default)]
pub(super) struct Keyring(Mutex<HashMap<u32, Parsed>>);

impl Keyring {
    /// The certificates that sign for the caller.
    pub(super) fn of(&self, caller: &Caller) -> Arc<Certificates> {
        let party = &caller.party;
        if let Some((of, certificates)) = self.0.lock().get(&caller.id.0)
            && (Arc::ptr_eq(of, party) || of.signing_certificates == party.signing_certificates)
        {
            return Arc::clone(certificates);
        }
        // They were checked when they were filed; a newer program may refuse what an older one took.
        let certificates = Certificates::of_ders(&party.signing_certificates).unwrap_or_else(|(index, error)| {
            tracing::error!(party = party.code, index, %error, "a filed certificate cannot be used");
            Certificates::default()
        });
        let certificates = Arc::new(certificates);
        self.0.lock().insert(caller.id.0, (Arc::clone(party), Arc::clone(&certificates)));
        certificates
    }
}
