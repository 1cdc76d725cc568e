//! What a sandbox takes over from its exchange: parties and mandates, at its start and whenever they change.

use super::super::Error;
use crate::domain::{Caller, Mandate, Party, PartyId, Role, codes};
use crate::intake::{Intake, Node, Reader};
use crate::state::Registry;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How long changes are gathered before they are copied.
const GATHER: Duration = Duration::from_millis(200);
/// Times that parties are gone through: one may have to give up a code before another can take it.
const PASSES: usize = 4;
/// Code of the made-up customs, if no party has it.
const CUSTOMS: &str = "SWXSANDBOX";

/// What was copied.
#[derive(Default)]
pub(super) struct Copied {
    parties: BTreeMap<String, Arc<Party>>,
    /// The registry that was copied last.
    last: Option<Arc<Registry>>,
}

impl Copied {
    /// Files in the sandbox what is filed in the exchange and was not copied yet.
    pub(super) async fn copy(&mut self, real: &Reader, sandbox: &Node) {
        self.copy_to(real, &sandbox.intake, &sandbox.reader).await;
    }

    async fn copy_to(&mut self, real: &Reader, intake: &Intake, reader: &Reader) {
        let registry = real.shared.registry.load_full();
        if self.last.as_ref().is_some_and(|last| Arc::ptr_eq(last, &registry)) {
            return;
        }
        for pass in 1..=PASSES {
            let mut left = 0_usize;
            for (_, party) in registry.all() {
                left += usize::from(!self.copy_party(&party, intake, reader, pass == PASSES).await);
            }
            if left == 0 {
                break;
            }
        }
        copy_mandates(&registry, intake, reader).await;
        self.last = Some(registry);
    }

    /// Copies one party; false if it could not be filed yet.
    async fn copy_party(&mut self, party: &Arc<Party>, intake: &Intake, reader: &Reader, last: bool) -> bool {
        let held = self.parties.get(&party.code).is_some_and(|copied| copied == party)
            || reader.party_of_code(&party.code).is_some_and(|(_, filed)| filed == *party);
        if !held && let Err(error) = intake.file_party(PartyId::default(), Party::clone(party)).await {
            if last {
                tracing::error!(%error, code = party.code, "a party cannot be filed in the sandbox");
            }
            return false;
        }
        self.parties.insert(party.code.clone(), Arc::clone(party));
        true
    }

    /// Follows the exchange until the stop.
    pub(super) async fn follow(
        mut self,
        real: Reader,
        intake: Intake,
        reader: Reader,
        mut stopped: watch::Receiver<bool>,
    ) {
        let mut applied = real.watch();
        loop {
            tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => return,
                changed = applied.changed() => if changed.is_err() { return },
            }
            tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(GATHER) => {}
            }
            self.copy_to(&real, &intake, &reader).await;
        }
    }
}

/// Files those mandates of each pair of parties that are not there yet, in their order: the last one decides.
async fn copy_mandates(real: &Registry, intake: &Intake, reader: &Reader) {
    let pair = |mandate: &Mandate| (mandate.agent_code.clone(), mandate.mandator_code.clone());
    let mut held: BTreeMap<(String, String), Vec<Mandate>> = BTreeMap::new();
    for mandate in reader.shared.registry.load_full().mandates() {
        held.entry(pair(mandate)).or_default().push(mandate.clone());
    }
    let mut copied: BTreeMap<(String, String), usize> = BTreeMap::new();
    for mandate in real.mandates() {
        let there = held.get(&pair(mandate)).map(Vec::as_slice).unwrap_or_default();
        let from = copied.entry(pair(mandate)).or_default();
        let found = there.iter().skip(*from).position(|other| other == mandate);
        match found {
            Some(at) => *from += at + 1,
            None => {
                // What follows is not there either, or stands before this one and is filed once more.
                *from = there.len();
                if let Err(error) = intake.file_mandate(PartyId::default(), mandate.clone()).await {
                    tracing::error!(%error, agent = mandate.agent_code, "a mandate cannot be filed in the sandbox");
                }
            }
        }
    }
}

/// The made-up customs of the sandbox: for every office, without a certificate, so that nobody else can be it.
pub(super) async fn customs(sandbox: &Node) -> Result<Caller, Error> {
    let offices = codes::customs_office_names();
    let mut party = Party {
        code: CUSTOMS.to_owned(),
        name: "沙箱模拟海关 sandbox customs".to_owned(),
        roles: vec![Role::Customs as i32],
        customs_codes: offices.iter().filter_map(|row| row.first()).map(|code| (*code).to_owned()).collect(),
        active: true,
        ..Party::default()
    };
    let is_ours = |held: &Party| held.name == party.name && held.certificate_sha256.is_empty();
    let taken = |code: &str| sandbox.reader.party_of_code(code).is_some_and(|(_, held)| !is_ours(&held));
    if taken(CUSTOMS) {
        let free = (0..10_000).map(|number| format!("SWXSBX{number:04}")).find(|code| !taken(code));
        party.code = free.unwrap_or_else(|| CUSTOMS.to_owned());
    }
    let code = party.code.clone();
    let filed = sandbox.reader.party_of_code(&code).filter(|(_, held)| **held == party);
    if filed.is_none() {
        let filing = sandbox.intake.file_party(PartyId::default(), party).await;
        filing.map_err(|source| Error::File { code: code.clone(), source })?;
    }
    let (id, party) =
        sandbox.reader.party_of_code(&code).ok_or(Error::File { code, source: crate::intake::Error::Internal })?;
    Ok(Caller { id, party })
}
