//! The three-document match (R-M3-01 to R-M3-14): what a list still waits for. Pure comparison of facts.

use super::cells::{Cells, StateError, load};
use super::clearance::terms::Terms;
use super::clearance::{SINCE_LOGIC, split};
use super::facts::{Facts, LineFacts};
use super::filing::identity;
use super::keys::{MatchSet, WaybillSlot, order_key, waybill_key};
use super::life::DocState;
use super::registry::Registry;
use super::store::Table;
use crate::domain::{Amount, DocRef, Field, MessageType, Timestamp, Waiting, status};
use crate::tables::{Parameter, Tables};

/// Differences listed for one list; the rest shows once these are mended.
const WAITING_MAX: usize = 50;

/// A document and its facts.
#[derive(Debug, Clone, Copy)]
struct Document<'a> {
    at: DocRef,
    kind: MessageType,
    facts: &'a Facts,
}

impl<'a> Document<'a> {
    fn of(kind: MessageType, found: Option<&'a (DocRef, Facts)>) -> Option<Document<'a>> {
        found.map(|(at, facts)| Document { at: *at, kind, facts })
    }
}

/// The documents found for a list: live and declared.
#[derive(Debug, Default)]
pub(super) struct Partners {
    pub order: Option<(DocRef, Facts)>,
    /// The payment that the order names, or else the newest.
    pub payment: Option<(DocRef, Facts)>,
    pub waybill: Option<(DocRef, Facts)>,
    /// If several orders name the payment: what they come to together (R-M3-14).
    shared: Option<Amount>,
    /// The buyer's identity was verified, so that another may pay (R-M3-09).
    verified: bool,
    /// Logic 2, export: type that the order must have (R-EXP-01).
    order_type: Option<String>,
    /// Logic 2, export: the receipt of money must be there (R-M3-02).
    needs_money: bool,
    /// Logic 2: amounts that differ by no more agree (R-M3-04 to 06, 14).
    tolerance: Amount,
}

/// What is in force when a list is matched: logic, and the tables at the time of the list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting<'a> {
    pub logic: u32,
    pub tables: &'a Tables,
    pub at: Timestamp,
}

/// The rule that an order of another type breaks: an overseas warehouse needs its booking, whatever else is abolished.
pub(super) fn order_rule(wanted: &str) -> &'static str {
    if wanted == "W" { "R-EXP-03" } else { "R-EXP-01" }
}

impl Partners {
    /// Finds them by the list's numbers. `facts_of` reads the facts of a document.
    pub(super) fn find(
        cells: &impl Cells,
        setting: Setting<'_>,
        facts_of: &mut dyn FnMut(DocRef) -> Result<Option<Facts>, StateError>,
        kind: MessageType,
        list: &Facts,
    ) -> Result<Partners, StateError> {
        let keys = &list.keys;
        let set: MatchSet = load(cells, Table::Match, &order_key(kind, keys))?.unwrap_or_default();
        let slot: WaybillSlot = load(cells, Table::Key, &waybill_key(kind, keys))?.unwrap_or_default();
        let mut declared = |at: Option<DocRef>| -> Result<Option<(DocRef, Facts)>, StateError> {
            let Some(at) = at else { return Ok(None) };
            let state: Option<DocState> = load(cells, Table::Document, &at.key())?;
            if !state.is_some_and(|state| state.is_live() && state.status != status::DRAFT) {
                return Ok(None);
            }
            Ok(facts_of(at)?.map(|facts| (at, facts)))
        };
        let order = declared(set.order)?;
        let named = order.as_ref().map_or("", |(_, facts)| facts.keys.pay_transaction_id.as_str());
        let mut payment = None;
        for candidate in set.payments.iter().rev() {
            let Some(found) = declared(Some(*candidate))? else { continue };
            if !named.is_empty() && found.1.keys.pay_transaction_id == named {
                payment = Some(found);
                break;
            }
            payment = payment.or(Some(found));
        }
        let waybill = declared(slot.waybill)?;
        let mut partners = Partners { order, payment, waybill, ..Partners::default() };
        if setting.logic < SINCE_LOGIC {
            return Ok(partners);
        }
        let terms = Terms { tables: setting.tables, at: setting.at };
        partners.tolerance = terms.tables.amount(Parameter::MatchTolerance, terms.at);
        if kind.is_export() {
            partners.order_type = terms.export_regime(&keys.trade_mode).map(|regime| regime.order_type.to_owned());
            partners.needs_money = terms.tables.switch(Parameter::ExportReceiptOfMoneyNeeded, terms.at);
        } else if let Some((order_at, order)) = &partners.order {
            let is_named = |payment: &Facts| {
                !order.keys.pay_transaction_id.is_empty()
                    && payment.keys.pay_transaction_id == order.keys.pay_transaction_id
            };
            if !partners.payment.as_ref().is_some_and(|(_, payment)| is_named(payment)) {
                let of_other = declared(split::payment_of(cells, order)?)?;
                partners.payment = of_other.or(partners.payment);
            }
            if let Some((_, payment)) = partners.payment.as_ref().filter(|(_, payment)| is_named(payment)) {
                let orders = split::orders(cells, order)?;
                let others = orders.iter().any(|(at, _)| at != order_at);
                if others || payment.keys.order_no != order.keys.order_no {
                    partners.shared = Some(orders.iter().fold(Amount::default(), |sum, (_, paid)| sum.plus(*paid)));
                }
            }
            partners.verified = terms.tables.switch(Parameter::PayerMayDifferIfVerified, terms.at)
                && buyer_is_verified(cells, Some(&(*order_at, order.clone())), partners.payment.as_ref())?;
        }
        Ok(partners)
    }

