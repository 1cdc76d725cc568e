//! R-WH-02: central distribution. Several parcels on one vehicle under a gate-out sheet (核放单); the vehicle leaves only if
//! customs released every list of every parcel.

use super::{Faults, Space, changed, hash, is_text, key};
use crate::domain::limits::GATE_PARCELS_MAX;
use crate::domain::{
    DocRef, GateParcel, GateSheet, MessageType, ParcelStep, PartyId, Rejection, Role, StockChange, status,
};
use crate::state::cells::{Cells, CellsMut, StateError, load, save};
use crate::state::clearance::parcels::{self, LineEvent};
use crate::state::clearance::{agency, trace};
use crate::state::keys::Side;
use crate::state::requests::wrong;
use crate::state::step::Step;
use crate::state::store::Table;
use crate::tables::Parameter;
use std::collections::BTreeSet;

/// A gate-out sheet as it stands.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Sheet {
    #[prost(message, required, tag = "1")]
    pub(crate) sheet: GateSheet,
    /// Party that filed it.
    #[prost(uint32, tag = "2")]
    pub(crate) owner: u32,
    /// Time of filing, milliseconds since 1970.
    #[prost(int64, tag = "3")]
    pub(crate) filed_ms: i64,
    /// When it left the gate; 0 if it has not.
    #[prost(int64, tag = "4")]
    pub(crate) out_ms: i64,
    /// True if it was given up.
    #[prost(bool, tag = "5")]
    pub(crate) cancelled: bool,
}

fn sheet_key(party: u32, number: &str) -> Vec<u8> {
    key(Space::Sheet, &[&party.to_be_bytes(), &hash(&[number])])
}

fn parcel_key(carrier: &str, number: &str) -> Vec<u8> {
    key(Space::SheetParcel, &[&hash(&[carrier, number])])
}

/// The sheet of a party with a number.
pub(crate) fn sheet(cells: &impl Cells, party: u32, number: &str) -> Result<Option<Sheet>, StateError> {
    load(cells, Table::Stock, &sheet_key(party, number))
}

const RULE: &str = "R-WH-02";

pub(super) fn check<C: CellsMut>(
    step: &Step<'_, C>,
    change: &StockChange,
    faults: &mut Faults,
) -> Result<(), StateError> {
    if let Some(filed) = &change.sheet {
        check_sheet(step, filed, faults)?;
    }
    for (field, number) in [("gate_out", &change.gate_out), ("sheet_cancelled", &change.sheet_cancelled)] {
        if number.is_empty() {
            continue;
        }
        let Some(held) = sheet(&*step.cells, step.party, number)?.filter(|held| held.out_ms == 0 && !held.cancelled)
        else {
            let (zh, en) = ("没有未出区的该核放单", "no open sheet of the caller has this number");
            faults.add(RULE, field, number, "an open sheet of one's own", zh, en);
            continue;
        };
        if field == "gate_out" && step.tables.switch(Parameter::GateOutNeedsRelease, step.now()) {
            for (index, parcel) in held.sheet.parcels.iter().enumerate() {
                for fault in held_up(step, index, parcel)? {
                    faults.add(
                        &fault.rule,
                        &fault.path,
                        fault.found.as_deref().unwrap_or_default(),
                        &fault.expected,
                        &fault.message_zh,
                        &fault.message_en,
                    );
                }
            }
        }
    }
    Ok(())
}

