//! Takes what parties send: runs the stateless checks off the async threads, appends to the ledger, and
//! answers once the entry is durable and applied.
//!
//! One applier thread reads the durable log in order and applies it; [`Reader`] looks things up.

mod applier;
mod check;
mod cores;
mod draw;
mod extract;
mod facts;
mod filing;
mod filings;
mod forex;
mod hash;
mod identity;
mod keyring;
mod node;
pub(crate) mod read_life;
mod precheck;
mod prove;
mod read_filing;
mod read_agency;
mod read_inspection;
mod read_parcels;
mod read_stock;
mod read_trace;
mod payment_data;
mod read_forex;
mod read_tax;
pub mod trial;
mod reader;
mod record;
mod refund;
pub(crate) mod reveal;
mod signer;
mod types;

pub use applier::ApplyError;
pub(crate) use applier::Shared;
pub use check::{Edition, field_names};
pub(crate) use filing::check_view;
pub use forex::Payer;
pub use hash::PersonalHash;
pub use identity::{FileVerifier, IdentityVerifier, NoVerifier, Person};
pub use node::{Checks, Node, Secrets};
pub(crate) use prove::{EventInclusion, Inclusion, NoProof};
pub(crate) use read_agency::{CaseEntry, CaseList, FiguresView, JointView, NoFigures};
pub use read_filing::{CreditTrigger, CreditView, FilingPage, FilingView};
pub use read_inspection::{Audited, DrawFault, ListRisk};
pub use read_life::{WorkItem, WorkKind};
pub use read_parcels::{ParcelFound, ParcelMoment, SignedOff};
pub use read_stock::{AbroadFound, DifferenceFound, ReportFound, SheetFound};
pub use read_tax::{GuaranteeView, QuotaView};
pub use read_trace::{BlockFound, PublicTrace, Recalled, TraceFound, TraceVersion, Wanted};
pub use reader::Reader;
pub use signer::Signer;
pub use types::{
    Applied, Decision, Error, Found, Happening, Page, ReadError, SendingCheck, SubscriptionChange, Traced, Validation,
};

use crate::domain::limits::{MESSAGE_BYTES_MAX, STALE_RETRIES_MAX};
use crate::domain::{Caller, Clock, Ending, MessageType, Outcome, Party, PartyId, Position, Role, Routing};
use crate::ledger::{self, Appending, Record};
use crate::receipt;
use crate::rules::Figures;
use crate::signature;
use crate::state::{Editions, query};
use crate::tables::Tables;
use bytes::Bytes;
use cores::Cores;
use keyring::Keyring;
use std::borrow::Cow;
use std::sync::Arc;

/// Namespace of CEB messages.
pub const CEB_NAMESPACE: &str = "http://www.chinaport.gov.cn/ceb";

/// Events of an outcome whose receipt is made right away, on the async thread.
const SMALL_EVENTS_MAX: usize = 4;

/// Handle to the intake; cheap to clone.
#[derive(Clone)]
pub struct Intake {
    shared: Arc<Shared>,
    reader: Reader,
    editions: Arc<Vec<Edition>>,
    signatures: Arc<signature::Settings>,
    keyring: Arc<Keyring>,
    clock: Arc<dyn Clock>,
    hash: Arc<PersonalHash>,
    verifier: Arc<dyn IdentityVerifier>,
    cores: Cores,
    draw_key: Arc<draw::DrawKey>,
}

/// What a message is sent for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Submission,
    Decision,
}

/// What the checks on a core led to.
enum Checked {
    /// The same bytes were applied before, at this position.
    Replay(Position),
    /// The entry is on its way to the disk.
    Appending(Appending),
}

impl Intake {
    /// Submits one CEB message.
    ///
    /// # Errors
    /// [`Error`]; after an error nothing may be assumed but that the same bytes can be sent again.
    ///
    /// # Cancel safety
    /// Dropping the future does not undo what was queued.
    pub async fn submit(&self, caller: &Caller, xml: Bytes) -> Result<Applied, Error> {
        self.record_message(caller, xml, Purpose::Submission).await
    }

