//! Takes what institutions report: each message on its own, so that a batch that is sent again or in part does no harm.

use super::figures::{amount, share, usd};
use super::trade::Trade;
use super::{
    BulkLine, ForexEntry, ForexKind, ForexMessage, OF_INSTITUTION, OF_TRADE, REGISTRATION, Registration, TAKEN,
    TakenRow, TradeRow, id_key, key,
};
use crate::domain::{Amount, DocRef, Ending, Event, EventKind, Outcome, PartyId, Rejection, Role, Timestamp, limits};
use crate::state::cells::{Cells, CellsMut, StateError, after_prefix, decode, load, save};
use crate::state::requests::{refuse, wrong};
use crate::state::step::{Step, facts_at};
use crate::state::store::Table;
use crate::tables::Parameter;
use std::collections::BTreeMap;

/// A day in milliseconds.
const DAY_MS: i64 = 24 * 3600 * 1000;

/// Applies messages or a registration.
pub(in crate::state) fn apply<C: CellsMut>(
    step: &mut Step<'_, C>,
    entry: &ForexEntry,
    outcome: &mut Outcome,
) -> Result<(), StateError> {
    if let Some(registration) = &entry.registration {
        register(step, registration, outcome);
        return Ok(());
    }
    let refused = batch_faults(entry);
    if !refused.is_empty() {
        refuse(step, outcome, refused);
        return Ok(());
    }
    let registered = registered(&*step.cells, step.party, step.now())?;
    for (index, message) in entry.messages.iter().enumerate() {
        let ordinal = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let event = take(step, ordinal, message, registered.as_ref())?;
        outcome.rejections.extend(event.rejections.iter().cloned());
        step.events.push(event);
    }
    let all_refused = !entry.messages.is_empty() && step.events.iter().all(|event| event.status < 0);
    if all_refused {
        outcome.ending = Ending::Refused as i32;
    }
    Ok(())
}

fn register<C: CellsMut>(step: &mut Step<'_, C>, registration: &Registration, outcome: &mut Outcome) {
    let found = step.registry.of_code(&registration.institution_code);
    let Some((id, _)) = found.filter(|(_, party)| party.has_role(Role::Payment) || party.has_role(Role::Bank)) else {
        let (zh, en) = ("不是已备案的支付机构或银行", "is no filed payment institution or bank");
        let code = &registration.institution_code;
        refuse(step, outcome, vec![wrong("R-FX-01", "registration.institution_code", code, "", zh, en)]);
        return;
    };
    let place = key(REGISTRATION, &[&id.0.to_be_bytes(), &step.position.to_be_bytes()]);
    save(step.cells, Table::Forex, &place, registration);
    step.events.push(Event {
        kind: EventKind::FilingDecided as i32,
        code: registration.institution_code.clone(),
        owners: vec![step.party, id.0],
        ..Event::default()
    });
}

/// The registration in the forex directory that is in force: the one filed last, if it covers the time.
fn registered(cells: &impl Cells, party: u32, now: Timestamp) -> Result<Option<Registration>, StateError> {
    let from = key(REGISTRATION, &[&party.to_be_bytes()]);
    let last = cells.scan(Table::Forex, &from, &after_prefix(&from), 1, true)?;
    let Some((_, value)) = last.first() else { return Ok(None) };
    let registration: Registration = decode(Table::Forex, value)?;
    let covers = registration.from_ms <= now.0 && (registration.to_ms == 0 || now.0 < registration.to_ms);
    Ok(covers.then_some(registration))
}

