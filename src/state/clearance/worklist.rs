//! The worklist: what somebody still has to do, and by when.
//!
//! An item is opened with its due time and closed when it is done. A tick turns items that are due into `Overdue` events,
//! once each; they stay in the list until they are closed. Lists that wait for their documents are items too, but have
//! their rows in the table `Deadline`: their end is an event of its own.

use super::super::cells::{Cells, CellsMut, StateError, after_prefix, decode, load, save};
use super::super::step::{Step, facts_at, no_facts};
use super::super::store::Table;
use super::terms::Terms;
use crate::domain::limits::WORK_KEY_BYTES_MAX;
use crate::domain::{DocRef, Event, EventKind, Timestamp};

/// Spaces of the table `Life` that are the worklist's. Permanent.
const OPEN: u8 = 1;
const OVERDUE: u8 = 2;
const PLACE: u8 = 3;

/// What there is to do. Numbers are permanent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum WorkKind {
    /// A list waits for its order, payment or waybill.
    Match = 1,
    /// Customs has not answered a declaration (R-ST-09).
    Answer = 2,
    /// Customs has not answered for long (R-ST-09): send it again.
    AnswerLate = 3,
    /// Returned goods have to be back at their site (R-RET-01, R-RET-05).
    ReturnArrival = 4,
    /// A tax bill has to be paid.
    TaxDue = 5,
    /// Closed export lists of a month have to be consolidated (R-EXP-06).
    Consolidation = 6,
    /// A list of direct purchase has no arrival of its waybill (R-EXP-10).
    Arrival = 7,
    /// Figures of a warehouse differ from the account book (R-WH-01).
    StockDifference = 8,
}

impl WorkKind {
    /// Name in events, lower camel case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            WorkKind::Match => "match",
            WorkKind::Answer => "answer",
            WorkKind::AnswerLate => "answerLate",
            WorkKind::ReturnArrival => "returnArrival",
            WorkKind::TaxDue => "taxDue",
            WorkKind::Consolidation => "consolidation",
            WorkKind::Arrival => "arrival",
            WorkKind::StockDifference => "stockDifference",
        }
    }

    /// What there is to do, in Chinese and English.
    #[must_use]
    pub fn text(self) -> (&'static str, &'static str) {
        match self {
            WorkKind::Match => {
                ("清单待三单对碰，请补齐或更正单证", "the list waits for its documents: send or mend them")
            }
            WorkKind::Answer => ("超时未收到海关回执", "customs has not answered in time (E-ST-09)"),
            WorkKind::AnswerLate => (
                "长时间未收到海关回执，请以原报文编号重新发送或联系海关",
                "customs has not answered for long: send it again under the same guid, or ask customs",
            ),
            WorkKind::ReturnArrival => {
                ("退货商品须按期退回原监管场所", "returned goods must be back at their site in time")
            }
            WorkKind::TaxDue => ("税单待缴", "a tax bill has to be paid"),
            WorkKind::Consolidation => ("上月已结关清单须汇总申报", "closed lists of the month must be consolidated"),
            WorkKind::Arrival => {
                ("入库明细单未到，请监管场所经营人报送", "the arrival (CEB711) is missing: the site sends it")
            }
            WorkKind::StockDifference => (
                "仓库库存与账册不一致，请核实后重新报送",
                "stock of a warehouse differs from the account book: look into it and report again",
            ),
        }
    }
}

/// One thing to do.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct WorkItem {
    /// What.
    #[prost(enumeration = "WorkKind", tag = "1")]
    pub kind: i32,
    /// By when, milliseconds since 1970.
    #[prost(int64, tag = "2")]
    pub due_ms: i64,
    /// Since when, milliseconds since 1970.
    #[prost(int64, tag = "3")]
    pub opened_ms: i64,
    /// Document that it is about, if it is about one.
    #[prost(message, optional, tag = "4")]
    pub document: Option<DocRef>,
    /// Numbers of the parties whose work it is.
    #[prost(uint32, repeated, tag = "5")]
    pub owners: Vec<u32>,
    /// Customs office that looks on; may be empty.
    #[prost(string, tag = "6")]
    pub office: String,
    /// Number that people know it by: of a list, a tax bill, a month. Never personal.
    #[prost(string, tag = "7")]
    pub number: String,
    /// When it was found overdue, milliseconds since 1970; 0 if it is not.
    #[prost(int64, tag = "8")]
    pub overdue_ms: i64,
}