fn check_sheet<C: CellsMut>(step: &Step<'_, C>, filed: &GateSheet, faults: &mut Faults) -> Result<(), StateError> {
    let party = step.registry.party(PartyId(step.party));
    let roles = [Role::Warehouse, Role::SiteOperator];
    if !party.is_some_and(|party| roles.iter().any(|role| party.has_role(*role))) {
        let (zh, en) = ("只有仓库或监管场所可以申报核放单", "only warehouses and sites file gate-out sheets");
        faults.add(RULE, "sheet", "", "a warehouse or a site", zh, en);
    }
    for (field, text) in [("sheet_no", &filed.sheet_no), ("vehicle", &filed.vehicle), ("place", &filed.place)] {
        if !is_text(text) {
            let path = format!("sheet.{field}");
            faults.add(RULE, &path, "", "1 to 128 characters", "缺少内容或内容过长", "nothing there, or too long");
        }
    }
    if sheet(&*step.cells, step.party, &filed.sheet_no)?.is_some() {
        let (zh, en) = ("核放单编号已使用", "the number was used before");
        faults.add(RULE, "sheet.sheet_no", &filed.sheet_no, "a new number", zh, en);
    }
    if !(1..=GATE_PARCELS_MAX).contains(&filed.parcels.len()) {
        let (zh, en) = ("核放单包裹数无效", "no parcels, or too many");
        faults.add(RULE, "sheet.parcels", &filed.parcels.len().to_string(), "1 to 1000 parcels", zh, en);
    }
    let mut seen = BTreeSet::new();
    for (index, parcel) in filed.parcels.iter().enumerate() {
        let path = format!("sheet.parcels[{index}].logistics_no");
        let carrier = parcels::main_code(step.registry, &parcel.logistics_code);
        if !is_text(&parcel.logistics_no) || !is_text(&parcel.logistics_code) {
            faults.add(
                RULE,
                &path,
                "",
                "a waybill number and its carrier",
                "缺少运单编号或承运人",
                "no waybill or carrier",
            );
        }
        let other: Option<Vec<u8>> = step.cells.get(Table::Stock, &parcel_key(&carrier, &parcel.logistics_no))?;
        if other.is_some() || !seen.insert((carrier, &parcel.logistics_no)) {
            let (zh, en) = ("包裹已在其他核放单", "the parcel is on another sheet, or twice on this one");
            faults.add(RULE, &path, &parcel.logistics_no, "a parcel on no other sheet", zh, en);
        }
    }
    Ok(())
}

/// Why a parcel may not leave: every list that names it and is not released, or that sells goods of a blocked lot.
fn held_up<C: CellsMut>(step: &Step<'_, C>, index: usize, parcel: &GateParcel) -> Result<Vec<Rejection>, StateError> {
    let path = format!("parcels[{index}].logistics_no");
    let number = &parcel.logistics_no;
    let mut faults = Vec::new();
    let mut lists = 0_usize;
    for (at, state) in lists_of(step, parcel)? {
        lists += 1;
        if !matches!(state.0, status::RELEASED | status::CLOSED) {
            let zh = format!("包裹[{number}]的清单[{}]状态为{}，未放行", state.1, state.0);
            let en = format!("list [{}] of parcel [{number}] has status {} and is not released", state.1, state.0);
            faults.push(wrong(RULE, &path, &state.0.to_string(), "800", &zh, &en));
        } else if !agency::released_by_all(&*step.cells, at, state.0)? {
            let zh = format!("包裹[{number}]的清单[{}]尚待其他监管部门放行", state.1);
            let en = format!("list [{}] of parcel [{number}] waits for the release of another agency", state.1);
            faults.push(wrong(RULE, &path, &state.0.to_string(), "released by all", &zh, &en));
        }
        for link in trace::lots_of_list(&*step.cells, at)? {
            if let Some(block) = trace::block_of(&*step.cells, &link.name, step.time_ms)? {
                let reason = &block.block.reason;
                let zh = format!("E-TRACE-03 包裹[{number}]含被管控批次[{}]：{reason}", link.name.lot);
                let en =
                    format!("E-TRACE-03 parcel [{number}] holds goods of blocked lot [{}]: {reason}", link.name.lot);
                faults.push(wrong("R-TRACE-03", &path, &link.name.lot, "a lot that is not blocked", &zh, &en));
            }
        }
    }
    if lists == 0 {
        let (zh, en) = (format!("包裹[{number}]没有清单"), format!("no list names parcel [{number}]"));
        faults.push(wrong(RULE, &path, number, "a parcel with a released list", &zh, &en));
    }
    Ok(faults)
}

/// A list of a parcel, with its status and number.
type ListInside = (DocRef, (i32, String));