/// What is wrong with a batch as a whole: R-FX-03, the sum in bulk is that of its underlying trades.
fn batch_faults(entry: &ForexEntry) -> Vec<Rejection> {
    let mut sums: BTreeMap<(&str, &str), (Amount, Amount)> = BTreeMap::new();
    for message in entry.messages.iter().filter(|message| !message.bulk_ref.is_empty()) {
        let sum = sums.entry((&message.bulk_ref, &message.currency)).or_default();
        sum.0 = sum.0.plus(amount(&message.foreign_amount));
        sum.1 = sum.1.plus(amount(&message.cny_amount));
    }
    let differs = |(index, bulk): (usize, &BulkLine)| {
        let (foreign, cny) = sums.get(&(bulk.bulk_ref.as_str(), bulk.currency.as_str())).copied().unwrap_or_default();
        if foreign == amount(&bulk.foreign_amount) && cny == amount(&bulk.cny_amount) {
            return None;
        }
        let (zh, en) = ("还原申报明细之和与集中收付总额不符", "the trades of a bulk payment do not add up to it");
        let found = format!("{} / {}", bulk.foreign_amount, bulk.cny_amount);
        let path = format!("bulks[{index}].foreign_amount");
        Some(wrong("R-FX-03", &path, &found, &format!("{foreign} / {cny}"), zh, en))
    };
    entry.bulks.iter().enumerate().filter_map(differs).take(limits::FAULTS_MAX).collect()
}

/// Where the faults of one message are gathered.
struct Faults {
    at: usize,
    found: Vec<Rejection>,
}

impl Faults {
    fn add(&mut self, rule: &str, field: &str, (found, expected): (&str, &str), (zh, en): (&str, &str)) {
        let path = format!("messages[{}].{field}", self.at);
        self.found.push(wrong(rule, &path, found, expected, zh, en));
    }
}

/// Takes one message: the event says what became of it.
fn take<C: CellsMut>(
    step: &mut Step<'_, C>,
    ordinal: u32,
    message: &ForexMessage,
    registered: Option<&Registration>,
) -> Result<Event, StateError> {
    let mut event = Event {
        kind: EventKind::ForexTaken as i32,
        code: message.out_order_id.clone(),
        owners: owners(step),
        ..Event::default()
    };
    event.note("outOrderId", message.out_order_id.as_str());
    event.note("orderNo", message.order_no.as_str());
    let place = id_key(step.party, &message.out_order_id);
    let mut faults = Faults { at: (ordinal as usize).saturating_sub(1), found: Vec::new() };
    if let Some(first) = load::<DocRef>(step.cells, Table::Forex, &place)? {
        let taken: Option<TakenRow> = load(step.cells, Table::Forex, &taken_key(first))?;
        if taken.is_some_and(|taken| taken.message == *message) {
            event.note("result", "repeated");
            return Ok(event);
        }
        let text = ("out_order_id 已用于内容不同的信息", "this out_order_id was used for another message");
        faults.add("R-SCH-12", "out_order_id", (&message.out_order_id, ""), text);
        return Ok(refused(event, faults));
    }
    let usd = check_institution(step, message, registered, &mut faults);
    let claim = check_trade(step, message, &mut faults)?;
    let Some(claim) = claim.filter(|_| faults.found.is_empty()) else { return Ok(refused(event, faults)) };
    let at = DocRef { position: step.position, ordinal };
    let remaining = bind(step, at, message, &claim, usd.unwrap_or_default())?;
    save(step.cells, Table::Forex, &place, &at);
    event.note("result", "taken");
    event.note("usd", usd.map(|usd| usd.to_string()).unwrap_or_default());
    event.note("remaining", remaining.to_string());
    event.note("currency", claim.trade.currency.as_str());
    event.note("merged", if message.merged { "true" } else { "" });
    Ok(event)
}

fn refused(mut event: Event, faults: Faults) -> Event {
    event.status = -1;
    event.rejections = faults.found;
    event.note("result", "refused");
    event
}

/// The institution, and every forex authority.
fn owners<C: CellsMut>(step: &Step<'_, C>) -> Vec<u32> {
    let mut owners = vec![step.party];
    let authorities = step.registry.all().into_iter().filter(|(_, party)| party.active && party.has_role(Role::Forex));
    owners.extend(authorities.map(|(id, _)| id.0).filter(|id| *id != step.party));
    owners
}