    /// Records the decisions of a receipt message of customs (CEB622, 312, 606 …); one event per decision.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn decide_xml(&self, caller: &Caller, xml: Bytes) -> Result<Applied, Error> {
        require(caller, Role::Customs, "Decide")?;
        self.record_message(caller, xml, Purpose::Decision).await
    }

    /// Checks a message without recording it.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::Busy`], [`Error::Stopping`].
    pub async fn validate(&self, caller: &Caller, xml: Bytes) -> Result<Validation, Error> {
        let (intake, party) = (self.clone(), caller.id);
        self.on_a_core(xml.len(), move || {
            let edition = intake.edition(&intake.editions_for(party).schema)?;
            let tables = intake.shared.tables.load();
            let checked = check::check(edition, &intake.hash, &xml, Some(intake.figures(&tables)));
            let (kind, faults, faults_omitted) = checked.into_faults();
            Ok(Validation { kind, edition: edition.name.clone(), faults, faults_omitted })
        })
        .await
    }

    /// The text of a message, out of its envelope if it is in one; `None` if it cannot be read.
    #[must_use]
    pub fn message_text(&self, received: &[u8]) -> Option<String> {
        self.editions.first().and_then(|edition| edition.unwrap(received))
    }

    async fn record_message(&self, caller: &Caller, xml: Bytes, purpose: Purpose) -> Result<Applied, Error> {
        for _ in 0..STALE_RETRIES_MAX {
            let (intake, caller_of, bytes) = (self.clone(), caller.clone(), xml.clone());
            let checked =
                self.on_a_core(xml.len(), move || intake.check_and_append(&caller_of, &bytes, purpose)).await?;
            let position = match checked {
                Checked::Replay(first) => return self.answer(caller, first, None, true, &xml).await,
                Checked::Appending(appending) => self.durable(appending).await?,
            };
            let outcome = self.applied(position).await?;
            match Ending::try_from(outcome.ending) {
                // Editions changed between check and append: nothing is bound, check again.
                Ok(Ending::Stale) => {}
                Ok(Ending::Replay) => return self.answer(caller, Position(outcome.first), None, true, &xml).await,
                Ok(Ending::Applied | Ending::Refused | Ending::Conflict) | Err(_) => {
                    return self.answer(caller, position, Some(outcome), false, &xml).await;
                }
            }
        }
        Err(Error::Busy)
    }

    /// Checks a message and queues its entry. Runs on a core.
    fn check_and_append(&self, caller: &Caller, bytes: &[u8], purpose: Purpose) -> Result<Checked, Error> {
        let editions = self.editions_for(caller.id);
        let edition = self.edition(&editions.schema)?;
        // Read after the editions: tables that are newer than these make the entry stale, and it is checked again.
        let tables = self.shared.tables.load();
        let mut checked = check::check(edition, &self.hash, bytes, Some(self.figures(&tables)));
        let digest = crate::proof::sha256(&[&checked.payload]);
        let speaks_for = self.mandator(caller, &checked);
        permit(caller, speaks_for.as_deref(), checked.kind, purpose)?;
        let guid =
            if checked.guid.is_empty() { format!("sha256:{}", check::hex(&digest)) } else { checked.guid.clone() };
        let cells = self.shared.cells.as_ref();
        let first = query::first_submission(cells, caller.id, &guid).map_err(|error| {
            tracing::error!(%error, "looking up a submission");
            Error::Internal
        })?;
        if let Some((first, first_digest)) = first
            && first_digest == digest
            && !self.is_disguised(caller, speaks_for.as_deref(), &checked)
        {
            return Ok(Checked::Replay(first));
        }
        if self.signatures.verify && purpose == Purpose::Submission {
            checked.judge_signature(&self.signatures, &self.keyring.of(caller), self.clock.now());
        }
        let record = checked.into_record(bytes, caller.id.0, digest, editions);
        Ok(Checked::Appending(self.append(record)?))
    }

    /// The party that a relay sends for: the sender of the message in its envelope.
    fn mandator(&self, caller: &Caller, checked: &check::Checked<'_>) -> Option<Arc<Party>> {
        let (registry, now) = (self.shared.registry.load(), self.shared.last_time().0);
        let wrapped = checked.transport.is_some();
        let principal = query::principal(&registry, caller.id, &checked.cop_code, wrapped, checked.kind, now)?;
        Some(Arc::clone(principal.1))
    }

    /// True if the envelope of a message names a sender that the caller is not: not even a repeat is answered then.
    fn is_disguised(&self, caller: &Caller, mandator: Option<&Party>, checked: &check::Checked<'_>) -> bool {
        let registry = self.shared.registry.load();
        let own = registry.party(caller.id).unwrap_or(&caller.party);
        let principal = mandator.unwrap_or(own);
        checked.transport.as_ref().is_some_and(|transport| {
            !query::sender_faults(own, principal, &registry, transport, checked.kind).is_empty()
        })
    }

    /// The way of a repeated message whose envelope is another one than the first time; `None` if it is the same.
    fn routing_of_repeat(&self, outcome: &Outcome, received: &[u8]) -> Option<Routing> {
        let transport = self.edition(&outcome.schema_edition).ok()?.transport(received)?;
        let first = outcome.routing.as_ref().and_then(|routing| routing.transport.as_ref());
        if first == Some(&transport) {
            return None;
        }
        query::route(&self.shared.registry.load(), Some(&transport), &[], None).1
    }

    /// Editions that judge what a party sends.
    /// What the rules on one message read: the tables, at the time that an entry would have now.
    fn figures<'t>(&self, tables: &'t Tables) -> Figures<'t> {
        Figures { tables, at: self.entry_time() }
    }

    fn editions_for(&self, party: PartyId) -> Editions {
        let registry = self.shared.registry.load();
        self.shared.editions.load().of_party(registry.party(party).map(AsRef::as_ref))
    }

    /// The schema edition of that name.
    fn edition(&self, name: &str) -> Result<&Edition, Error> {
        self.editions.iter().find(|edition| edition.name == name).ok_or_else(|| {
            tracing::error!(edition = name, "a schema edition in force is not installed");
            Error::Internal
        })
    }

    /// Names of the schema editions that are installed.
    pub(crate) fn edition_names(&self) -> Vec<&str> {
        self.editions.iter().map(|edition| edition.name.as_str()).collect()
    }

    /// Puts the answer together, with the personal values that the sender may see.
    async fn answer(
        &self,
        caller: &Caller,
        position: Position,
        outcome: Option<Arc<Outcome>>,
        replayed: bool,
        xml: &Bytes,
    ) -> Result<Applied, Error> {
        // The refusal of a message in an envelope gives the message back: it is taken out once more.
        let is_small = |outcome: &Outcome| {
            outcome.events.len() <= SMALL_EVENTS_MAX
                && (outcome.routing.is_none() || outcome.ending == Ending::Applied as i32)
        };
        let outcome_is_small = outcome.as_deref().is_some_and(is_small);
        let (intake, caller, xml) = (self.clone(), caller.clone(), xml.clone());
        let answer = move || {
            let outcome = match outcome {
                Some(outcome) => outcome,
                None => intake.stored_outcome(position)?,
            };
            // Receipts quote no personal value, so all renderings are the same for ever.
            let receipt_xml: Bytes =
                receipt::message_xml(position, &outcome, &intake.message_in(&outcome, &xml)).into();
            // The transport answers this envelope, even if the message in it was answered before.
            let routing = if replayed { intake.routing_of_repeat(&outcome, &xml) } else { None };
            let routing = routing.as_ref().or(outcome.routing.as_ref());
            let dxp_rep = receipt::dxp_rep(&outcome, routing).unwrap_or_default().into();
            let receipt_dxp = receipt::answer_in_envelope(position, &outcome, routing, &receipt_xml);
            let receipt_dxp = receipt_dxp.unwrap_or_default().into();
            let outcome = intake.reveal(&caller, position, outcome);
            Ok(Applied { position, outcome, replayed, receipt_xml, dxp_rep, receipt_dxp })
        };
        // The receipt of a few documents takes microseconds unless it must be read back.
        if outcome_is_small { answer() } else { self.cores.run(0, answer).await }
    }

    /// The message that a refusal gives back: out of its envelope, if it can be taken out.
    fn message_in<'a>(&self, outcome: &Outcome, received: &'a [u8]) -> Cow<'a, [u8]> {
        if outcome.routing.is_none() || outcome.ending == Ending::Applied as i32 {
            return Cow::Borrowed(received);
        }
        let unwrapped = self.edition(&outcome.schema_edition).ok().and_then(|edition| edition.unwrap(received));
        unwrapped.map_or(Cow::Borrowed(received), |text| Cow::Owned(text.into_bytes()))
    }

    fn stored_outcome(&self, position: Position) -> Result<Arc<Outcome>, Error> {
        match self.reader.outcome(position) {
            Ok(Some(outcome)) => Ok(outcome),
            Ok(None) | Err(_) => Err(Error::Internal),
        }
    }

    fn reveal(&self, caller: &Caller, position: Position, outcome: Arc<Outcome>) -> Arc<Outcome> {
        let hidden = |rejections: &[crate::domain::Rejection]| rejections.iter().any(|r| r.personal_at != 0);
        let any = hidden(&outcome.rejections)
            || outcome
                .events
                .iter()
                .any(|event| hidden(&event.rejections) || event.waiting.iter().any(|waiting| waiting.personal));
        if !any {
            return outcome;
        }
        let mut outcome = Outcome::clone(&outcome);
        let mut source = reveal::Source::new(self.shared.ledger.as_ref());
        reveal::rejections(&mut source, position.0, true, &mut outcome.rejections);
        for event in &mut outcome.events {
            reveal::event(&mut source, &self.shared, caller, position.0, true, event);
        }
        Arc::new(outcome)
    }

    /// Queues a record for the next group.
    fn append(&self, record: Record) -> Result<Appending, Error> {
        self.shared.ledger.append(record).map_err(|error| self.ledger_failed(&error))
    }

    /// Waits until a record is on stable storage.
    async fn durable(&self, appending: Appending) -> Result<Position, Error> {
        match appending.await {
            Ok(Ok(appended)) => Ok(appended.position),
            Ok(Err(error)) => Err(self.ledger_failed(&error)),
            Err(_) => Err(Error::Stopping),
        }
    }

    /// Waits until an entry is applied.
    async fn applied(&self, position: Position) -> Result<Arc<Outcome>, Error> {
        match self.shared.outcome_of(position).await {
            Some(outcome) => Ok(outcome),
            // So much was applied before this task had its turn that the outcome is no longer kept in memory. One that
            // is not stored either says nothing; whoever asks again is answered by the record.
            None if self.shared.applied() >= position => {
                let intake = self.clone();
                self.cores.run(0, move || intake.stored_outcome(position)).await
            }
            None => Err(Error::Stopping),
        }
    }

    /// Appends, syncs and applies one record.
    async fn record(&self, record: Record) -> Result<(Position, Arc<Outcome>), Error> {
        let intake = self.clone();
        let appending = self.cores.run(record.bytes(), move || intake.append(record)).await?;
        let position = self.durable(appending).await?;
        Ok((position, self.applied(position).await?))
    }

    fn ledger_failed(&self, error: &ledger::Error) -> Error {
        match error {
            ledger::Error::Busy => Error::Busy,
            ledger::Error::TooLarge { bytes, bytes_max } => Error::TooLarge { bytes: *bytes, bytes_max: *bytes_max },
            ledger::Error::Closed => Error::Stopping,
            ledger::Error::Poisoned { .. } => {
                tracing::error!(%error, "the ledger takes no writes until a restart");
                self.shared.fail();
                Error::ReadOnly
            }
            ledger::Error::Io { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => {
                tracing::error!(%error, "the disk is full");
                Error::DiskFull
            }
            ledger::Error::Io { .. } | ledger::Error::Damaged { .. } => {
                tracing::error!(%error, "appending failed");
                Error::Internal
            }
        }
    }

    /// Runs checks on one of the cores, in turn; refuses when too much waits.
    async fn on_a_core<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        if bytes > MESSAGE_BYTES_MAX {
            return Err(Error::TooLarge { bytes, bytes_max: MESSAGE_BYTES_MAX });
        }
        self.cores.run(bytes, work).await
    }
}

