//! Parties and mandates: few, so all in memory, rebuilt from their table at the start.

use super::cells::{Cells, CellsMut, StateError, after_prefix, decode, save};
use super::facts::Facts;
use super::filing::Space;
use super::store::Table;
use crate::domain::{Caller, Filed, Mandate, MessageType, Party, PartyId, Role, Standing};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Row kinds of the table `Party`. Permanent.
const PARTY: u8 = 1;
const MANDATE: u8 = 2;

/// Parties that may be filed; a window has thousands, not millions.
const PARTIES_MAX: usize = 1_000_000;

/// DXP id of an exchange whose operator has filed none.
const EXCHANGE_DXP_ID: &str = "SWXEXCHANGE";

/// Everything filed.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    by_id: BTreeMap<u32, Arc<Party>>,
    by_code: BTreeMap<String, u32>,
    by_certificate: BTreeMap<String, u32>,
    /// Parties that filed a DXP id; the one with the lowest number has it.
    by_dxp_id: BTreeMap<String, BTreeSet<u32>>,
    mandates: BTreeMap<(String, String), Vec<Mandate>>,
    /// Filings that were applied for, or whose standing was changed, by main code.
    filed: BTreeMap<String, Arc<Filed>>,
}

impl Registry {
    /// Reads the table.
    pub(super) fn load(cells: &impl Cells) -> Result<Registry, StateError> {
        let mut registry = Registry::default();
        for (key, value) in cells.scan(Table::Party, &[PARTY], &after_prefix(&[PARTY]), PARTIES_MAX, false)? {
            let id = key.get(1..).and_then(|id| id.try_into().ok()).map(u32::from_be_bytes).unwrap_or_default();
            registry.index(id, Arc::new(decode(Table::Party, &value)?));
        }
        for (_, value) in cells.scan(Table::Party, &[MANDATE], &after_prefix(&[MANDATE]), PARTIES_MAX, false)? {
            registry.index_mandate(decode(Table::Party, &value)?);
        }
        let space = [Space::Enterprise as u8];
        for (_, value) in cells.scan(Table::Filing, &space, &after_prefix(&space), PARTIES_MAX, false)? {
            registry.set_filed(decode(Table::Filing, &value)?);
        }
        Ok(registry)
    }

    fn index(&mut self, id: u32, party: Arc<Party>) {
        self.by_code.retain(|_, owner| *owner != id);
        self.by_certificate.retain(|_, owner| *owner != id);
        self.by_dxp_id.retain(|_, owners| {
            owners.remove(&id);
            !owners.is_empty()
        });
        for dxp_id in &party.dxp_ids {
            self.by_dxp_id.entry(dxp_id.clone()).or_default().insert(id);
        }
        for code in std::iter::once(&party.code).chain(&party.aliases) {
            self.by_code.insert(code.clone(), id);
        }
        for certificate in &party.certificate_sha256 {
            self.by_certificate.insert(certificate.clone(), id);
        }
        self.by_id.insert(id, party);
    }

    fn index_mandate(&mut self, mandate: Mandate) {
        let key = (mandate.agent_code.clone(), mandate.mandator_code.clone());
        self.mandates.entry(key).or_default().push(mandate);
    }

    /// Files a party; its number stays with its code. Answers why not, if a code or certificate is
    /// another party's.
    pub(super) fn file(&mut self, cells: &mut impl CellsMut, party: &Party) -> Result<u32, String> {
        let known = self.by_code.get(&party.code).copied();
        let taken = |owner: Option<&u32>| owner.is_some_and(|owner| Some(*owner) != known);
        if let Some(code) = party.aliases.iter().find(|alias| taken(self.by_code.get(*alias))) {
            return Err(format!("code {code} belongs to another party"));
        }
        if let Some(hash) = party.certificate_sha256.iter().find(|hash| taken(self.by_certificate.get(*hash))) {
            return Err(format!("certificate {hash} belongs to another party"));
        }
        let id = known.unwrap_or_else(|| self.by_id.keys().next_back().map_or(1, |last| last + 1));
        let mut key = vec![PARTY];
        key.extend_from_slice(&id.to_be_bytes());
        save(cells, Table::Party, &key, party);
        self.index(id, Arc::new(party.clone()));
        Ok(id)
    }

    /// Files a mandate. Mandates are kept, not replaced: an end is a newer mandate's dates.
    pub(super) fn file_mandate(&mut self, cells: &mut impl CellsMut, position: u64, mandate: &Mandate) {
        let mut key = vec![MANDATE];
        key.extend_from_slice(&position.to_be_bytes());
        save(cells, Table::Party, &key, mandate);
        self.index_mandate(mandate.clone());
    }

    /// The party of that number.
    #[must_use]
    pub fn party(&self, id: PartyId) -> Option<&Arc<Party>> {
        self.by_id.get(&id.0)
    }

