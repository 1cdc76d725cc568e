//! Raw payment data: what customs asked for, and what was given (R-PAY-01 to R-PAY-05).
//!
//! R-PAY-01: only the data of a known order is asked for and given. R-PAY-02 and R-PAY-03 are faults of the upload
//! itself ([`crate::payment_data`]). R-PAY-04: the latest session of an order counts. R-PAY-05: the data is due some time
//! after it was asked for, by the parameter table; later it is taken and marked late.
//!
//! Source: announcements 165 and 179 of 2018; domain.md §5.

use super::cells::{Cells, CellsMut, StateError, load, save};
use super::keys::{MatchSet, Space, business_key};
use super::life::DocState;
use super::requests::{refuse, wrong};
use super::step::{Step, facts_at};
use super::store::Table;
use crate::domain::limits::PAYMENT_SESSIONS_MAX;
use crate::domain::{Amount, DocRef, Event, EventKind, Outcome, PartyId, Rejection, status};
use crate::proof::sha256;
use crate::tables::Parameter;

/// Spaces of the table `Forex`. Permanent.
const OF_ORDER: u8 = 16;
const OF_SESSION: u8 = 17;

/// An hour in milliseconds.
const HOUR_MS: i64 = 3600 * 1000;

/// A request for the raw data of an order.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct PaymentAsk {
    /// Order number.
    #[prost(string, tag = "1")]
    pub order_no: String,
    /// Platform of the order.
    #[prost(string, tag = "2")]
    pub platform_code: String,
    /// Id of the session.
    #[prost(string, tag = "3")]
    pub session_id: String,
}

/// An upload: what is not personal of it, and what is wrong with it.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct PaymentGiven {
    /// Id of the session.
    #[prost(string, tag = "1")]
    pub session_id: String,
    /// The platform's own id of the data.
    #[prost(string, tag = "2")]
    pub guid: String,
    /// Platform.
    #[prost(string, tag = "3")]
    pub ebp_code: String,
    /// Payment institution.
    #[prost(string, tag = "4")]
    pub pay_code: String,
    /// The clearing house's number.
    #[prost(string, tag = "5")]
    pub pay_transaction_id: String,
    /// What was paid.
    #[prost(string, tag = "6")]
    pub total_amount: String,
    /// Clearing house.
    #[prost(string, tag = "7")]
    pub ver_dept: String,
    /// How it was paid.
    #[prost(string, tag = "8")]
    pub pay_type: String,
    /// When it was paid.
    #[prost(string, tag = "9")]
    pub trading_time: String,
    /// Orders that it paid.
    #[prost(string, repeated, tag = "10")]
    pub order_nos: Vec<String>,
    /// Serial number of the certificate.
    #[prost(string, tag = "11")]
    pub cert_no: String,
    /// Algorithm by which the signature was verified; empty if it was not.
    #[prost(string, tag = "12")]
    pub algorithm: String,
    /// SHA-256 of the upload.
    #[prost(bytes = "vec", tag = "13")]
    pub body_sha256: Vec<u8>,
    /// Why the checks of the upload alone refuse it.
    #[prost(message, repeated, tag = "14")]
    pub rejections: Vec<Rejection>,
}

/// Raw payment data asked for or given.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct PaymentEntry {
    /// A request of customs.
    #[prost(message, optional, tag = "1")]
    pub ask: Option<PaymentAsk>,
    /// An upload.
    #[prost(message, optional, tag = "2")]
    pub given: Option<PaymentGiven>,
}

/// One request and what came of it.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Session {
    #[prost(string, tag = "1")]
    pub session_id: String,
    #[prost(int64, tag = "2")]
    pub asked_ms: i64,
    #[prost(int64, tag = "3")]
    pub due_ms: i64,
    /// Customs that asked.
    #[prost(uint32, tag = "4")]
    pub by: u32,
    /// When the data came; 0 while it is waited for.
    #[prost(int64, tag = "5")]
    pub given_ms: i64,
    /// Entry that holds it.
    #[prost(uint64, tag = "6")]
    pub position: u64,
    #[prost(message, optional, tag = "7")]
    pub given: Option<PaymentGiven>,
    /// Where it differs from what is on record.
    #[prost(message, repeated, tag = "8")]
    pub differences: Vec<Rejection>,
}

