//! R-WH-03: stock abroad. A W-type export order departs, a warehouse abroad takes the goods in, they are sold or lost: for
//! each item of each order, what is sold and what is not. Never more out than in, never more in than was sent.

use super::{Faults, Space, changed, hash, key, positive};
use crate::domain::{Amount, DocRef, Field, Keys, MessageType, OverseasReceipt, OverseasSale, StockChange, codes};
use crate::state::cells::{Cells, CellsMut, StateError, after_prefix, decode, load, save};
use crate::state::keys::{MatchSet, order_key};
use crate::state::query;
use crate::state::step::{Step, facts_at};
use crate::state::store::Table;
use std::collections::{BTreeMap, BTreeSet};

/// One item of one order abroad; decimals in the order's unit.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Abroad {
    #[prost(string, tag = "1")]
    pub(crate) order_no: String,
    #[prost(string, tag = "2")]
    pub(crate) ebp_code: String,
    #[prost(string, tag = "3")]
    pub(crate) item_no: String,
    /// Sent, by the order.
    #[prost(string, tag = "4")]
    pub(crate) sent: String,
    /// Taken in by warehouses.
    #[prost(string, tag = "5")]
    pub(crate) received: String,
    #[prost(string, tag = "6")]
    pub(crate) sold: String,
    #[prost(string, tag = "7")]
    pub(crate) lost: String,
    /// Amounts of the sales by currency: code and decimal, alternating.
    #[prost(string, repeated, tag = "8")]
    pub(crate) amounts: Vec<String>,
    /// Warehouse that took goods in last.
    #[prost(string, tag = "9")]
    pub(crate) warehouse: String,
}

impl Abroad {
    /// What is still there.
    pub(crate) fn on_hand(&self) -> Amount {
        let of = |text: &str| Amount::parse(text).unwrap_or_default();
        of(&self.received).minus(of(&self.sold)).minus(of(&self.lost))
    }

    fn add_amount(&mut self, currency: &str, amount: Amount) {
        let place = self.amounts.chunks(2).position(|pair| pair.first().is_some_and(|code| code == currency));
        let slot = place.and_then(|place| self.amounts.get_mut(place * 2 + 1));
        match slot {
            Some(held) => *held = Amount::parse(held).unwrap_or_default().plus(amount).to_string(),
            None => self.amounts.extend([currency.to_owned(), amount.to_string()]),
        }
    }
}

fn order_prefix(party: u32, order_no: &str, ebp_code: &str) -> Vec<u8> {
    key(Space::Abroad, &[&party.to_be_bytes(), &hash(&[order_no, ebp_code])])
}

fn row_key(party: u32, row: &Abroad) -> Vec<u8> {
    let mut key = order_prefix(party, &row.order_no, &row.ebp_code);
    key.extend_from_slice(&hash(&[&row.item_no]));
    key
}

fn sale_key(party: u32, number: &str) -> Vec<u8> {
    key(Space::Sale, &[&party.to_be_bytes(), &hash(&[number])])
}

/// Items abroad of a party, of one order or of all, after a row: a page, and the key that the next one begins after.
pub(crate) fn abroad_of(
    cells: &impl Cells,
    party: u32,
    order: Option<(&str, &str)>,
    after: &[u8],
    limit: usize,
) -> Result<(Vec<Abroad>, Option<Vec<u8>>), StateError> {
    let all = || key(Space::Abroad, &[&party.to_be_bytes()]);
    let prefix = order.map_or_else(all, |(order_no, ebp_code)| order_prefix(party, order_no, ebp_code));
    let mut from = prefix.clone();
    from.extend_from_slice(after);
    if !after.is_empty() {
        from.push(0);
    }
    let mut rows = cells.scan(Table::Stock, &from, &after_prefix(&prefix), limit.saturating_add(1), false)?;
    let is_last = rows.len() <= limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| !is_last).map(|(key, _)| key.get(prefix.len()..).unwrap_or_default().to_vec());
    let items = rows.iter().map(|(_, value)| decode(Table::Stock, value)).collect::<Result<_, _>>()?;
    Ok((items, next))
}

