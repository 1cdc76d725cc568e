//! Filing, changing and withdrawing trace records (R-TRACE-02), and blocking lots (R-TRACE-03).

use super::blocks;
use super::links::{keep, link_record, unlink_record};
use super::rows::{Any, Record, Space, code_hash, key, number_key, numbers, pool_prefix, record};
use crate::domain::limits::{TRACE_REASON_CHARS_MAX, TRACE_TEXT_CHARS_MAX};
use crate::domain::{
    Amount, Event, EventKind, InspectionState, Outcome, PartyId, Rejection, Role, Timestamp, TraceChange, TraceRecord,
    check_digit, codes,
};
use crate::state::cells::{CellsMut, StateError, save};
use crate::state::requests::{refuse, wrong};
use crate::state::step::Step;
use crate::state::store::Table;
use std::collections::BTreeSet;

/// Files, withdraws and blocks: all that the request asks for, or nothing.
pub(in crate::state) fn apply_change<C: CellsMut>(
    step: &mut Step<'_, C>,
    change: &TraceChange,
    outcome: &mut Outcome,
) -> Result<(), StateError> {
    let rejections = faults(step, change)?;
    if !rejections.is_empty() {
        refuse(step, outcome, rejections);
        return Ok(());
    }
    for (index, filed) in change.records.iter().enumerate() {
        file(step, index, filed)?;
    }
    for code in &change.withdrawn {
        withdraw(step, code)?;
    }
    let (filed, withdrawn) = (change.records.len(), change.withdrawn.len());
    if filed + withdrawn > 0 {
        let event = Event {
            kind: EventKind::TraceFiled as i32,
            info: change.note.clone(),
            owners: vec![step.party],
            ..Event::default()
        };
        step.events.push(event.with("filed", filed.to_string()).with("withdrawn", withdrawn.to_string()));
    }
    for block in &change.blocks {
        blocks::put(step, block)?;
        let mut event = Event {
            kind: EventKind::LotBlocked as i32,
            info: block.reason.clone(),
            owners: vec![step.party],
            ..Event::default()
        };
        event.note("gtin", block.name.gtin.clone());
        event.note("lot", block.name.lot.clone());
        event.note("state", if block.free { "free" } else { "blocked" });
        // Whoever filed goods of the lot has to act on it.
        for holder in holders(step, &block.name)? {
            if !event.owners.contains(&holder) {
                event.owners.push(holder);
            }
        }
        step.events.push(event);
    }
    Ok(())
}

/// Parties that filed goods of a lot.
fn holders<C: CellsMut>(step: &Step<'_, C>, name: &crate::domain::LotName) -> Result<BTreeSet<u32>, StateError> {
    let found = super::rows::of_number(step.cells, super::rows::Number::Lot, &name.lot)?;
    let fits = |record: &&Record| name.gtin.is_empty() || record.record.gtin == name.gtin;
    Ok(found.iter().filter(fits).map(|record| record.owner).collect())
}

fn faults<C: CellsMut>(step: &Step<'_, C>, change: &TraceChange) -> Result<Vec<Rejection>, StateError> {
    let mut faults = Vec::new();
    let mut codes = BTreeSet::new();
    for (index, filed) in change.records.iter().enumerate() {
        let path = format!("records[{index}]");
        faults.extend(check_record(&path, filed));
        if !codes.insert(filed.code.as_str()) {
            faults.push(at(&path, "code", &filed.code, "each code once", "追溯码重复", "the code stands twice"));
        }
        faults.extend(check_known(step, &path, filed)?);
    }
    for (index, code) in change.withdrawn.iter().enumerate() {
        let known = record(step.cells, code)?.filter(|known| !known.withdrawn && known.owner == step.party);
        if known.is_none() || codes.contains(code.as_str()) {
            let (zh, en) = ("没有本企业备案的该追溯码", "no record of the caller has this code");
            faults.push(at("", &format!("withdrawn[{index}]"), code, "a code of one's own", zh, en));
        }
    }
    for (index, block) in change.blocks.iter().enumerate() {
        faults.extend(check_block(step, &format!("blocks[{index}]"), block));
    }
    faults.truncate(crate::domain::limits::FAULTS_MAX);
    Ok(faults)
}

fn at(path: &str, field: &str, found: &str, expected: &str, zh: &str, en: &str) -> Rejection {
    let path = if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") };
    wrong("R-TRACE-02", &path, found, expected, zh, en)
}