/// The requests for one order, oldest first.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Asked {
    #[prost(string, tag = "1")]
    pub order_no: String,
    #[prost(string, tag = "2")]
    pub platform_code: String,
    #[prost(message, repeated, tag = "3")]
    pub sessions: Vec<Session>,
}

fn order_row(order_no: &str, platform_code: &str) -> Vec<u8> {
    [&[OF_ORDER], business_key(Space::Order, order_no, platform_code).as_slice()].concat()
}

fn session_row(session_id: &str) -> Vec<u8> {
    [&[OF_SESSION], sha256(&[session_id.as_bytes()]).as_slice()].concat()
}

/// Where the requests of a session's order stand.
#[derive(Clone, PartialEq, Eq, prost::Message)]
struct OfSession {
    #[prost(bytes = "vec", tag = "1")]
    row: Vec<u8>,
}

/// The requests for an order.
pub(crate) fn asked(cells: &impl Cells, order_no: &str, platform_code: &str) -> Result<Option<Asked>, StateError> {
    load(cells, Table::Forex, &order_row(order_no, platform_code))
}

/// The requests among which a session is.
pub(crate) fn asked_in(cells: &impl Cells, session_id: &str) -> Result<Option<Asked>, StateError> {
    let of: Option<OfSession> = load(cells, Table::Forex, &session_row(session_id))?;
    of.map(|of| load(cells, Table::Forex, &of.row)).transpose().map(Option::flatten)
}

/// Applies a request or an upload.
pub(super) fn apply<C: CellsMut>(
    step: &mut Step<'_, C>,
    entry: &PaymentEntry,
    outcome: &mut Outcome,
) -> Result<(), StateError> {
    match (&entry.ask, &entry.given) {
        (Some(ask), _) => apply_ask(step, ask, outcome),
        (None, Some(given)) => apply_given(step, given, outcome),
        (None, None) => Ok(()),
    }
}

/// Who the event of an order is for: customs that asked, the platform.
fn owners<C: CellsMut>(step: &Step<'_, C>, platform_code: &str, others: &[u32]) -> Vec<u32> {
    let mut owners = vec![step.party];
    let platform = step.registry.of_code(platform_code).map(|(id, _)| id.0);
    for id in platform.iter().chain(others) {
        if !owners.contains(id) {
            owners.push(*id);
        }
    }
    owners
}

fn apply_ask<C: CellsMut>(step: &mut Step<'_, C>, ask: &PaymentAsk, outcome: &mut Outcome) -> Result<(), StateError> {
    if live_order(step, &ask.order_no, &ask.platform_code)?.is_none() {
        let (zh, en) = ("该平台没有此订单", "the platform has no such order");
        refuse(step, outcome, vec![wrong("R-PAY-01", "orderNo", &ask.order_no, "", zh, en)]);
        return Ok(());
    }
    let row = order_row(&ask.order_no, &ask.platform_code);
    let place = session_row(&ask.session_id);
    let known: Option<OfSession> = load(step.cells, Table::Forex, &place)?;
    if known.is_some_and(|known| known.row != row) {
        let (zh, en) = ("sessionID已用于其他订单", "this session is one of another order");
        refuse(step, outcome, vec![wrong("R-PAY-04", "sessionID", &ask.session_id, "", zh, en)]);
        return Ok(());
    }
    let mut asked: Asked = load(step.cells, Table::Forex, &row)?.unwrap_or_default();
    ask.order_no.clone_into(&mut asked.order_no);
    ask.platform_code.clone_into(&mut asked.platform_code);
    let due_ms = step
        .time_ms
        .saturating_add(step.tables.number(Parameter::RawPaymentDeadlineHours, step.now()).saturating_mul(HOUR_MS));
    // A session that is asked again is the latest one again; what came for it stays.
    let held = asked.sessions.iter().position(|session| session.session_id == ask.session_id);
    let mut session = held.map(|at| asked.sessions.remove(at)).unwrap_or_default();
    ask.session_id.clone_into(&mut session.session_id);
    (session.asked_ms, session.due_ms, session.by) = (step.time_ms, due_ms, step.party);
    if asked.sessions.len() >= PAYMENT_SESSIONS_MAX {
        asked.sessions.remove(0);
    }
    asked.sessions.push(session);
    save(step.cells, Table::Forex, &row, &asked);
    save(step.cells, Table::Forex, &place, &OfSession { row });
    let event = Event {
        kind: EventKind::PaymentDataAsked as i32,
        code: ask.platform_code.clone(),
        owners: owners(step, &ask.platform_code, &[]),
        ..Event::default()
    };
    let due = crate::domain::Timestamp(due_ms).ceb14();
    step.events.push(event.with("orderNo", &ask.order_no).with("sessionID", &ask.session_id).with("due", due));
    Ok(())
}