/// What a request does to stock abroad.
#[derive(Debug, Default)]
pub(super) struct Plan {
    rows: BTreeMap<Vec<u8>, Abroad>,
    sales: BTreeSet<Vec<u8>>,
    received: usize,
    sold: usize,
    repeated: usize,
}

const RULE: &str = "R-WH-03";

/// Works the request out on rows that are not saved yet, and notes what is wrong.
pub(super) fn plan<C: CellsMut>(
    step: &mut Step<'_, C>,
    change: &StockChange,
    faults: &mut Faults,
) -> Result<Plan, StateError> {
    let mut plan = Plan::default();
    for (index, receipt) in change.received.iter().enumerate() {
        receive(step, &mut plan, index, receipt, faults)?;
    }
    for (index, sale) in change.sold.iter().enumerate() {
        sell(step, &mut plan, index, sale, faults)?;
    }
    Ok(plan)
}

fn row_of<C: CellsMut>(step: &Step<'_, C>, plan: &Plan, name: [&str; 3]) -> Result<(Vec<u8>, Abroad), StateError> {
    let [order_no, ebp_code, item_no] = name.map(str::to_owned);
    let empty = Abroad { order_no, ebp_code, item_no, ..Abroad::default() };
    let key = row_key(step.party, &empty);
    let row = match plan.rows.get(&key) {
        Some(row) => row.clone(),
        None => load(step.cells, Table::Stock, &key)?.unwrap_or(empty),
    };
    Ok((key, row))
}

fn receive<C: CellsMut>(
    step: &mut Step<'_, C>,
    plan: &mut Plan,
    index: usize,
    receipt: &OverseasReceipt,
    faults: &mut Faults,
) -> Result<(), StateError> {
    let path = |field: &str| format!("received[{index}].{field}");
    let Some(qty) = positive(&receipt.qty) else {
        faults.add(RULE, &path("qty"), &receipt.qty, "a quantity above 0", "数量无效", "no quantity above 0");
        return Ok(());
    };
    let (key, mut row) = row_of(step, plan, [&receipt.order_no, &receipt.ebp_code, &receipt.item_no])?;
    if row.sent.is_empty() {
        match sent(step, receipt)? {
            Ok(sent) => row.sent = sent.to_string(),
            Err((field, found, expected, zh, en)) => {
                faults.add(RULE, &path(field), &found, expected, zh, en);
                return Ok(());
            }
        }
    }
    let sum = Amount::parse(&row.received).unwrap_or_default().plus(qty);
    if sum > Amount::parse(&row.sent).unwrap_or_default() {
        let zh = format!("入库数量{sum}超过订单数量{}", row.sent);
        let en = format!("{sum} taken in of {} that were sent", row.sent);
        faults.add(RULE, &path("qty"), &receipt.qty, &format!("at most {} in all", row.sent), &zh, &en);
        return Ok(());
    }
    row.received = sum.to_string();
    row.warehouse.clone_from(&receipt.warehouse);
    plan.rows.insert(key, row);
    plan.received += 1;
    Ok(())
}

/// Why an order does not say what was sent: field, value found, what is expected, texts.
type NotSent = (&'static str, String, &'static str, &'static str, &'static str);

/// How much of an item an order sent abroad, once it has departed.
fn sent<C: CellsMut>(step: &mut Step<'_, C>, receipt: &OverseasReceipt) -> Result<Result<Amount, NotSent>, StateError> {
    let Some(at) = own_order(step, receipt)? else {
        let found = receipt.order_no.clone();
        let (zh, en) = ("没有本企业的海外仓出口订单（W）", "no W-type export order of the caller has this number");
        return Ok(Err(("order_no", found, "a W-type export order of one's own", zh, en)));
    };
    let departed = query::trade(&*step.cells, at)?;
    let mut has_left = false;
    for other in departed.shared.iter().chain(&departed.own) {
        has_left |= step.live(Some(*other))?.is_some_and(|(_, state)| state.kind == MessageType::Ceb509 as i32);
    }
    if !has_left {
        let (zh, en) = ("订单尚未离境（509）", "no departure list (509) names the order's parcel yet");
        return Ok(Err(("order_no", receipt.order_no.clone(), "an order that has departed", zh, en)));
    }
    let entry = step.facts_of_entry(at.position)?;
    let lines = facts_at(&entry, at).map_or(&[][..], |facts| facts.lines.as_slice());
    let of_item = lines.iter().filter(|line| line.value(Field::ItemNo) == receipt.item_no);
    let sum = of_item.filter_map(|line| Amount::parse(&line.qty)).fold(Amount::default(), Amount::plus);
    if sum == Amount::default() {
        let (zh, en) = ("订单没有该商品货号", "the order has no such item");
        return Ok(Err(("item_no", receipt.item_no.clone(), "an itemNo of the order", zh, en)));
    }
    Ok(Ok(sum))
}

