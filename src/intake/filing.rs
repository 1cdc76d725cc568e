//! Entries that are no messages: typed decisions, filings, subscriptions, cursors, ticks, editions.

use super::record::whole_personal;
use super::types::{Applied, Decision, Error, SubscriptionChange};
use super::{Intake, check, require};
use crate::domain::limits::{
    DECISION_INFO_CHARS_MAX, FILED_DXP_ID_CHARS_MAX, REQUEST_ID_CHARS_MAX, SUBSCRIPTION_NAME_CHARS_MAX,
    SUBSCRIPTIONS_MAX,
};
use crate::domain::{Caller, Ending, Mandate, MessageType, Outcome, Party, PartyId, Position, Role};
use crate::feed::{Cursor, StartAt, Subscription, View};
use crate::proof::sha256;
use crate::state::{
    AckedCursor, Content, CursorEntry, DecisionFacts, Decisions, Editions, Entry, Header, SubscriptionEntry, Tick,
};
use crate::tables::TableChange;
use bytes::Bytes;
use std::sync::Arc;

impl Intake {
    /// Records one typed decision. Its result is the first event of the outcome.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn decide(&self, caller: &Caller, decision: Decision) -> Result<Applied, Error> {
        require(caller, Role::Customs, "Decide")?;
        let invalid = |field: &str, reason: &str| Error::Invalid { field: field.to_owned(), reason: reason.to_owned() };
        let kind = MessageType::of_number(decision.kind);
        if kind.receipt() == MessageType::Ceb900 {
            return Err(invalid("message_type", "a type that customs answers with a receipt"));
        }
        if decision.status == 0 {
            return Err(invalid("status", "a CEB returnStatus, not 0"));
        }
        if decision.info.chars().count() > DECISION_INFO_CHARS_MAX {
            return Err(invalid("info", "at most 1000 characters"));
        }
        if [&decision.keys.invt_no, &decision.keys.pre_no, &decision.guid].into_iter().any(|text| text.len() > 64) {
            return Err(invalid("keys", "numbers of at most 64 bytes"));
        }
        let facts = DecisionFacts {
            guid: decision.guid,
            kind: decision.kind,
            keys: decision.keys,
            status: decision.status,
            time_ms: decision.time_ms,
            info: decision.info,
        };
        let content = Content::Decisions(Decisions { decisions: vec![facts], ..Decisions::default() });
        self.file(caller.id, decision.kind, content).await
    }

    /// Files a party or replaces its filing. `by` is the operator, or party 0 at the first start.
    ///
    /// # Errors
    /// [`Error::Invalid`] names the field; [`Error`].
    pub async fn file_party(&self, by: PartyId, party: Party) -> Result<Applied, Error> {
        if let Some((field, reason)) = check::check_party(&party) {
            return Err(Error::Invalid { field: field.to_owned(), reason });
        }
        let registry = self.shared.registry.load_full();
        for dxp_id in &party.dxp_ids {
            let other = registry.of_dxp_id(dxp_id).filter(|(_, other)| other.code != party.code);
            if !(1..=FILED_DXP_ID_CHARS_MAX).contains(&dxp_id.chars().count()) || other.is_some() {
                let reason = format!("{dxp_id:?} has not 1 to 30 characters, or belongs to another party");
                return Err(Error::Invalid { field: "party.dxp_ids".to_owned(), reason });
            }
        }
        if !party.schema_edition.is_empty() && !self.edition_names().contains(&party.schema_edition.as_str()) {
            let reason = format!("must be one of {}", self.edition_names().join(", "));
            return Err(Error::Invalid { field: "party.schema_edition".to_owned(), reason });
        }
        let applied = self.file(by, 0, Content::Party(party)).await?;
        match applied.outcome.note.as_str() {
            "" => Ok(applied),
            reason => Err(Error::Invalid { field: "party".to_owned(), reason: reason.to_owned() }),
        }
    }

    /// Files a mandate.
    ///
    /// # Errors
    /// [`Error::Invalid`] names the field; [`Error`].
    pub async fn file_mandate(&self, by: PartyId, mut mandate: Mandate) -> Result<Applied, Error> {
        let registry = self.shared.registry.load();
        for (field, code) in [("agent_code", &mut mandate.agent_code), ("mandator_code", &mut mandate.mandator_code)] {
            // Mandates are kept under main codes.
            match registry.of_code(code) {
                Some((_, party)) => code.clone_from(&party.code),
                None => {
                    return Err(Error::Invalid { field: field.to_owned(), reason: "no filed party has it".to_owned() });
                }
            }
        }
        if mandate.to_ms != 0 && mandate.to_ms <= mandate.from_ms {
            let (field, reason) = ("effective_to".to_owned(), "must be after effective_from".to_owned());
            return Err(Error::Invalid { field, reason });
        }
        drop(registry);
        self.file(by, 0, Content::Mandate(mandate)).await
    }

    /// Changes a subscription of the caller. What it became is read back from the state.
    ///
    /// # Errors
    /// [`Error::Exists`], [`Error::NotFound`], [`Error::Invalid`]; [`Error`].
    pub async fn change_subscription(&self, caller: &Caller, change: SubscriptionChange) -> Result<Applied, Error> {
        let (number, subscription, start) = match change {
            SubscriptionChange::Create(subscription, start) => {
                self.check_subscription(caller, &subscription)?;
                (1, subscription, start)
            }
            SubscriptionChange::Delete(name) => {
                (2, Subscription { name, ..Subscription::default() }, StartAt::Earliest)
            }
            SubscriptionChange::Seek(name, start) => (3, Subscription { name, ..Subscription::default() }, start),
        };
        let name = subscription.name.clone();
        let entry = self.subscription_entry(number, subscription, start).await?;
        let applied = self.file(caller.id, 0, Content::Subscription(entry)).await?;
        match applied.outcome.note.as_str() {
            "" => Ok(applied),
            "exists" => Err(Error::Exists { what: format!("subscription {name:?}") }),
            _ => Err(Error::NotFound { what: format!("subscription {name:?}") }),
        }
    }

    fn check_subscription(&self, caller: &Caller, subscription: &Subscription) -> Result<(), Error> {
        let name = &subscription.name;
        let legal = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        if !legal || !(1..=SUBSCRIPTION_NAME_CHARS_MAX).contains(&name.len()) {
            let reason = "1 to 64 letters, digits, '-', '_' or '.'".to_owned();
            return Err(Error::Invalid { field: "subscription.name".to_owned(), reason });
        }
        check_view(caller, subscription.view)?;
        let held = self.reader.subscriptions(caller, "", SUBSCRIPTIONS_MAX).map_err(|_| Error::Internal)?;
        if held.len() >= SUBSCRIPTIONS_MAX {
            let reason = format!("at most {SUBSCRIPTIONS_MAX} subscriptions a party");
            return Err(Error::Invalid { field: "subscription".to_owned(), reason });
        }
        Ok(())
    }

    async fn subscription_entry(
        &self,
        change: u32,
        mut subscription: Subscription,
        start: StartAt,
    ) -> Result<SubscriptionEntry, Error> {
        let at = match start {
            StartAt::Earliest | StartAt::Latest => Cursor::default(),
            StartAt::After(cursor) => cursor,
            StartAt::Time(time) => {
                let reader = self.reader.clone();
                let found = tokio::task::spawn_blocking(move || reader.position_at(time)).await;
                let position = found.map_err(|_| Error::Stopping)?.map_err(|_| Error::Internal)?;
                Cursor { position: Position(position.0.saturating_sub(1)), ordinal: u32::MAX }
            }
        };
        subscription.after_position = at.position.0;
        subscription.after_ordinal = at.ordinal;
        Ok(SubscriptionEntry { change, subscription, latest: start == StartAt::Latest })
    }

    /// Records acknowledged cursors: at most one per subscription and second (the feed sees to it).
    pub(crate) async fn record_cursors(&self, cursors: Vec<AckedCursor>) -> Result<(), Error> {
        self.file(PartyId(0), 0, Content::Cursors(CursorEntry { cursors })).await.map(drop)
    }

    /// Fires deadlines that are due by this clock, if there are any: what a node does every minute. `None` if none was.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn tick(&self) -> Result<Option<Applied>, Error> {
        let (cells, now) = (Arc::clone(&self.shared.cells), self.clock.now());
        let next = tokio::task::spawn_blocking(move || crate::state::query::next_deadline(cells.as_ref())).await;
        match next {
            Ok(Ok(Some(deadline))) if deadline <= now => {
                self.file(PartyId(0), 0, Content::Tick(Tick { limit: 1000 })).await.map(Some)
            }
            Ok(Ok(_)) => Ok(None),
            Ok(Err(_)) => Err(Error::Internal),
            Err(_) => Err(Error::Stopping),
        }
    }

    /// Puts other editions in force from here on.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the schema edition is not installed.
    pub async fn change_editions(&self, by: PartyId, editions: Editions) -> Result<Applied, Error> {
        if !self.editions.iter().any(|edition| edition.name == editions.schema) {
            let reason = format!("{:?} is not installed", editions.schema);
            return Err(Error::Invalid { field: "schema".to_owned(), reason });
        }
        self.file(by, 0, Content::Editions(editions)).await
    }

    /// Puts this program's logic in force, or `newest` if that is older, unless it is already; and files the shipped rows
    /// of the dated tables that no row of the same key and beginning is there for: what a node does when it starts.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn bring_up_to_date(&self, newest: Option<u32>) -> Result<(), Error> {
        let tables = self.shared.tables.load_full();
        for change in tables.missing_of_shipped() {
            self.file(PartyId(0), 0, Content::Tables(change)).await?;
        }
        let editions = Editions::clone(&self.shared.editions.load());
        let logic = newest.unwrap_or(Editions::LOGIC).min(Editions::LOGIC);
        if editions.logic >= logic {
            return Ok(());
        }
        self.change_editions(PartyId(0), Editions { logic, ..editions }).await.map(drop)
    }

    /// Puts a schema edition in force if it is not: what the configuration asks for.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it is not installed.
    pub async fn put_in_force(&self, schema: &str) -> Result<(), Error> {
        let editions = Editions::clone(&self.shared.editions.load());
        if editions.schema == schema {
            return Ok(());
        }
        self.change_editions(PartyId(0), Editions { schema: schema.to_owned(), ..editions }).await.map(drop)
    }

    pub(super) async fn file(&self, by: PartyId, message_type: i32, content: Content) -> Result<Applied, Error> {
        let header = Header { party: by.0, message_type, signature: 1, ..Header::default() };
        let (position, outcome) = self.record(Entry { header, content }.record()).await?;
        Ok(recorded(position, outcome, false))
    }

    /// Records a typed request. With an id of its sender, a repeat gets the first outcome, and another request under the
    /// same id is a conflict (AIP-155). A request that is refused is recorded and answered like one that is taken: see
    /// the rejections of the outcome.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an id of more than 64 characters; [`Error`].
    pub(crate) async fn request(&self, caller: &Caller, request_id: &str, content: Content) -> Result<Applied, Error> {
        self.request_sealed(caller, request_id, content, None).await
    }

    /// The same with the received bytes, which may hold personal values: they are kept as one personal span.
    ///
    /// # Errors
    /// As [`Intake::request`].
    pub(super) async fn request_sealed(
        &self,
        caller: &Caller,
        request_id: &str,
        content: Content,
        sealed: Option<&[u8]>,
    ) -> Result<Applied, Error> {
        if request_id.chars().count() > REQUEST_ID_CHARS_MAX {
            let reason = format!("at most {REQUEST_ID_CHARS_MAX} characters");
            return Err(Error::Invalid { field: "request_id".to_owned(), reason });
        }
        self.request_as(caller.id, request_id.to_owned(), content, sealed).await
    }

    /// The same for a party that may not be filed; the id of the request tells it from those of all others then.
    pub(super) async fn request_as(
        &self,
        by: PartyId,
        guid: String,
        content: Content,
        sealed: Option<&[u8]>,
    ) -> Result<Applied, Error> {
        let digest = sha256(&[&content.kind().to_be_bytes(), &content.encode()]).to_vec();
        let mut header = Header { party: by.0, guid, payload_sha256: digest, signature: 1, ..Header::default() };
        let record = match sealed {
            None => Entry { header, content }.record(),
            Some(bytes) => {
                let (skeleton, personal, root) = whole_personal(bytes, None, Vec::new());
                header.documents_root = root.to_vec();
                Entry { header, content }.record_with(skeleton, &personal)
            }
        };
        let (position, outcome) = self.record(record).await?;
        if outcome.ending != Ending::Replay as i32 {
            return Ok(recorded(position, outcome, false));
        }
        let first = Position(outcome.first);
        let intake = self.clone();
        let stored = tokio::task::spawn_blocking(move || intake.stored_outcome(first)).await;
        Ok(recorded(first, stored.map_err(|_| Error::Stopping)??, true))
    }

    /// Adds rows to a dated table.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn change_table(&self, caller: &Caller, request_id: &str, change: TableChange) -> Result<Applied, Error> {
        require(caller, Role::Operator, "ChangeTable")?;
        self.request(caller, request_id, Content::Tables(change)).await
    }
}

/// What became of an entry that is no message.
fn recorded(position: Position, outcome: Arc<Outcome>, replayed: bool) -> Applied {
    let none = Bytes::new;
    Applied { position, outcome, replayed, receipt_xml: none(), dxp_rep: none(), receipt_dxp: none() }
}

/// Who may have which view.
pub(crate) fn check_view(caller: &Caller, view: i32) -> Result<(), Error> {
    let roles: &[Role] = match View::try_from(view) {
        Ok(View::Full) => &[Role::Customs],
        Ok(View::Statistics) => &[Role::Statistics, Role::Customs, Role::Operator],
        Ok(View::Own) => return Ok(()),
        Err(_) => {
            let reason = "full, statistics or own".to_owned();
            return Err(Error::Invalid { field: "subscription.view".to_owned(), reason });
        }
    };
    if roles.iter().any(|role| caller.party.has_role(*role)) {
        return Ok(());
    }
    let roles = roles.iter().map(|role| format!("{role:?}").to_lowercase()).collect::<Vec<_>>().join(", ");
    Err(Error::Denied { what: "this view".to_owned(), roles })
}