    /// The party with that code or alias.
    #[must_use]
    pub fn of_code(&self, code: &str) -> Option<(PartyId, &Arc<Party>)> {
        let id = *self.by_code.get(code)?;
        Some((PartyId(id), self.by_id.get(&id)?))
    }

    /// The active party with that DXP id.
    #[must_use]
    pub fn of_dxp_id(&self, dxp_id: &str) -> Option<(PartyId, &Arc<Party>)> {
        let id = *self.by_dxp_id.get(dxp_id)?.first()?;
        self.by_id.get(&id).filter(|party| party.active).map(|party| (PartyId(id), party))
    }

    /// DXP id of the exchange: the first that an operator has filed.
    #[must_use]
    pub fn exchange_dxp_id(&self) -> &str {
        let operators = self.by_id.values().filter(|party| party.active && party.has_role(Role::Operator));
        operators.filter_map(|party| party.dxp_ids.first()).next().map_or(EXCHANGE_DXP_ID, String::as_str)
    }

    /// The active party that filed that certificate.
    #[must_use]
    pub fn of_certificate(&self, sha256: &str) -> Option<Caller> {
        let id = *self.by_certificate.get(sha256)?;
        let party = self.by_id.get(&id).filter(|party| party.active)?;
        Some(Caller { id: PartyId(id), party: Arc::clone(party) })
    }

    /// The party that filed a certificate, active or not.
    #[must_use]
    pub fn holder_of_certificate(&self, sha256: &str) -> Option<PartyId> {
        self.by_certificate.get(sha256).map(|id| PartyId(*id))
    }

    /// The history of the filing with that code or alias; `None` if an operator filed the party directly and nothing
    /// has changed since: such a filing counts as complete.
    #[must_use]
    pub fn filed(&self, code: &str) -> Option<&Arc<Filed>> {
        let main = self.of_code(code).map_or(code, |(_, party)| party.code.as_str());
        self.filed.get(main)
    }

    pub(super) fn set_filed(&mut self, filed: Filed) {
        self.filed.insert(filed.code.clone(), Arc::new(filed));
    }

    /// True if the filing of a party is revoked at a time, as far as is known.
    #[must_use]
    pub fn is_revoked(&self, code: &str, at_ms: i64) -> bool {
        self.filed(code).is_some_and(|filed| filed.standing_at(at_ms, i64::MAX) == Some(Standing::Revoked))
    }

    /// True if the filing of a party is in force at a time, as far as is known: it is, unless its history says
    /// otherwise.
    #[must_use]
    pub fn is_in_force(&self, code: &str, at_ms: i64) -> bool {
        self.filed(code).is_none_or(|filed| filed.standing_at(at_ms, i64::MAX) == Some(Standing::Active))
    }

    /// Parties whose inbox an event of a document reaches: its sender and who answers for it.
    pub(super) fn owners(&self, sender: u32, kind: MessageType, facts: &Facts) -> Vec<u32> {
        let mut owners = vec![sender];
        for (_, code) in facts.responsible(kind) {
            if let Some((id, _)) = self.of_code(code)
                && !owners.contains(&id.0)
            {
                owners.push(id.0);
            }
        }
        owners
    }

    /// Parties whose work an item about a document is: those of its inbox, and its seller.
    pub(super) fn workers(&self, sender: u32, kind: MessageType, facts: &Facts) -> Vec<u32> {
        let mut workers = self.owners(sender, kind, facts);
        if let Some((seller, _)) = self.of_code(&facts.keys.ebc_code)
            && !workers.contains(&seller.0)
        {
            workers.push(seller.0);
        }
        workers
    }

    /// All parties, by code.
    #[must_use]
    pub fn all(&self) -> Vec<(PartyId, Arc<Party>)> {
        let mut all: Vec<_> = self.by_id.iter().map(|(id, party)| (PartyId(*id), Arc::clone(party))).collect();
        all.sort_by(|(_, a), (_, b)| a.code.cmp(&b.code));
        all
    }

    /// All mandates; those between two parties in the order in which they were filed.
    pub(crate) fn mandates(&self) -> impl Iterator<Item = &Mandate> {
        self.mandates.values().flatten()
    }

    /// True if `agent` may send documents of that type for whoever is called `code`: it is itself, or
    /// there is a mandate at that time. The mandate filed last decides.
    #[must_use]
    pub fn may_speak_for(&self, agent: &Party, code: &str, kind: MessageType, at_ms: i64) -> bool {
        if agent.is_called(code) {
            return true;
        }
        let mandator = self.of_code(code).map_or(code, |(_, party)| party.code.as_str());
        self.mandates
            .get(&(agent.code.clone(), mandator.to_owned()))
            .and_then(|filed| filed.iter().rev().find(|mandate| mandate.covers_type(kind)))
            .is_some_and(|mandate| mandate.covers(kind, at_ms))
    }
}