/// What is wrong with a record on its own.
fn check_record(path: &str, filed: &TraceRecord) -> Vec<Rejection> {
    let is_day = |text: &str| text.len() == 8 && Timestamp::parse_ceb(text).is_some();
    let is_hs = |text: &str| matches!(text.len(), 8 | 10) && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_office = |text: &str| text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_text = |text: &str| text.chars().count() <= TRACE_TEXT_CHARS_MAX && !text.chars().any(char::is_control);
    let code = &filed.code;
    let qty = Amount::parse(&filed.qty).is_some_and(|qty| qty > Amount::default());
    let rows: [(bool, &str, &str, &str, &str, &str); 13] = [
        (!code.is_empty() && is_text(code), "code", code, "1 to 128 characters", "追溯码无效", "no trace code"),
        (!filed.name.is_empty() && is_text(&filed.name), "name", &filed.name, "a name", "商品名称无效", "no name"),
        (
            filed.gtin.is_empty() || check_digit::check_gtin(&filed.gtin).is_ok(),
            "gtin",
            &filed.gtin,
            "8, 12, 13 or 14 digits with a check digit",
            "GTIN校验位错误",
            "no GTIN",
        ),
        (is_hs(&filed.hs), "hs", &filed.hs, "8 or 10 digits", "商品编码无效", "no commodity code"),
        (is_text(&filed.lot), "lot", "", "at most 128 characters", "批次号无效", "no lot"),
        (is_day(&filed.made), "made", &filed.made, "yyyyMMdd", "生产日期无效", "no day of production"),
        (
            filed.expires.is_empty() || (is_day(&filed.expires) && filed.expires >= filed.made),
            "expires",
            &filed.expires,
            "yyyyMMdd, not before the day of production",
            "保质期无效",
            "no last day, or one before production",
        ),
        (codes::is_country(&filed.origin), "origin", &filed.origin, "a country code", "原产国代码无效", "no country"),
        (
            is_office(&filed.entry_port),
            "entry_port",
            &filed.entry_port,
            "four digits",
            "进境关别无效",
            "no customs office",
        ),
        (!filed.importer.is_empty(), "importer", "", "a firm", "缺少进口商", "no importer"),
        (filed.qty.is_empty() || qty, "qty", &filed.qty, "a quantity above 0", "数量无效", "no quantity"),
        (
            InspectionState::try_from(filed.inspection).is_ok(),
            "inspection",
            "",
            "a known state",
            "检验检疫状态无效",
            "no known state of inspection",
        ),
        (
            texts(filed).into_iter().all(is_text),
            "texts",
            "",
            "texts of at most 128 characters without control characters",
            "文本过长或含控制字符",
            "a text is too long or has control characters",
        ),
    ];
    let bad = rows.into_iter().filter(|(good, ..)| !good);
    bad.map(|(_, field, found, expected, zh, en)| at(path, field, found, expected, zh, en)).collect()
}

fn texts(filed: &TraceRecord) -> [&str; 10] {
    [
        &filed.inbound_no,
        &filed.ems_no,
        &filed.item_record_no,
        &filed.importer,
        &filed.agent,
        &filed.distributor,
        &filed.order_no,
        &filed.invt_no,
        &filed.inspection_id,
        &filed.qty,
    ]
}

/// What is wrong with a record beside what is filed.
fn check_known<C: CellsMut>(
    step: &Step<'_, C>,
    path: &str,
    filed: &TraceRecord,
) -> Result<Option<Rejection>, StateError> {
    let Some(known) = record(step.cells, &filed.code)? else { return Ok(None) };
    if known.owner != step.party {
        let (zh, en) = ("追溯码已由其他企业备案", "the code is another party's");
        return Ok(Some(at(path, "code", &filed.code, "a code of one's own", zh, en)));
    }
    let names_goods = known.record.gtin == filed.gtin && known.record.lot == filed.lot;
    let is_linked = Amount::parse(&known.taken).unwrap_or_default() > Amount::default();
    if is_linked && !names_goods {
        let (zh, en) = ("该追溯码已关联清单，不能更改GTIN或批次", "goods of it are on lists: GTIN and lot stay");
        return Ok(Some(at(path, "lot", &filed.lot, &known.record.lot, zh, en)));
    }
    Ok(None)
}