/// Where the row of an item stands.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
struct Place {
    #[prost(int64, tag = "1")]
    due_ms: i64,
    #[prost(bool, tag = "2")]
    overdue: bool,
}

fn place_key(kind: WorkKind, key: &[u8]) -> Vec<u8> {
    let mut row = vec![PLACE, kind_byte(kind)];
    row.extend_from_slice(key.get(..WORK_KEY_BYTES_MAX).unwrap_or(key));
    row
}

fn kind_byte(kind: WorkKind) -> u8 {
    u8::try_from(kind as i32).unwrap_or_default()
}

fn row_key(space: u8, due_ms: i64, kind: WorkKind, key: &[u8]) -> Vec<u8> {
    let mut row = vec![space];
    row.extend_from_slice(&due_ms.to_be_bytes());
    row.push(kind_byte(kind));
    row.extend_from_slice(key.get(..WORK_KEY_BYTES_MAX).unwrap_or(key));
    row
}

/// Opens an item, or dates it anew. `key` tells items of a kind apart: at most [`WORK_KEY_BYTES_MAX`] bytes.
pub(in crate::state) fn open<C: CellsMut>(
    step: &mut Step<'_, C>,
    kind: WorkKind,
    key: &[u8],
    item: WorkItem,
) -> Result<(), StateError> {
    close(step, kind, key)?;
    let item = WorkItem { kind: kind as i32, overdue_ms: 0, ..item };
    save(step.cells, Table::Life, &row_key(OPEN, item.due_ms, kind, key), &item);
    save(step.cells, Table::Life, &place_key(kind, key), &Place { due_ms: item.due_ms, overdue: false });
    Ok(())
}

/// Closes an item; nothing happens if it is not open.
pub(in crate::state) fn close<C: CellsMut>(
    step: &mut Step<'_, C>,
    kind: WorkKind,
    key: &[u8],
) -> Result<(), StateError> {
    let at = place_key(kind, key);
    if let Some(place) = load::<Place>(step.cells, Table::Life, &at)? {
        let space = if place.overdue { OVERDUE } else { OPEN };
        step.cells.delete(Table::Life, &row_key(space, place.due_ms, kind, key));
        step.cells.delete(Table::Life, &at);
    }
    Ok(())
}

/// True if an item is open or overdue.
pub(in crate::state) fn is_open(cells: &impl Cells, kind: WorkKind, key: &[u8]) -> Result<bool, StateError> {
    Ok(cells.get(Table::Life, &place_key(kind, key))?.is_some())
}

impl<C: CellsMut> Step<'_, C> {
    /// Tells of items that are due at the entry's time, the earliest first; at most `limit`.
    pub(in crate::state) fn tell_overdue(&mut self, limit: usize) -> Result<(), StateError> {
        let mut until = vec![OPEN];
        until.extend_from_slice(&self.time_ms.saturating_add(1).to_be_bytes());
        for (row, value) in self.cells.scan(Table::Life, &[OPEN], &until, limit, false)? {
            let mut item: WorkItem = decode(Table::Life, &value)?;
            let (Ok(kind), Some(key)) = (WorkKind::try_from(item.kind), row.get(10..)) else { continue };
            self.cells.delete(Table::Life, &row);
            item.overdue_ms = self.time_ms;
            save(self.cells, Table::Life, &row_key(OVERDUE, item.due_ms, kind, key), &item);
            save(self.cells, Table::Life, &place_key(kind, key), &Place { due_ms: item.due_ms, overdue: true });
            let event = self.overdue_event(kind, &item)?;
            self.events.push(event);
            if kind == WorkKind::Answer {
                // The alert becomes an alarm later on.
                let (_, alarm_ms) = Terms { tables: self.tables, at: self.now() }.answer_waits_ms();
                let late = WorkItem { due_ms: item.opened_ms.saturating_add(alarm_ms), ..item };
                open(self, WorkKind::AnswerLate, key, late)?;
            }
        }
        Ok(())
    }

    fn overdue_event(&mut self, kind: WorkKind, item: &WorkItem) -> Result<Event, StateError> {
        let mut event = Event { kind: EventKind::Overdue as i32, owners: item.owners.clone(), ..Event::default() };
        if let Some(at) = item.document
            && let Some(state) = self.doc_state(at)?
        {
            let entry = self.facts_of_entry(at.position)?;
            let facts = facts_at(&entry, at).cloned().unwrap_or_else(no_facts);
            event = self.event(EventKind::Overdue, at, &state, &facts)?;
            for owner in &item.owners {
                if !event.owners.contains(owner) {
                    event.owners.push(*owner);
                }
            }
        }
        let (zh, en) = kind.text();
        event.info = format!("{zh} · {en}");
        event.note("work", kind.name());
        event.note("number", item.number.as_str());
        event.note("due", Timestamp(item.due_ms).to_string());
        Ok(event)
    }
}