/// Live lists that name a parcel: status and the number that people know.
fn lists_of<C: CellsMut>(step: &Step<'_, C>, parcel: &GateParcel) -> Result<Vec<ListInside>, StateError> {
    let carrier = parcels::main_code(step.registry, &parcel.logistics_code);
    let found = parcels::documents_of_parcel(step, &carrier, &parcel.logistics_no)?;
    let lists = found.into_iter().filter(|(_, state)| Side::of(MessageType::of_number(state.kind)) == Side::List);
    let named = |state: &crate::state::life::DocState| {
        if state.customs_no.is_empty() { state.pre_no.clone() } else { state.customs_no.clone() }
    };
    Ok(lists.map(|(at, state)| (at, (state.status, named(&state)))).collect())
}

pub(super) fn apply<C: CellsMut>(step: &mut Step<'_, C>, change: &StockChange) -> Result<(), StateError> {
    if let Some(filed) = &change.sheet {
        file(step, filed)?;
    }
    if let Some(mut held) = open(step, &change.gate_out)? {
        held.out_ms = step.time_ms;
        save(step.cells, Table::Stock, &sheet_key(step.party, &change.gate_out), &held);
        leave(step, &held)?;
    }
    if let Some(mut held) = open(step, &change.sheet_cancelled)? {
        held.cancelled = true;
        save(step.cells, Table::Stock, &sheet_key(step.party, &change.sheet_cancelled), &held);
        for parcel in &held.sheet.parcels {
            let carrier = parcels::main_code(step.registry, &parcel.logistics_code);
            step.cells.delete(Table::Stock, &parcel_key(&carrier, &parcel.logistics_no));
        }
        let event = changed(step, "sheet_cancelled").with("sheetNo", change.sheet_cancelled.clone());
        step.events.push(event);
    }
    Ok(())
}

fn open<C: CellsMut>(step: &Step<'_, C>, number: &str) -> Result<Option<Sheet>, StateError> {
    if number.is_empty() {
        return Ok(None);
    }
    Ok(sheet(&*step.cells, step.party, number)?.filter(|held| held.out_ms == 0 && !held.cancelled))
}

/// Files a sheet; its event tells how many parcels may not leave yet, and the first of them.
fn file<C: CellsMut>(step: &mut Step<'_, C>, filed: &GateSheet) -> Result<(), StateError> {
    let mut held = 0_usize;
    let mut first = String::new();
    for (index, parcel) in filed.parcels.iter().enumerate() {
        if !held_up(step, index, parcel)?.is_empty() {
            held += 1;
            if first.is_empty() {
                first.clone_from(&parcel.logistics_no);
            }
        }
        let carrier = parcels::main_code(step.registry, &parcel.logistics_code);
        let row = filed.sheet_no.clone().into_bytes();
        step.cells.put(Table::Stock, &parcel_key(&carrier, &parcel.logistics_no), row);
    }
    let row = Sheet { sheet: filed.clone(), owner: step.party, filed_ms: step.time_ms, ..Sheet::default() };
    save(step.cells, Table::Stock, &sheet_key(step.party, &filed.sheet_no), &row);
    let event = changed(step, "sheet_filed").with("sheetNo", filed.sheet_no.clone());
    let event = event.with("parcels", filed.parcels.len().to_string()).with("notReleased", held.to_string());
    step.events.push(event.with("firstNotReleased", first));
    Ok(())
}

/// The vehicle left: it is put into the line of each parcel.
fn leave<C: CellsMut>(step: &mut Step<'_, C>, held: &Sheet) -> Result<(), StateError> {
    let mut touched = parcels::Touched::new();
    for parcel in &held.sheet.parcels {
        let carrier = parcels::main_code(step.registry, &parcel.logistics_code);
        let event = LineEvent {
            time_ms: step.time_ms,
            step: ParcelStep::GateOut as i32,
            place: held.sheet.place.clone(),
            carrier_event: format!("SHEET/{}", held.sheet.sheet_no),
            position: step.position,
            document: None,
        };
        let name = (carrier, parcel.logistics_no.clone());
        parcels::merge(step, &name, vec![event])?;
        touched.insert(name);
    }
    let event = changed(step, "gate_out").with("sheetNo", held.sheet.sheet_no.clone());
    let event = event.with("vehicle", held.sheet.vehicle.clone());
    step.events.push(event.with("parcels", held.sheet.parcels.len().to_string()));
    parcels::tell(step, touched)
}