fn check_block<C: CellsMut>(step: &Step<'_, C>, path: &str, block: &crate::domain::LotBlock) -> Vec<Rejection> {
    let mut faults = Vec::new();
    let mut add = |field: &str, found: &str, expected: &str, zh: &str, en: &str| {
        faults.push(wrong("R-TRACE-03", &format!("{path}.{field}"), found, expected, zh, en));
    };
    let roles = [Role::Customs, Role::Agency, Role::Operator];
    let party = step.registry.party(PartyId(step.party));
    if !party.is_some_and(|party| roles.iter().any(|role| party.has_role(*role))) {
        add("", "", "customs, an agency or the operator", "无权管控批次", "only authorities block lots");
    }
    let name = &block.name;
    if name.gtin.is_empty() && name.lot.is_empty() {
        add("lot", "", "a GTIN, a lot, or both", "缺少GTIN或批次号", "no GTIN and no lot");
    }
    if [&name.gtin, &name.lot].into_iter().any(|text| text.chars().count() > TRACE_TEXT_CHARS_MAX) {
        add("lot", "", "at most 128 characters", "文本过长", "a text is too long");
    }
    if block.reason.is_empty() || block.reason.chars().count() > TRACE_REASON_CHARS_MAX {
        add("reason", "", "1 to 500 characters", "缺少原因或原因过长", "no reason, or one that is too long");
    }
    if block.to_ms != 0 && block.to_ms <= block.from_ms.max(step.time_ms) {
        add("effective_to", "", "a later time", "截止时间无效", "the end is not after the begin");
    }
    faults
}

/// Writes a new record or a new version.
fn file<C: CellsMut>(step: &mut Step<'_, C>, index: usize, filed: &TraceRecord) -> Result<(), StateError> {
    let before = record(step.cells, &filed.code)?;
    if let Some(before) = &before {
        retire(step, before)?;
    }
    // What taking links away gave back stands in the row by now.
    let before = if before.is_some() { record(step.cells, &filed.code)? } else { None };
    let mut row = Record {
        record: filed.clone(),
        owner: step.party,
        version: before.as_ref().map_or(1, |before| before.version.saturating_add(1)),
        position: step.position,
        time_ms: step.time_ms,
        withdrawn: false,
        pool: pool_key(step, index, filed, before.as_ref()),
        taken: before.map_or_else(String::new, |before| before.taken),
    };
    Any::Record.note(step.cells);
    Any::RecordOf(step.party).note(step.cells);
    for (kind, number) in numbers(filed) {
        step.cells.put(Table::Trace, &number_key(kind, &number, &filed.code), Vec::new());
    }
    keep(step, &mut row);
    link_record(step, &row)
}

/// Place of a lot among those of its item: in the order of its first filing. What is for one order is in no pool.
fn pool_key<C: CellsMut>(step: &Step<'_, C>, index: usize, filed: &TraceRecord, before: Option<&Record>) -> Vec<u8> {
    let is_sold = !filed.order_no.is_empty() || !filed.invt_no.is_empty();
    if filed.ems_no.is_empty() || filed.item_record_no.is_empty() || is_sold {
        return Vec::new();
    }
    let mut place = pool_prefix(step.party, &filed.ems_no, &filed.item_record_no);
    if let Some(before) = before.filter(|before| before.pool.starts_with(&place)) {
        return before.pool.clone();
    }
    place.extend_from_slice(&step.position.to_be_bytes());
    place.extend_from_slice(&u32::try_from(index).unwrap_or(u32::MAX).to_be_bytes());
    place
}

/// Takes the rows of a record away and keeps it as history.
fn retire<C: CellsMut>(step: &mut Step<'_, C>, before: &Record) -> Result<(), StateError> {
    let code = &before.record.code;
    unlink_record(step, before)?;
    for (kind, number) in numbers(&before.record) {
        step.cells.delete(Table::Trace, &number_key(kind, &number, code));
    }
    if !before.pool.is_empty() {
        step.cells.delete(Table::Trace, &before.pool);
    }
    let old = key(Space::History, &[&code_hash(code), &before.version.to_be_bytes()]);
    save(step.cells, Table::Trace, &old, before);
    Ok(())
}

fn withdraw<C: CellsMut>(step: &mut Step<'_, C>, code: &str) -> Result<(), StateError> {
    let Some(before) = record(step.cells, code)? else { return Ok(()) };
    retire(step, &before)?;
    let Some(after) = record(step.cells, code)? else { return Ok(()) };
    let mut row = Record {
        version: before.version.saturating_add(1),
        position: step.position,
        time_ms: step.time_ms,
        withdrawn: true,
        ..after
    };
    keep(step, &mut row);
    Ok(())
}