    /// Whether a list of export needs its receipt of money.
    pub(super) fn needs_money(&self) -> bool {
        self.needs_money
    }

    /// Where they are.
    pub(super) fn refs(&self) -> Vec<DocRef> {
        [&self.order, &self.payment, &self.waybill].into_iter().flatten().map(|(at, _)| *at).collect()
    }

    /// What the list still waits for: everything missing and everything that differs, by rule.
    pub(super) fn compare(&self, at: DocRef, kind: MessageType, list: &Facts, registry: &Registry) -> Vec<Waiting> {
        let export = kind.is_export();
        let side = |import, other, found| Document::of(if export { other } else { import }, found);
        let trade = Trade {
            list: Document { at, kind, facts: list },
            order: side(MessageType::Ceb311, MessageType::Ceb303, self.order.as_ref()),
            payment: side(MessageType::Ceb411, MessageType::Ceb403, self.payment.as_ref()),
            waybill: side(MessageType::Ceb511, MessageType::Ceb505, self.waybill.as_ref()),
            shared: self.shared,
            verified: self.verified,
            order_type: self.order_type.as_deref(),
            needs_money: self.needs_money,
            tolerance: self.tolerance,
        };
        if export { compare_export(&trade, registry) } else { compare(&trade, registry) }
    }
}

/// What is known of one trade when a list is matched.
#[derive(Debug)]
struct Trade<'a> {
    list: Document<'a>,
    order: Option<Document<'a>>,
    payment: Option<Document<'a>>,
    waybill: Option<Document<'a>>,
    shared: Option<Amount>,
    verified: bool,
    order_type: Option<&'a str>,
    needs_money: bool,
    tolerance: Amount,
}

/// Whether the buyer of an order was verified when the order came, or later (R-ID-02). Asked only if the payer is another.
fn buyer_is_verified(
    cells: &impl Cells,
    order: Option<&(DocRef, Facts)>,
    payment: Option<&(DocRef, Facts)>,
) -> Result<bool, StateError> {
    let (Some((at, order)), Some((_, payment))) = (order, payment) else { return Ok(false) };
    if (order.person_name, &order.person_id) == (payment.person_name, &payment.person_id) {
        return Ok(false);
    }
    let state: Option<DocState> = load(cells, Table::Document, &at.key())?;
    identity::holds(cells, &order.person_id, order.person_name, state.map_or(i64::MAX, |state| state.time_ms))
}

