//! Pre-checks (预检): what would be refused, before anything is sent.

use super::types::{Applied, Error, SendingCheck};
use super::{Intake, Purpose, check, permit};
use crate::domain::{Caller, Ending, MessageType, Outcome, Position, ProductBatch, Timestamp};
use crate::proof::sha256;
use crate::state::rehearse::{Present, rehearse};
use crate::state::{Content, Entry, FilingEntry, FilingRequest, Header, filing};
use bytes::Bytes;
use std::sync::Arc;

impl Intake {
    /// Says what would become of a message if it were the next one: the stateless checks, and the rules on the present
    /// state. Nothing is recorded. The position is that of the entry it would be.
    ///
    /// # Errors
    /// As [`Intake::submit`].
    pub async fn precheck(&self, caller: &Caller, xml: Bytes) -> Result<Applied, Error> {
        let (intake, caller) = (self.clone(), caller.clone());
        self.on_a_core(xml.len(), move || intake.precheck_now(&caller, &xml)).await
    }

    fn precheck_now(&self, caller: &Caller, bytes: &[u8]) -> Result<Applied, Error> {
        let editions = self.editions_for(caller.id);
        let edition = self.edition(&editions.schema)?;
        let tables = self.shared.tables.load();
        let mut checked = check::check(edition, &self.hash, bytes, Some(self.figures(&tables)));
        let digest = sha256(&[&checked.payload]);
        let mandator = self.mandator(caller, &checked);
        permit(caller, mandator.as_deref(), checked.kind, Purpose::Submission)?;
        if self.signatures.verify {
            checked.judge_signature(&self.signatures, &self.keyring.of(caller), self.clock.now());
        }
        let record = checked.into_record(bytes, caller.id.0, digest, editions);
        let unreadable = |error: String| {
            tracing::error!(error, "rehearsing a message");
            Error::Internal
        };
        let entry = Entry::of_record(&record).map_err(|error| unreadable(error.to_string()))?;
        let (registry, tables) = (self.shared.registry.load(), self.shared.tables.load());
        let editions = self.shared.editions.load();
        let position = self.shared.applied();
        let present = Present { registry: &registry, tables: &tables, editions: &editions, position: position.0 };
        let at = self.entry_time();
        let outcome = rehearse(self.shared.cells.as_ref(), &present, &entry, at);
        let outcome = outcome.map_err(|error| unreadable(error.to_string()))?;
        let replayed = outcome.ending == Ending::Replay as i32;
        let none = Bytes::new;
        Ok(Applied {
            position: Position(position.0.saturating_add(1)),
            outcome: Arc::new(outcome),
            replayed,
            receipt_xml: none(),
            dxp_rep: none(),
            receipt_dxp: none(),
        })
    }

    /// Says what would become of products if they were filed now: what refuses them, in the rejections of the outcome,
    /// and for each what makes it wait for review, in the rejections of its event. Nothing is recorded.
    ///
    /// # Errors
    /// [`Error::Internal`].
    pub async fn precheck_products(&self, caller: &Caller, batch: ProductBatch) -> Result<Outcome, Error> {
        let header = Header { party: caller.id.0, signature: 1, ..Header::default() };
        let content = Content::Filing(FilingEntry { request: Some(FilingRequest::Products(batch)) });
        let (shared, at) = (Arc::clone(&self.shared), self.entry_time());
        let rehearsed = tokio::task::spawn_blocking(move || {
            let (registry, tables, editions) = (shared.registry.load(), shared.tables.load(), shared.editions.load());
            let position = shared.applied().0;
            let present = Present { registry: &registry, tables: &tables, editions: &editions, position };
            rehearse(shared.cells.as_ref(), &present, &Entry { header, content }, at)
        });
        rehearsed.await.map_err(|_| Error::Stopping)?.map_err(|error| {
            tracing::error!(%error, "rehearsing a filing");
            Error::Internal
        })
    }

    /// The time of an entry that would be recorded now.
    #[must_use]
    pub fn entry_time(&self) -> Timestamp {
        self.clock.now().max(self.shared.last_time())
    }

    /// Says what a firm still lacks in order to send messages of a type, for itself or for another.
    #[must_use]
    pub fn precheck_sending(&self, code: &str, kind: MessageType, behalf: &str) -> Vec<SendingCheck> {
        let registry = self.shared.registry.load();
        let at = self.entry_time();
        let checks = filing::sending_faults(&registry, code, kind, behalf, at);
        let checks = checks.into_iter().map(|check| SendingCheck {
            missing: check.fault,
            text_zh: check.text_zh,
            text_en: check.text_en,
        });
        checks.collect()
    }
}
