//! Files what refunds rest on: standings, evidence, contracts.

use super::{CONTRACT, Evidence, RefundEntry, STANDING, ServiceContract, Standing, evidence_key, key};
use crate::domain::{Event, EventKind, MessageType, Outcome, PartyId, Role};
use crate::state::cells::{Cells, CellsMut, StateError, after_prefix, decode, save};
use crate::state::query;
use crate::state::requests::{refuse, wrong};
use crate::state::step::{Step, facts_at};
use crate::state::store::Table;

/// Contracts of one firm and client that are looked through.
const CONTRACTS_MAX: usize = 256;

/// Applies one request.
pub(in crate::state) fn apply<C: CellsMut>(
    step: &mut Step<'_, C>,
    entry: &RefundEntry,
    outcome: &mut Outcome,
) -> Result<(), StateError> {
    if let Some(standing) = &entry.standing {
        file_standing(step, standing, outcome);
    } else if let Some(evidence) = &entry.evidence {
        file_evidence(step, evidence, outcome)?;
    } else if let Some(contract) = &entry.contract {
        file_contract(step, contract, outcome);
    }
    Ok(())
}

fn filed<C: CellsMut>(step: &mut Step<'_, C>, code: &str, owners: Vec<u32>, what: &str) {
    let event = Event { kind: EventKind::FilingDecided as i32, code: code.to_owned(), owners, ..Event::default() };
    step.events.push(event.with("filed", what));
}

fn file_standing<C: CellsMut>(step: &mut Step<'_, C>, standing: &Standing, outcome: &mut Outcome) {
    let Some((id, _)) = step.registry.of_code(&standing.seller_code) else {
        let (zh, en) = ("企业未备案", "no filed party has it");
        refuse(step, outcome, vec![wrong("R-TAXREF-01", "seller_code", &standing.seller_code, "", zh, en)]);
        return;
    };
    let place = key(STANDING, &[&id.0.to_be_bytes(), &step.position.to_be_bytes()]);
    save(step.cells, Table::Forex, &place, standing);
    filed(step, &standing.seller_code, vec![step.party, id.0], "standing");
}

/// The standing of a seller at a time: the one filed last that covers it.
pub(super) fn standing_at(cells: &impl Cells, seller: PartyId, at_ms: i64) -> Result<Option<Standing>, StateError> {
    let from = key(STANDING, &[&seller.0.to_be_bytes()]);
    for (_, value) in cells.scan(Table::Forex, &from, &after_prefix(&from), CONTRACTS_MAX, true)? {
        let standing: Standing = decode(Table::Forex, &value)?;
        if standing.from_ms <= at_ms && (standing.to_ms == 0 || at_ms < standing.to_ms) {
            return Ok(Some(standing));
        }
    }
    Ok(None)
}

fn file_evidence<C: CellsMut>(
    step: &mut Step<'_, C>,
    evidence: &Evidence,
    outcome: &mut Outcome,
) -> Result<(), StateError> {
    let unknown = |found: &str| {
        let (zh, en) = ("没有该出口清单，或不属于本企业", "there is no such export list of the seller");
        vec![wrong("R-TAXREF-01", "invt_no", found, "", zh, en)]
    };
    let Some(at) = query::list_of_number(&*step.cells, &evidence.invt_no)? else {
        refuse(step, outcome, unknown(&evidence.invt_no));
        return Ok(());
    };
    let kind = step.doc_state(at)?.map_or(0, |state| state.kind);
    let entry = step.facts_of_entry(at.position)?;
    let own = step.registry.party(PartyId(step.party));
    let is_own = facts_at(&entry, at).is_some_and(|facts| {
        let owner = facts.value(crate::domain::Field::OwnerCode);
        let codes = [facts.keys.ebc_code.as_str(), facts.keys.agent_code.as_str(), owner];
        own.is_some_and(|own| codes.iter().any(|code| own.is_called(code)))
    });
    if kind != MessageType::Ceb603 as i32 || !is_own {
        refuse(step, outcome, unknown(&evidence.invt_no));
        return Ok(());
    }
    save(step.cells, Table::Forex, &evidence_key(at), evidence);
    filed(step, &evidence.invt_no, vec![step.party], "evidence");
    Ok(())
}

fn file_contract<C: CellsMut>(step: &mut Step<'_, C>, contract: &ServiceContract, outcome: &mut Outcome) {
    let registry = step.registry;
    let mut refused = Vec::new();
    let firm = registry.of_code(&contract.firm_code);
    let client = registry.of_code(&contract.client_code);
    for (path, code, found) in
        [("firm_code", &contract.firm_code, firm), ("client_code", &contract.client_code, client)]
    {
        if found.is_none() {
            refused.push(wrong("R-REF-04", path, code, "", "企业未备案", "no filed party has it"));
        }
    }
    if let (Some((firm, _)), Some((client, _))) = (firm, client) {
        if firm == client {
            let (zh, en) = ("外综服企业与委托企业不能相同", "the firm and its client are the same");
            refused.push(wrong("R-REF-04", "client_code", &contract.client_code, "", zh, en));
        }
        let operator = registry.party(PartyId(step.party)).is_some_and(|party| party.has_role(Role::Operator));
        if firm.0 != step.party && !operator {
            let (zh, en) = ("只能由外综服企业本身备案", "only the firm itself files its contracts");
            refused.push(wrong("R-REF-04", "firm_code", &contract.firm_code, "", zh, en));
        }
        if refused.is_empty() {
            let place = key(CONTRACT, &[&firm.0.to_be_bytes(), &client.0.to_be_bytes(), &step.position.to_be_bytes()]);
            save(step.cells, Table::Forex, &place, contract);
            filed(step, &contract.client_code, vec![firm.0, client.0], "contract");
            return;
        }
    }
    refuse(step, outcome, refused);
}

/// The contract of a firm and a client at a time: the one filed last that covers it.
pub(super) fn contract_at(
    cells: &impl Cells,
    firm: u32,
    client: u32,
    at_ms: i64,
) -> Result<Option<ServiceContract>, StateError> {
    let from = key(CONTRACT, &[&firm.to_be_bytes(), &client.to_be_bytes()]);
    for (_, value) in cells.scan(Table::Forex, &from, &after_prefix(&from), CONTRACTS_MAX, true)? {
        let contract: ServiceContract = decode(Table::Forex, &value)?;
        if contract.from_ms <= at_ms && (contract.to_ms == 0 || at_ms < contract.to_ms) {
            return Ok(Some(contract));
        }
    }
    Ok(None)
}
