//! Reading what the life cycle wrote: worklist, match sides, what happened to a list, consolidations.

use super::cells::{Cells, StateError, load};
use super::clearance::{arrivals, consolidate, life, merge, returns, worklist};
use super::facts::Facts;
use super::life::DocState;
use super::machine::logic;
use super::matching::{Partners, Setting};
use super::registry::Registry;
use super::store::Table;
use crate::domain::limits::WORK_ROWS_MAX;
use crate::domain::{DocRef, MessageType, Timestamp};
use crate::tables::Tables;
use std::collections::BTreeMap;

pub(crate) use super::clearance::merge::{Merged, Together};
pub use super::clearance::worklist::{WorkItem, WorkKind};

/// A page of the worklist: its items with the keys after which one may go on, and the key of the next page.
#[derive(Debug, Default)]
pub(crate) struct WorkPage {
    pub(crate) items: Vec<WorkItem>,
    pub(crate) next: Option<Vec<u8>>,
}

/// Items that `may_see` lets through, by due time, overdue ones first. A page may hold fewer than `limit` although there
/// is a next one.
pub(crate) fn work(
    cells: &impl Cells,
    registry: &Registry,
    after: &[u8],
    limit: usize,
    may_see: &dyn Fn(&WorkItem) -> bool,
) -> Result<WorkPage, StateError> {
    const ROWS_PER_READ: usize = 500;
    let mut page = WorkPage::default();
    let mut after = after.to_vec();
    let mut of_list = |at: DocRef, due_ms: i64| waiting_item(cells, registry, at, due_ms);
    for _ in 0..WORK_ROWS_MAX / ROWS_PER_READ {
        let (rows, next) = worklist::rows(cells, &after, ROWS_PER_READ, &mut of_list)?;
        for (key, item) in rows {
            if page.items.len() >= limit {
                page.next = Some(after);
                return Ok(page);
            }
            if may_see(&item) {
                page.items.push(item);
            }
            after = key;
        }
        match next {
            Some(next) => after = next,
            None => return Ok(page),
        }
    }
    page.next = Some(after);
    Ok(page)
}

/// The item of a list that waits for its documents.
fn waiting_item(
    cells: &impl Cells,
    registry: &Registry,
    at: DocRef,
    due_ms: i64,
) -> Result<Option<WorkItem>, StateError> {
    let state: Option<DocState> = load(cells, Table::Document, &at.key())?;
    let Some(state) = state.filter(DocState::is_waiting) else { return Ok(None) };
    let facts = life::facts_of(cells, at)?.unwrap_or_default();
    let keys = state.keys(&facts);
    Ok(Some(WorkItem {
        kind: WorkKind::Match as i32,
        due_ms,
        opened_ms: state.time_ms,
        document: Some(at),
        owners: registry.workers(state.sender, MessageType::of_number(state.kind), &facts),
        office: keys.customs_code,
        number: keys.order_no,
        overdue_ms: 0,
    }))
}

/// One side of the match of a list, as it is now.
#[derive(Debug, Clone)]
pub(crate) struct Side {
    pub(crate) kind: MessageType,
    pub(crate) document: Option<DocRef>,
    /// Number under which it is expected, and code of the party that sends it; empty if that is not known yet.
    pub(crate) number: String,
    pub(crate) code: String,
}

/// The sides of a list: which documents it needs, and which are there.
pub(crate) fn sides(cells: &impl Cells, tables: &Tables, at: DocRef) -> Result<Vec<Side>, StateError> {
    let Some(state) = load::<DocState>(cells, Table::Document, &at.key())? else { return Ok(Vec::new()) };
    let (kind, list) = (MessageType::of_number(state.kind), life::facts_of(cells, at)?.unwrap_or_default());
    let setting = Setting { logic: logic(cells)?, tables, at: Timestamp(state.time_ms) };
    let partners = Partners::find(cells, setting, &mut |other| life::facts_of(cells, other), kind, &list)?;
    let keys = &list.keys;
    let order = partners.order.as_ref().map(|(_, facts)| &facts.keys);
    let side = |kind, found: &Option<(DocRef, Facts)>, number: &str, code: &str| Side {
        kind,
        document: found.as_ref().map(|(at, _)| *at),
        number: number.to_owned(),
        code: code.to_owned(),
    };
    let export = kind.is_export();
    let of = |import, other| if export { other } else { import };
    let mut sides =
        vec![side(of(MessageType::Ceb311, MessageType::Ceb303), &partners.order, &keys.order_no, &keys.ebp_code)];
    if !export {
        let (number, code) = order.map_or(("", ""), |order| (&order.pay_transaction_id, &order.pay_code));
        let number = if number.is_empty() { &keys.order_no } else { number };
        sides.push(side(MessageType::Ceb411, &partners.payment, number, code));
    } else if partners.needs_money() {
        sides.push(side(MessageType::Ceb403, &partners.payment, &keys.order_no, ""));
    }
    let waybill = of(MessageType::Ceb511, MessageType::Ceb505);
    sides.push(side(waybill, &partners.waybill, &keys.logistics_no, &keys.logistics_code));
    Ok(sides)
}