fn apply_given<C: CellsMut>(
    step: &mut Step<'_, C>,
    given: &PaymentGiven,
    outcome: &mut Outcome,
) -> Result<(), StateError> {
    if !given.rejections.is_empty() {
        refuse(step, outcome, given.rejections.clone());
        return Ok(());
    }
    let of: Option<OfSession> = load(step.cells, Table::Forex, &session_row(&given.session_id))?;
    let row = of.map(|of| of.row).unwrap_or_default();
    let asked: Option<Asked> = if row.is_empty() { None } else { load(step.cells, Table::Forex, &row)? };
    let Some(mut asked) = asked else {
        let (zh, en) = ("sessionID不存在", "no such session was opened");
        refuse(step, outcome, vec![wrong("R-PAY-01", "sessionID", &given.session_id, "", zh, en)]);
        return Ok(());
    };
    let refused = judge(step, given, &asked);
    if !refused.is_empty() {
        refuse(step, outcome, refused);
        return Ok(());
    }
    let mut differences = compare(step, given, &asked)?;
    let Some(session) = asked.sessions.last_mut() else { return Ok(()) };
    if step.time_ms > session.due_ms {
        let due = crate::domain::Timestamp(session.due_ms).ceb14();
        let came = crate::domain::Timestamp(step.time_ms).ceb14();
        let (zh, en) = ("超过规定时限上传", "came after it was due");
        differences.push(wrong("R-PAY-05", "serviceTime", &came, &format!("<= {due}"), zh, en));
    }
    (session.given_ms, session.position) = (step.time_ms, step.position);
    session.given = Some(given.clone());
    session.differences.clone_from(&differences);
    let by = session.by;
    save(step.cells, Table::Forex, &row, &asked);
    let event = Event {
        kind: EventKind::PaymentDataGiven as i32,
        code: asked.platform_code.clone(),
        owners: owners(step, &asked.platform_code, &[by]),
        rejections: differences.clone(),
        ..Event::default()
    };
    let count = differences.len();
    step.events.push(
        event
            .with("orderNo", &asked.order_no)
            .with("sessionID", &given.session_id)
            .with("payTransactionId", &given.pay_transaction_id)
            .with("differences", count.to_string()),
    );
    Ok(())
}

