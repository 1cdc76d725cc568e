//! Warehouses, bonded and abroad (R-WH).

use super::{Space, key, owner};
use crate::domain::{Event, EventKind, Outcome, Warehouse, codes};
use crate::state::cells::{CellsMut, StateError, load, save};
use crate::state::requests::{refuse, wrong};
use crate::state::step::Step;
use crate::state::store::Table;

/// Files a warehouse, or replaces its filing.
pub(super) fn file<C: CellsMut>(
    step: &mut Step<'_, C>,
    warehouse: &Warehouse,
    outcome: &mut Outcome,
) -> Result<(), StateError> {
    let mut faults = Vec::new();
    let mut fault = |path: &str, found: &str, zh: &str, en: &str| {
        faults.push(wrong("R-WH-01", path, found, "", zh, en));
    };
    if warehouse.code.is_empty() || warehouse.name.trim().is_empty() {
        fault("code", &warehouse.code, "缺少仓库编码或名称", "code or name of the warehouse is missing");
    }
    if !warehouse.country.is_empty() && !codes::is_country(&warehouse.country) {
        fault("country", &warehouse.country, "国别代码不存在", "no such country");
    }
    let is_abroad = !matches!(warehouse.country.as_str(), "" | "142");
    if warehouse.is_overseas != is_abroad {
        fault("country", &warehouse.country, "仓库类型与所在国不符", "the country does not fit the kind of warehouse");
    }
    if !warehouse.is_overseas && warehouse.area_code.is_empty() {
        fault("area_code", "", "保税仓库须填写区域代码", "a bonded warehouse lies in an area with a code");
    }
    if !warehouse.is_overseas && !codes::is_customs_office(&warehouse.customs_code) {
        fault("customs_code", &warehouse.customs_code, "关区代码不存在", "no such customs office");
    }
    let from_ms = if warehouse.from_ms == 0 { step.time_ms } else { warehouse.from_ms };
    if warehouse.to_ms != 0 && warehouse.to_ms <= from_ms {
        fault("to", "", "终止时间须晚于起始时间", "it ends before it begins");
    }
    let row_key = key(Space::Warehouse, &[&warehouse.code]);
    let held: Option<Warehouse> = load(step.cells, Table::Filing, &row_key)?;
    let firm = owner(step, "operator_code", &warehouse.operator_code);
    if let (Ok(firm), Some(held)) = (&firm, &held)
        && *firm != held.operator_code
    {
        fault("operator_code", &warehouse.operator_code, "仓库属于其他企业", "the warehouse is another firm's");
    }
    let firm = match firm {
        Ok(firm) => firm,
        Err(refused) => {
            faults.push(*refused);
            String::new()
        }
    };
    if !faults.is_empty() {
        refuse(step, outcome, faults);
        return Ok(());
    }
    let row = Warehouse { operator_code: firm.clone(), from_ms, filed_ms: step.time_ms, ..warehouse.clone() };
    save(step.cells, Table::Filing, &row_key, &row);
    let mut owners = vec![step.party];
    owners.extend(step.registry.of_code(&firm).map(|(id, _)| id.0).filter(|id| *id != step.party));
    let event = Event { kind: EventKind::WarehouseFiled as i32, code: firm, owners, ..Event::default() };
    let kind = if row.is_overseas { "overseas" } else { "bonded" };
    step.events.push(event.with("warehouse", row.code).with("kind", kind).with("areaCode", row.area_code));
    Ok(())
}