fn taken_key(at: DocRef) -> Vec<u8> {
    key(TAKEN, &[&at.key()])
}

/// R-FX-01, R-FX-02, R-FX-03: what the institution may do and must say. Gives the equivalent in USD.
fn check_institution<C: CellsMut>(
    step: &Step<'_, C>,
    message: &ForexMessage,
    registered: Option<&Registration>,
    faults: &mut Faults,
) -> Option<Amount> {
    let now = step.now();
    let bank = step.registry.party(PartyId(step.party)).is_some_and(|party| party.has_role(Role::Bank));
    if !bank && registered.is_none() {
        let text = ("支付机构未登记或登记已失效", "the institution is not registered in the forex directory now");
        faults.add("R-FX-01", "out_order_id", ("", "贸易外汇收支企业名录"), text);
    }
    let (foreign, cny) = (amount(&message.foreign_amount), amount(&message.cny_amount));
    let Some(usd) = usd(step.tables, &message.currency, foreign, cny, now) else {
        let text = ("缺少折算率，无法折算美元", "there is no rate to tell the equivalent in USD");
        faults.add("R-FX-02", "currency", (&message.currency, ""), text);
        return None;
    };
    let own = registered.filter(|registered| !registered.single_limit_usd.is_empty());
    let limit = own.map_or_else(
        || step.tables.amount(Parameter::ForexSingleLimitUsd, now),
        |registered| amount(&registered.single_limit_usd),
    );
    let crosses = matches!(ForexKind::try_from(message.kind), Ok(ForexKind::Purchase | ForexKind::Settlement));
    if crosses && usd > limit {
        let text = ("单笔金额超过限额（等值美元）", "a single payment is over the limit (equivalent in USD)");
        faults.add("R-FX-02", "foreign_amount", (&usd.to_string(), &format!("<= {limit}")), text);
    }
    let small = step.tables.amount(Parameter::ForexIndividualReportFloorUsd, now);
    if message.merged && !(message.individual && usd <= small) {
        let text = ("不符合合并申报条件：仅限个人小额", "only small sums of natural persons are reported merged");
        faults.add("R-FX-03", "merged", (&usd.to_string(), &format!("<= {small}")), text);
    }
    let actual = step.tables.switch(Parameter::ForexActualParty, now);
    if actual && !message.merged && message.payer_id.is_empty() {
        let text = ("还原申报须列明实际收付款人", "each underlying trade is reported with its real payer or payee");
        faults.add("R-FX-03", "payer_id_number", ("", ""), text);
    }
    Some(usd)
}

/// What a message takes of a trade.
struct Used {
    trade: Trade,
    /// More used by payments across the border; less if negative.
    used: Amount,
    /// More given back to the buyer.
    refunded: Amount,
    /// For what comes back across the border: the message whose money it is.
    original: Option<(DocRef, TakenRow)>,
}