/// Whether an upload may be taken at all.
fn judge<C: CellsMut>(step: &Step<'_, C>, given: &PaymentGiven, asked: &Asked) -> Vec<Rejection> {
    let mut refused = Vec::new();
    let latest = asked.sessions.last().map_or("", |session| session.session_id.as_str());
    if latest != given.session_id {
        let (zh, en) = ("sessionID已失效，以最新的为准", "a later session of the order counts");
        refused.push(wrong("R-PAY-04", "sessionID", &given.session_id, latest, zh, en));
    }
    if !given.order_nos.contains(&asked.order_no) {
        let (zh, en) = ("不含所调取的订单", "the order that was asked for is not among them");
        let found = given.order_nos.first().map_or("", String::as_str);
        refused.push(wrong("R-PAY-01", "orderNo", found, &asked.order_no, zh, en));
    }
    let own = step.registry.party(PartyId(step.party));
    let is_platform = own.is_some_and(|party| party.is_called(&asked.platform_code));
    let names_it = given.ebp_code == asked.platform_code || own.is_some_and(|party| party.is_called(&given.ebp_code));
    if !is_platform || !names_it {
        let (zh, en) = ("不是订单所属的电商平台", "is not the platform of the order");
        refused.push(wrong("R-PAY-01", "ebpCode", &given.ebp_code, &asked.platform_code, zh, en));
    }
    refused
}

/// The order's live document.
fn live_order<C: CellsMut>(
    step: &mut Step<'_, C>,
    order_no: &str,
    platform_code: &str,
) -> Result<Option<(DocRef, MatchSet)>, StateError> {
    let place = business_key(Space::Order, order_no, platform_code);
    let set: MatchSet = load(step.cells, Table::Match, &place)?.unwrap_or_default();
    let Some(at) = set.order else { return Ok(None) };
    let state: Option<DocState> = load(step.cells, Table::Document, &at.key())?;
    let live = state.is_some_and(|state| state.is_live() && state.status != status::DRAFT);
    Ok(live.then_some((at, set)))
}

/// Where the raw data differs from the orders and payments on record.
fn compare<C: CellsMut>(
    step: &mut Step<'_, C>,
    given: &PaymentGiven,
    asked: &Asked,
) -> Result<Vec<Rejection>, StateError> {
    let mut differences = Vec::new();
    let mut paid = Amount::default();
    let mut all_known = true;
    for order_no in &given.order_nos {
        let Some((at, set)) = live_order(step, order_no, &asked.platform_code)? else {
            all_known = false;
            let (zh, en) = ("平台没有此订单的电子订单", "the platform sent no such order");
            differences.push(wrong("R-PAY-01", "orderNo", order_no, "", zh, en));
            continue;
        };
        let entry = step.facts_of_entry(at.position)?;
        let Some(order) = facts_at(&entry, at) else { continue };
        paid = paid.plus(Amount::parse(&order.paid).unwrap_or_default());
        let mut payments = Vec::new();
        for at in set.payments {
            let entry = step.facts_of_entry(at.position)?;
            payments.extend(facts_at(&entry, at).map(|facts| facts.keys.clone()));
        }
        let codes: Vec<&str> = payments.iter().map(|keys| keys.pay_code.as_str()).collect();
        if !codes.is_empty() && !codes.contains(&given.pay_code.as_str()) {
            let (zh, en) = ("支付企业与支付单不一致", "is not the institution of the payment on record");
            differences.push(wrong("R-PAY-03", "payCode", &given.pay_code, &codes.join(" | "), zh, en));
        }
        let numbers: Vec<&str> = payments.iter().map(|keys| keys.pay_transaction_id.as_str()).collect();
        if !numbers.is_empty() && !numbers.contains(&given.pay_transaction_id.as_str()) {
            let (zh, en) = ("支付交易编号与支付单不一致", "is not the number of the payment on record");
            let found = &given.pay_transaction_id;
            differences.push(wrong("R-PAY-03", "payTransactionId", found, &numbers.join(" | "), zh, en));
        }
    }
    let total = Amount::parse(&given.total_amount).unwrap_or_default();
    if all_known && total != paid {
        let (zh, en) = ("支付金额与订单实际支付金额不一致", "is not what the orders say was paid");
        differences.push(wrong("R-PAY-02", "totalAmount", &given.total_amount, &paid.to_string(), zh, en));
    }
    Ok(differences)
}