fn require(caller: &Caller, role: Role, what: &str) -> Result<(), Error> {
    if caller.party.has_role(role) {
        return Ok(());
    }
    Err(Error::Denied { what: what.to_owned(), roles: format!("{role:?}").to_lowercase() })
}

fn require_one(caller: &Caller, roles: &[Role], what: &str) -> Result<(), Error> {
    if roles.iter().any(|role| caller.party.has_role(*role)) {
        return Ok(());
    }
    let roles = roles.iter().map(|role| format!("{role:?}").to_lowercase()).collect::<Vec<_>>().join(", ");
    Err(Error::Denied { what: what.to_owned(), roles })
}

/// Who may send which message, by role. One that cannot be read may come from whoever may send any.
/// `mandator` is the party that the caller relays for, if it is one.
fn permit(caller: &Caller, mandator: Option<&Party>, kind: MessageType, purpose: Purpose) -> Result<(), Error> {
    let may_send = |kind| caller.party.may_send(kind) || mandator.is_some_and(|party| party.may_send(kind));
    let is_decision = kind.answered().is_some();
    let fits = match (kind, purpose) {
        (MessageType::Unknown, Purpose::Decision) => true,
        (MessageType::Unknown, Purpose::Submission) => {
            MessageType::received().any(|other| other.answered().is_none() && caller.party.may_send(other))
        }
        (_, Purpose::Decision) => is_decision && caller.party.may_send(kind),
        (_, Purpose::Submission) => !is_decision && may_send(kind),
    };
    if fits {
        return Ok(());
    }
    let roles = if purpose == Purpose::Submission && is_decision {
        "customs, by ClearanceService.Decide".to_owned()
    } else {
        check::roles_of(kind)
    };
    Err(Error::Denied { what: format!("sending {}", kind.root_name()), roles })
}