/// R-FX-04, R-FX-05: the trade that stands behind a message. `None` if there is none.
fn check_trade<C: CellsMut>(
    step: &mut Step<'_, C>,
    message: &ForexMessage,
    faults: &mut Faults,
) -> Result<Option<Used>, StateError> {
    let (now, tables, registry, party) = (step.now(), step.tables, step.registry, step.party);
    let Step { cells, cache, .. } = step;
    let mut facts_of = |at: DocRef| Ok(facts_at(&*cache.read(*cells, at.position)?, at).cloned());
    let Some(trade) = Trade::of(*cells, &mut facts_of, message)? else {
        let text = ("没有对应的交易订单，不得预收预付", "there is no such trade: no payment without a trade");
        faults.add("R-FX-04", "order_no", (&message.order_no, ""), text);
        return Ok(None);
    };
    let keys = &trade.facts.keys;
    let seller = registry.of_code(&keys.ebc_code).map(|(_, party)| party);
    if keys.ebc_code != message.merchant_code && !seller.is_some_and(|party| party.is_called(&message.merchant_code)) {
        let text = ("商户与订单的电商企业不一致", "the merchant is not the seller of the order");
        faults.add("R-FX-05", "merchant_code", (&message.merchant_code, &keys.ebc_code), text);
    }
    if !message.invt_no.is_empty() {
        let list = crate::state::query::list_of_number(*cells, &message.invt_no)?;
        if !list.is_some_and(|list| trade.set.lists.contains(&list)) {
            let text = ("清单不属于该订单", "the list is not one of the order");
            faults.add("R-FX-05", "invt_no", (&message.invt_no, ""), text);
        }
    }
    let crosses = matches!(ForexKind::try_from(message.kind), Ok(ForexKind::Purchase | ForexKind::Settlement));
    if crosses && !message.presale && !trade.has_parcel(*cells, &mut facts_of, message)? {
        let text = ("物流信息与交易不符", "the parcel is not known, or not the one of the trade");
        faults.add("R-FX-05", "logistics_no", (&message.logistics_no, ""), text);
    }
    let days_max = tables.number(Parameter::ForexTradeAgeDays, now);
    let age_days = now.0.saturating_sub(trade.made_ms).max(0) / DAY_MS;
    if crosses && age_days > days_max {
        let text = ("交易时间超过可付汇期限", "the trade is too old to back a payment");
        faults.add("R-FX-05", "order_no", (&age_days.to_string(), &format!("<= {days_max}")), text);
    }
    match ForexKind::try_from(message.kind) {
        Ok(ForexKind::RemittanceRefund) => come_back(*cells, party, message, trade, faults),
        Ok(ForexKind::BuyerRefund) => {
            let mut payers = vec![keys.pay_code.clone()];
            for payment in &trade.set.payments {
                payers.extend(facts_of(*payment)?.map(|facts| facts.keys.pay_code));
            }
            payers.retain(|code| !code.is_empty());
            let own = registry.party(PartyId(party));
            if !payers.is_empty() && !payers.iter().any(|code| own.is_some_and(|own| own.is_called(code))) {
                let text = ("退款须由原支付机构办理", "money goes back by the institution that took it");
                faults.add("R-FX-04", "order_no", (&message.order_no, &payers.join(" | ")), text);
            }
            let sum = in_currency_of(&trade, message, faults);
            within(&trade, sum, faults);
            Ok(Some(Used { trade, used: Amount::default(), refunded: sum, original: None }))
        }
        Ok(ForexKind::Purchase | ForexKind::Settlement) | Err(_) => {
            let sum = in_currency_of(&trade, message, faults);
            within(&trade, sum, faults);
            Ok(Some(Used { trade, used: sum, refunded: Amount::default(), original: None }))
        }
    }
}

/// The amount of a message in the currency of its trade.
fn in_currency_of(trade: &Trade, message: &ForexMessage, faults: &mut Faults) -> Amount {
    if trade.currency == super::figures::CNY {
        return amount(&message.cny_amount);
    }
    if trade.currency != message.currency {
        let text = ("币种与订单不一致", "the currency is not the one of the order");
        faults.add("R-FX-04", "currency", (&message.currency, &trade.currency), text);
    }
    amount(&message.foreign_amount)
}

/// R-FX-05: what is left of a trade bounds what it backs.
fn within(trade: &Trade, sum: Amount, faults: &mut Faults) {
    if sum > trade.remaining() {
        let field = if trade.currency == super::figures::CNY { "cny_amount" } else { "foreign_amount" };
        let expected = format!("<= {}", trade.remaining());
        faults.add("R-FX-05", field, (&sum.to_string(), &expected), ("超过可付汇余额", "is over what is left to pay"));
    }
}