fn compare(trade: &Trade<'_>, registry: &Registry) -> Vec<Waiting> {
    let mut found = Differences { waiting: Vec::new() };
    let list = trade.list;
    let keys = &list.facts.keys;
    found.missing("R-M3-01", MessageType::Ceb311, trade.order, &format!("{} @ {}", keys.order_no, keys.ebp_code));
    found.missing("R-M3-02", MessageType::Ceb411, trade.payment, &format!("{} @ {}", keys.order_no, keys.ebp_code));
    found.missing(
        "R-M3-03",
        MessageType::Ceb511,
        trade.waybill,
        &format!("{} @ {}", keys.logistics_no, keys.logistics_code),
    );
    if let Some(order) = trade.order {
        check_order(&mut found, order, trade.tolerance);
        if let Some(payment) = trade.payment {
            check_payment(&mut found, trade, order, payment);
        }
        found.personal("R-M3-08", "buyerName", order, list, order.facts.person_name == list.facts.person_name);
        found.personal("R-M3-08", "buyerIdNumber", order, list, order.facts.person_id == list.facts.person_id);
        if let Some(waybill) = trade.waybill {
            let (o, w) = (order.facts, waybill.facts);
            found.personal("R-M3-10", "consignee", order, waybill, o.consignee == w.consignee);
            let same = o.consignee_telephone == w.consignee_telephone;
            found.personal("R-M3-10", "consigneeTelephone", order, waybill, same);
            let same = o.consignee_address == w.consignee_address;
            found.personal("R-M3-10", "consigneeAddress", order, waybill, same);
        }
    }
    if let Some(waybill) = trade.waybill {
        found.value("R-M3-11", "orderNo", waybill, &waybill.facts.keys.order_no, list, &keys.order_no);
    }
    if let Some(order) = trade.order {
        check_lines(&mut found, order, list);
    }
    for side in [Some(list), trade.order, trade.payment, trade.waybill].into_iter().flatten() {
        check_names(&mut found, side, registry);
    }
    if let (Some(order), Some(payment)) = (trade.order, trade.payment) {
        found.value("R-M3-13", "ebpName", order, &order.facts.ebp_name, payment, &payment.facts.ebp_name);
    }
    found.waiting.truncate(WAITING_MAX);
    found.waiting
}

/// Export needs the order and the waybill; receipts of money are asked for only if the tables say so, which they have not
/// since announcement 2024-167.
fn compare_export(trade: &Trade<'_>, registry: &Registry) -> Vec<Waiting> {
    let mut found = Differences { waiting: Vec::new() };
    let keys = &trade.list.facts.keys;
    let order = format!("{} @ {}", keys.order_no, keys.ebp_code);
    found.missing("R-M3-01", MessageType::Ceb303, trade.order, &order);
    if trade.needs_money {
        found.missing("R-M3-02", MessageType::Ceb403, trade.payment, &order);
    }
    let waybill = format!("{} @ {}", keys.logistics_no, keys.logistics_code);
    found.missing("R-M3-03", MessageType::Ceb505, trade.waybill, &waybill);
    if let (Some(order), Some(wanted)) = (trade.order, trade.order_type) {
        let kind = order.facts.value(Field::OrderType);
        found.value(order_rule(wanted), Field::OrderType.name(), order, kind, trade.list, wanted);
    }
    for side in [Some(trade.list), trade.order, trade.payment, trade.waybill].into_iter().flatten() {
        check_names(&mut found, side, registry);
    }
    found.waiting
}

/// R-M3-04 and R-M3-06: the order adds up.
fn check_order(found: &mut Differences, order: Document<'_>, tolerance: Amount) {
    let facts = order.facts;
    let amount = |text: &str| Amount::parse(text).unwrap_or_default();
    let parts = amount(&facts.goods_value).plus(amount(&facts.freight)).plus(amount(&facts.tax_total));
    let sum = parts.minus(amount(&facts.discount)).to_string();
    found.amount("R-M3-04", "acturalPaid", (order, &facts.paid), (order, &sum), tolerance);
    let lines = facts.lines.iter().fold(Amount::default(), |sum, line| sum.plus(amount(&line.total)));
    found.amount("R-M3-06", "goodsValue", (order, &facts.goods_value), (order, &lines.to_string()), tolerance);
}

/// R-M3-05, 07, 09, 14: the payment is the order's.
fn check_payment(found: &mut Differences, trade: &Trade<'_>, order: Document<'_>, payment: Document<'_>) {
    let (o, p) = (order.facts, payment.facts);
    match trade.shared {
        None => found.amount("R-M3-05", "acturalPaid", (order, &o.paid), (payment, &p.paid), trade.tolerance),
        // R-M3-14: the orders of one payment may not come to more than was paid.
        Some(sum) if sum > Amount::parse(&p.paid).unwrap_or_default().plus(trade.tolerance) => {
            found.value("R-M3-14", "acturalPaid", order, &sum.to_string(), payment, &p.paid);
        }
        Some(_) => {}
    }
    if !o.keys.pay_code.is_empty() {
        found.value("R-M3-07", "payCode", order, &o.keys.pay_code, payment, &p.keys.pay_code);
    }
    if !o.keys.pay_transaction_id.is_empty() {
        let (left, right) = (&o.keys.pay_transaction_id, &p.keys.pay_transaction_id);
        found.value("R-M3-07", "payTransactionId", order, left, payment, right);
    }
    if trade.verified {
        return;
    }
    // Nobody has verified the buyer, so the payer must be the buyer (R-ID-02).
    found.personal("R-M3-09", "payerName", order, payment, o.person_name == p.person_name);
    found.personal("R-M3-09", "payerIdNumber", order, payment, o.person_id == p.person_id);
}