/// The earliest due time of an item that is not overdue yet.
pub(in crate::state) fn next_due(cells: &impl Cells) -> Result<Option<Timestamp>, StateError> {
    let first = cells.scan(Table::Life, &[OPEN], &after_prefix(&[OPEN]), 1, false)?;
    let due = first.first().and_then(|(key, _)| key.get(1..)).and_then(|rest| rest.first_chunk::<8>().copied());
    Ok(due.map(|due| Timestamp(i64::from_be_bytes(due))))
}

/// A row of the worklist with the key after which the next page begins.
pub(in crate::state) type Row = (Vec<u8>, WorkItem);

/// Rows in order of their due time after a key that [`Row`] gave; overdue ones first. Waiting lists come from their
/// own table: `of_list` makes the item of one, none if it does not wait any more.
pub(in crate::state) fn rows(
    cells: &impl Cells,
    after: &[u8],
    limit: usize,
    of_list: &mut dyn FnMut(DocRef, i64) -> Result<Option<WorkItem>, StateError>,
) -> Result<(Vec<Row>, Option<Vec<u8>>), StateError> {
    let mut found = Vec::new();
    let mut last = after.to_vec();
    if after.first().is_none_or(|space| *space == OVERDUE) {
        let from = if after.is_empty() { vec![OVERDUE] } else { following(after) };
        for (key, value) in cells.scan(Table::Life, &from, &after_prefix(&[OVERDUE]), limit, false)? {
            last.clone_from(&key);
            found.push((key, decode(Table::Life, &value)?));
        }
        if found.len() >= limit {
            return Ok((found, Some(last)));
        }
        last = vec![OPEN];
    }
    let rest = limit - found.len();
    let from = if last.len() > 1 { following(&last) } else { vec![OPEN] };
    let mut open: Vec<(Vec<u8>, Option<WorkItem>)> = Vec::new();
    for (key, value) in cells.scan(Table::Life, &from, &after_prefix(&[OPEN]), rest, false)? {
        open.push((key, Some(decode(Table::Life, &value)?)));
    }
    // The row of a waiting list is its due time and its document; kind 1 stands between them in this order.
    let waiting_from = match (last.get(1..9), last.get(9)) {
        (Some(due), Some(1)) => following(&[due, last.get(10..).unwrap_or_default()].concat()),
        (Some(due), Some(_)) => [due, &[u8::MAX; 13]].concat(),
        _ => Vec::new(),
    };
    for (key, _) in cells.scan(Table::Deadline, &waiting_from, &[u8::MAX; 9], rest, false)? {
        let (Some(due), Some(at)) = (key.first_chunk::<8>(), key.get(8..).and_then(DocRef::of_key)) else { continue };
        let due_ms = i64::from_be_bytes(*due);
        open.push((row_key(OPEN, due_ms, WorkKind::Match, &at.key()), of_list(at, due_ms)?));
    }
    open.sort_by(|(a, _), (b, _)| a.cmp(b));
    let is_last = open.len() < rest;
    for (key, item) in open.into_iter().take(rest) {
        last.clone_from(&key);
        found.extend(item.map(|item| (key, item)));
    }
    Ok((found, (!is_last).then_some(last)))
}

fn following(key: &[u8]) -> Vec<u8> {
    let mut next = key.to_vec();
    next.push(0);
    next
}