/// R-FX-04: money that comes back across the border takes the route and the currency that it went by.
fn come_back(
    cells: &impl Cells,
    party: u32,
    message: &ForexMessage,
    trade: Trade,
    faults: &mut Faults,
) -> Result<Option<Used>, StateError> {
    let at: Option<DocRef> = load(cells, Table::Forex, &id_key(party, &message.original_out_order_id))?;
    let row: Option<TakenRow> = at.map(|at| load(cells, Table::Forex, &taken_key(at))).transpose()?.flatten();
    let Some((at, row)) = at.zip(row).filter(|(_, row)| row.trade == trade.key && amount(&row.used).0 > 0) else {
        let text = ("原路退汇：本机构没有该交易的原付款", "this institution made no such payment for the trade");
        faults.add("R-FX-04", "original_out_order_id", (&message.original_out_order_id, ""), text);
        return Ok(None);
    };
    if row.message.currency != message.currency {
        let text = ("退汇币种须与原付款一致", "money comes back in the currency that it went in");
        faults.add("R-FX-04", "currency", (&message.currency, &row.message.currency), text);
    }
    let (went, came) = (amount(&row.message.foreign_amount), amount(&row.returned));
    let back = amount(&message.foreign_amount);
    if back > went.minus(came) {
        let text = ("退汇超过原付款余额", "more comes back than is left of the payment");
        let expected = format!("<= {}", went.minus(came));
        faults.add("R-FX-04", "foreign_amount", (&back.to_string(), &expected), text);
        return Ok(None);
    }
    let freed = share(amount(&row.used), came.plus(back), went).minus(amount(&row.freed));
    let used = Amount::default().minus(freed);
    Ok(Some(Used { trade, used, refunded: Amount::default(), original: Some((at, row)) }))
}

/// Writes what a message did; what is left of its trade then.
fn bind<C: CellsMut>(
    step: &mut Step<'_, C>,
    at: DocRef,
    message: &ForexMessage,
    claim: &Used,
    usd: Amount,
) -> Result<Amount, StateError> {
    let trade = &claim.trade;
    let before = trade.used.plus(trade.refunded);
    let (used, refunded) = (trade.used.plus(claim.used), trade.refunded.plus(claim.refunded));
    assert!(used.0 >= 0 && used.plus(refunded) <= trade.paid.max(before), "a trade backs no more than was paid for it");
    let row = TradeRow { order: Some(trade.order), used: used.to_string(), refunded: refunded.to_string() };
    save(step.cells, Table::Forex, &trade.key, &row);
    // The order stays as it is while it backs a payment (R-ST-08).
    let is_held = used.plus(refunded).0 > 0;
    if (before.0 > 0) != is_held
        && let Some(mut state) = step.doc_state(trade.order)?
    {
        state.frozen_by = if is_held { state.frozen_by.saturating_add(1) } else { state.frozen_by.saturating_sub(1) };
        step.save_doc_state(trade.order, &state);
    }
    if let Some((original, row)) = &claim.original {
        let mut row = row.clone();
        row.freed = amount(&row.freed).minus(claim.used).to_string();
        row.returned = amount(&row.returned).plus(amount(&message.foreign_amount)).to_string();
        save(step.cells, Table::Forex, &taken_key(*original), &row);
    }
    let taken = TakenRow {
        message: message.clone(),
        institution: step.party,
        trade: trade.key.clone(),
        used: claim.used.max(Amount::default()).to_string(),
        usd: usd.to_string(),
        time_ms: step.time_ms,
        ..TakenRow::default()
    };
    save(step.cells, Table::Forex, &taken_key(at), &taken);
    step.cells.put(Table::Forex, &key(OF_INSTITUTION, &[&step.party.to_be_bytes(), &at.key()]), Vec::new());
    step.cells.put(Table::Forex, &key(OF_TRADE, &[trade.key.as_slice(), &at.key()]), Vec::new());
    Ok(trade.paid.minus(refunded).minus(used))
}