/// When a list stops waiting, milliseconds since 1970; 0 if it does not wait.
pub(crate) fn match_deadline(cells: &impl Cells, at: DocRef) -> Result<i64, StateError> {
    Ok(load::<DocState>(cells, Table::Document, &at.key())?.map_or(0, |state| state.deadline_ms))
}

/// What happened to a list beside its status.
#[derive(Debug, Clone, Default)]
pub(crate) struct Life {
    pub(crate) released: Option<Timestamp>,
    pub(crate) closed: Option<Timestamp>,
    pub(crate) arrived: Option<Timestamp>,
    pub(crate) departed: Option<Timestamp>,
    pub(crate) signed: Option<Timestamp>,
    pub(crate) traf_name: String,
    pub(crate) voyage_no: String,
    pub(crate) bill_no: String,
    pub(crate) total_package_no: String,
    pub(crate) cancelled_by: Option<DocRef>,
    pub(crate) consolidated_by: Option<DocRef>,
    /// Lines and the customs declarations that they went into: number of the line, consolidation number, entry id.
    pub(crate) entries: Vec<(u32, String, String)>,
    /// Lines and the quantities that came back.
    pub(crate) returned: Vec<(u32, String)>,
}

/// What happened to a list.
pub(crate) fn life_of(cells: &impl Cells, at: DocRef) -> Result<Life, StateError> {
    let Some(state) = load::<DocState>(cells, Table::Document, &at.key())? else { return Ok(Life::default()) };
    let (kind, facts) = (MessageType::of_number(state.kind), life::facts_of(cells, at)?.unwrap_or_default());
    let (list, parcel) = (life::of_list(cells, at)?, arrivals::of_list(cells, kind, &facts)?);
    let time = |ms: i64| (ms != 0).then_some(Timestamp(ms));
    let own = |field, other: &str| {
        let value = facts.value(field);
        if value.is_empty() { other.to_owned() } else { value.to_owned() }
    };
    let transport = parcel.transport.unwrap_or_default();
    let bill_no = if facts.keys.bill_no.is_empty() { transport.bill_no } else { facts.keys.bill_no.clone() };
    Ok(Life {
        released: time(list.released_ms),
        closed: time(list.closed_ms),
        arrived: parcel.arrived.map(|moment| Timestamp(moment.at_ms)),
        departed: parcel.departed.map(|moment| Timestamp(moment.at_ms)),
        signed: parcel.signed.map(|moment| Timestamp(moment.at_ms)),
        traf_name: own(crate::domain::Field::TrafName, &transport.traf_name),
        voyage_no: own(crate::domain::Field::VoyageNo, &transport.voyage_no),
        bill_no,
        total_package_no: own(
            crate::domain::Field::TotalPackageNo,
            &parcel.package.map(|package| package.number).unwrap_or_default(),
        ),
        cancelled_by: list.cancelled_by,
        consolidated_by: list.claimed_by,
        entries: list.entries.into_iter().map(|line| (line.gnum, line.decl_seq_no, line.entry_id)).collect(),
        returned: returns::returned(cells, at)?.into_iter().map(|(gnum, qty)| (gnum, qty.to_string())).collect(),
    })
}

/// What the lists of an application for consolidation become; none if it is no such application.
pub(crate) fn consolidation(
    cells: &impl Cells,
    application: DocRef,
) -> Result<Option<BTreeMap<merge::Together, merge::Merged>>, StateError> {
    let state: Option<DocState> = load(cells, Table::Document, &application.key())?;
    if state.is_none_or(|state| state.kind != MessageType::Ceb701 as i32) {
        return Ok(None);
    }
    let facts = life::facts_of(cells, application)?.unwrap_or_default();
    let lists = consolidate::claimed_by(cells, application)?;
    consolidate::merged(cells, &facts, &lists).map(Some)
}