/// R-M3-12: the list's lines are the order's.
fn check_lines(found: &mut Differences, order: Document<'_>, list: Document<'_>) {
    let numbers = |lines: &[LineFacts]| {
        let mut numbers: Vec<u32> = lines.iter().map(|line| line.gnum).collect();
        numbers.sort_unstable();
        numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
    };
    found.value("R-M3-12", "gnum", order, &numbers(&order.facts.lines), list, &numbers(&list.facts.lines));
    for left in &order.facts.lines {
        let Some(right) = list.facts.lines.iter().find(|line| line.gnum == left.gnum) else { continue };
        let pairs: [(&str, &str, &str); 5] = [
            // The list's itemName is optional; gname is customs' name and may differ.
            ("itemName", &left.name, if right.name.is_empty() { &left.name } else { &right.name }),
            ("qty", &left.qty, &right.qty),
            ("price", &left.price, &right.price),
            ("country", &left.country, &right.country),
            ("unit", &left.unit, &right.unit),
        ];
        for (field, a, b) in pairs {
            found.value("R-M3-12", field, order, a, list, b);
            if let Some(last) = found.waiting.last_mut().filter(|_| a != b) {
                last.line = left.gnum.saturating_add(1);
            }
        }
    }
}

/// R-M3-13: the names written are those filed for the codes.
fn check_names(found: &mut Differences, side: Document<'_>, registry: &Registry) {
    let (facts, keys) = (side.facts, &side.facts.keys);
    let pairs: [(&str, &str, &str); 5] = [
        ("ebpName", &keys.ebp_code, &facts.ebp_name),
        ("ebcName", &keys.ebc_code, &facts.ebc_name),
        ("payName", &keys.pay_code, &facts.pay_name),
        ("logisticsName", &keys.logistics_code, &facts.logistics_name),
        ("agentName", &keys.agent_code, &facts.agent_name),
    ];
    for (field, code, name) in pairs {
        if let (false, Some((_, party))) = (name.is_empty(), registry.of_code(code)) {
            found.filed_name(field, side, name, &party.name);
        }
    }
}

struct Differences {
    waiting: Vec<Waiting>,
}

impl Differences {
    fn missing(&mut self, rule: &str, kind: MessageType, side: Option<Document<'_>>, key: &str) {
        if side.is_none() {
            self.waiting.push(Waiting {
                rule: rule.to_owned(),
                left_type: kind as i32,
                key: key.to_owned(),
                ..Waiting::default()
            });
        }
    }

    fn value(&mut self, rule: &str, field: &str, left: Document<'_>, a: &str, right: Document<'_>, b: &str) {
        if a != b {
            let mut waiting = pair(rule, field, left, right);
            waiting.left_value = a.to_owned();
            waiting.right_value = b.to_owned();
            self.waiting.push(waiting);
        }
    }

    /// Two amounts that may differ by so much.
    fn amount(
        &mut self,
        rule: &str,
        field: &str,
        (left, a): (Document<'_>, &str),
        (right, b): (Document<'_>, &str),
        tolerance: Amount,
    ) {
        // Without a tolerance the texts are compared, as logic 1 does.
        let near = |(a, b): (Amount, Amount)| a.0.abs_diff(b.0) <= tolerance.0.unsigned_abs();
        if tolerance.0 <= 0 || !Amount::parse(a).zip(Amount::parse(b)).is_some_and(near) {
            self.value(rule, field, left, a, right, b);
        }
    }

    fn personal(&mut self, rule: &str, field: &str, left: Document<'_>, right: Document<'_>, same: bool) {
        if !same {
            let mut waiting = pair(rule, field, left, right);
            waiting.personal = true;
            self.waiting.push(waiting);
        }
    }

    fn filed_name(&mut self, field: &str, side: Document<'_>, name: &str, filed: &str) {
        if name != filed {
            self.waiting.push(Waiting {
                rule: "R-M3-13".to_owned(),
                field: field.to_owned(),
                left_type: side.kind as i32,
                left: Some(side.at),
                left_value: name.to_owned(),
                right_value: filed.to_owned(),
                ..Waiting::default()
            });
        }
    }
}

fn pair(rule: &str, field: &str, left: Document<'_>, right: Document<'_>) -> Waiting {
    Waiting {
        rule: rule.to_owned(),
        field: field.to_owned(),
        left_type: left.kind as i32,
        left: Some(left.at),
        right_type: right.kind as i32,
        right: Some(right.at),
        ..Waiting::default()
    }
}