/// The live W-type order, if it is the caller's: its seller's, or of whoever may speak for it.
fn own_order<C: CellsMut>(step: &mut Step<'_, C>, receipt: &OverseasReceipt) -> Result<Option<DocRef>, StateError> {
    let keys = Keys { order_no: receipt.order_no.clone(), ebp_code: receipt.ebp_code.clone(), ..Keys::default() };
    let set: Option<MatchSet> = load(step.cells, Table::Match, &order_key(MessageType::Ceb303, &keys))?;
    let Some((at, state)) = step.live(set.and_then(|set| set.order))? else { return Ok(None) };
    let entry = step.facts_of_entry(at.position)?;
    let Some(facts) = facts_at(&entry, at).filter(|facts| facts.value(Field::OrderType) == "W") else {
        return Ok(None);
    };
    let owners = step.registry.owners(state.sender, MessageType::Ceb303, facts);
    Ok(owners.contains(&step.party).then_some(at))
}

fn sell<C: CellsMut>(
    step: &Step<'_, C>,
    plan: &mut Plan,
    index: usize,
    sale: &OverseasSale,
    faults: &mut Faults,
) -> Result<(), StateError> {
    let path = |field: &str| format!("sold[{index}].{field}");
    let number = sale_key(step.party, &sale.sale_no);
    if sale.sale_no.is_empty() {
        faults.add(RULE, &path("sale_no"), "", "a number", "缺少销售编号", "no number");
        return Ok(());
    }
    if plan.sales.contains(&number) || step.cells.get(Table::Stock, &number)?.is_some() {
        plan.repeated += 1;
        return Ok(());
    }
    let Some(qty) = positive(&sale.qty) else {
        faults.add(RULE, &path("qty"), &sale.qty, "a quantity above 0", "数量无效", "no quantity above 0");
        return Ok(());
    };
    let amount = if sale.lost { Some(Amount::default()) } else { positive(&sale.amount) };
    let Some(amount) = amount.filter(|_| sale.lost || codes::is_currency(&sale.currency)) else {
        let (zh, en) = ("销售金额或币制无效", "no amount of the sale, or no currency");
        faults.add(RULE, &path("amount"), &sale.amount, "an amount above 0 and its currency", zh, en);
        return Ok(());
    };
    let (key, mut row) = row_of(step, plan, [&sale.order_no, &sale.ebp_code, &sale.item_no])?;
    let left = row.on_hand();
    if qty > left {
        let zh = format!("海外仓库存不足：现存{left}，出库{qty}");
        let en = format!("{qty} out of a stock of {left}");
        faults.add(RULE, &path("qty"), &sale.qty, &format!("at most {left}"), &zh, &en);
        return Ok(());
    }
    let part = if sale.lost { &mut row.lost } else { &mut row.sold };
    *part = Amount::parse(part).unwrap_or_default().plus(qty).to_string();
    if !sale.lost {
        row.add_amount(&sale.currency, amount);
    }
    plan.rows.insert(key, row);
    plan.sales.insert(number);
    plan.sold += 1;
    Ok(())
}

/// Saves what was worked out.
pub(super) fn apply<C: CellsMut>(step: &mut Step<'_, C>, plan: Plan) {
    for (key, row) in &plan.rows {
        save(step.cells, Table::Stock, key, row);
    }
    for number in plan.sales {
        step.cells.put(Table::Stock, &number, Vec::new());
    }
    if plan.received + plan.sold + plan.repeated > 0 {
        let event = changed(step, "abroad").with("received", plan.received.to_string());
        step.events.push(event.with("sold", plan.sold.to_string()).with("repeated", plan.repeated.to_string()));
    }
}
