//! Draws lists for inspection while a period is in force (R-RISK-02): the part that knows the secret.
//!
//! The secret of a period is `HMAC-SHA256(inspection.key, "swx inspection " + name)`: one key in the key folder, and a
//! revealed secret tells nothing of any other. Which lists wait to be drawn stands in the state, so that a restart, or a
//! second node, neither forgets a list nor draws one twice.

use super::types::{Applied, Error};
use super::{Intake, require};
use crate::domain::limits::DRAWS_PER_ENTRY_MAX;
use crate::domain::{Caller, DocRef, PartyId, Role};
use crate::proof::sha256;
use crate::state::inspection::{
    self, Draws, FirmDraw, InspectionChange, InspectionEntry, ListDraw, SeedCommit, SeedReveal,
};
use crate::state::{Content, StateError, query};
use aws_lc_rs::hmac;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How long lists are gathered for one entry of draws.
const GATHER: Duration = Duration::from_millis(20);

/// The key of all secrets of draws.
pub(super) struct DrawKey {
    key: hmac::Key,
}

impl DrawKey {
    /// From 32 bytes of key.
    #[must_use]
    pub(super) fn new(key: &[u8; 32]) -> DrawKey {
        DrawKey { key: hmac::Key::new(hmac::HMAC_SHA256, key) }
    }

    /// The secret of a period.
    fn secret(&self, period: &str) -> Vec<u8> {
        hmac::sign(&self.key, format!("swx inspection {period}").as_bytes()).as_ref().to_vec()
    }
}

/// The value of a subject under a secret: the first 8 bytes, big-endian, of the HMAC-SHA256.
pub(crate) fn value(secret: &[u8], subject: &str) -> u64 {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), subject.as_bytes());
    tag.as_ref().first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

/// The value by which the officers of a drawn list are chosen.
pub(crate) fn officer_value(secret: &[u8], subject: &str) -> u64 {
    value(secret, &format!("{subject}|officer"))
}

/// The value of a firm.
pub(crate) fn firm_value(secret: &[u8], code: &str) -> u64 {
    value(secret, &format!("firm|{code}"))
}

impl Intake {
    /// Commits to the secret of a period. Without a commitment the exchange makes the secret itself and keeps it.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn commit_period(
        &self,
        caller: &Caller,
        request_id: &str,
        mut commit: SeedCommit,
    ) -> Result<Applied, Error> {
        require(caller, Role::Customs, "CommitPeriod")?;
        commit.kept_here = commit.commitment.is_empty();
        if commit.kept_here {
            commit.commitment = sha256(&[&self.draw_key.secret(&commit.period)]).to_vec();
        }
        self.inspect(caller, request_id, InspectionChange::Commit(commit)).await
    }

    /// Reveals the secret of a period: its own, if the exchange keeps it.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn reveal_period(
        &self,
        caller: &Caller,
        request_id: &str,
        mut reveal: SeedReveal,
    ) -> Result<Applied, Error> {
        require(caller, Role::Customs, "RevealPeriod")?;
        if reveal.secret.is_empty() {
            // What is not drawn yet is drawn first; the secret is of no use for that afterwards.
            self.draw_pending().await?;
            reveal.secret = self.draw_key.secret(&reveal.period);
            let period = self.period(&reveal.period).await?;
            // The entry of a secret that may not be revealed would reveal it all the same.
            let over = period.is_some_and(|period| {
                period.commit.kept_here && period.commit.to_ms <= self.clock.now().0 && period.revealed_at == 0
            });
            if !over {
                reveal.secret = Vec::new();
            }
        }
        self.inspect(caller, request_id, InspectionChange::Reveal(reveal)).await
    }

    async fn period(&self, name: &str) -> Result<Option<inspection::Period>, Error> {
        let (cells, name) = (Arc::clone(&self.shared.cells), name.to_owned());
        blocking(move || inspection::period(cells.as_ref(), &name)).await
    }

    /// Records something about inspections.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn inspect(&self, caller: &Caller, request_id: &str, change: InspectionChange) -> Result<Applied, Error> {
        self.request(caller, request_id, Content::Inspection(InspectionEntry { change: Some(change) })).await
    }

    /// Draws every filed firm once, for post-audit, with the secret that the exchange keeps of a period.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the exchange does not keep the secret; [`Error`].
    pub async fn draw_firms(&self, caller: &Caller, request_id: &str, period: &str) -> Result<Applied, Error> {
        require(caller, Role::Customs, "DrawFirms")?;
        if !self.period(period).await?.is_some_and(|held| held.commit.kept_here) {
            let reason = "is no period whose secret the exchange keeps".to_owned();
            return Err(Error::Invalid { field: "period".to_owned(), reason });
        }
        let secret = self.draw_key.secret(period);
        let codes = inspection::auditable(&self.shared.registry.load());
        let firms = codes.into_iter().map(|code| FirmDraw { value: firm_value(&secret, &code), code }).collect();
        let draws = Draws { period: period.to_owned(), firms, ..Draws::default() };
        self.inspect(caller, request_id, InspectionChange::Draws(draws)).await
    }

    /// Draws the lists that wait for it and whose secret the exchange keeps; how many there were.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn draw_pending(&self) -> Result<usize, Error> {
        let (mut after, mut drawn) = (DocRef::default(), 0);
        loop {
            let cells = Arc::clone(&self.shared.cells);
            let key = Arc::clone(&self.draw_key);
            let batch = blocking(move || batch(cells.as_ref(), &key, after)).await?;
            let Some(last) = batch.last else { return Ok(drawn) };
            for draws in batch.draws {
                drawn += draws.lists.len();
                let change = InspectionChange::Draws(draws);
                self.file(PartyId(0), 0, Content::Inspection(InspectionEntry { change: Some(change) })).await?;
            }
            after = last;
        }
    }

    /// Draws whenever something was applied, until the stop.
    pub(super) async fn keep_drawing(self, mut stopping: watch::Receiver<bool>) {
        let mut applied = self.shared.watch();
        loop {
            applied.mark_unchanged();
            if let Err(error) = self.draw_pending().await {
                tracing::warn!(%error, "lists were not drawn; trying again after the next entry");
            }
            tokio::select! {
                _ = stopping.changed() => return,
                changed = applied.changed() => if changed.is_err() { return },
            }
            // Lists that come together are drawn in one entry.
            tokio::select! {
                _ = stopping.changed() => return,
                () = tokio::time::sleep(GATHER) => {}
            }
        }
    }
}

/// Draws to record, and the last list that was looked at; `None` at the end.
#[derive(Default)]
struct Batch {
    draws: Vec<Draws>,
    last: Option<DocRef>,
}

fn batch(cells: &impl crate::state::Cells, key: &DrawKey, after: DocRef) -> Result<Batch, StateError> {
    let pending = inspection::pending(cells, after, DRAWS_PER_ENTRY_MAX)?;
    let mut batch = Batch { last: pending.last().map(|(at, _)| *at), ..Batch::default() };
    // `None` for a period whose secret is not here or of no use any more.
    let mut secrets: BTreeMap<String, Option<Vec<u8>>> = BTreeMap::new();
    let mut draws: BTreeMap<String, Draws> = BTreeMap::new();
    for (at, waits) in pending {
        if !secrets.contains_key(&waits.period) {
            let period = inspection::period(cells, &waits.period)?;
            let secret = key.secret(&waits.period);
            // A node with another key than the one that committed must not draw.
            let fits = |period: &inspection::Period| sha256(&[&secret]).as_slice() == period.commit.commitment;
            let usable =
                period.is_some_and(|period| period.commit.kept_here && period.revealed_at == 0 && fits(&period));
            secrets.insert(waits.period.clone(), usable.then_some(secret));
        }
        let Some(Some(secret)) = secrets.get(&waits.period) else { continue };
        let Some(facts) = query::facts(cells, at)? else { continue };
        let subject = inspection::subject(&facts.keys);
        let draw = ListDraw { at, value: value(secret, &subject), officer_value: officer_value(secret, &subject) };
        let of = draws.entry(waits.period.clone()).or_default();
        of.period.clone_from(&waits.period);
        of.lists.push(draw);
    }
    batch.draws = draws.into_values().collect();
    Ok(batch)
}

/// Runs a read of the state off the async threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StateError> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|_| Error::Stopping)?;
    done.map_err(|error| {
        tracing::error!(%error, "reading the state for draws");
        Error::Internal
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_met_by_many_subjects_and_secrets_of_periods_differ() {
        let key = DrawKey::new(&[5; 32]);
        assert_ne!(key.secret("2026-05"), key.secret("2026-06"));
        let secret = key.secret("2026-05");
        for rate_ppm in [10_000_u32, 50_000, 500_000] {
            let drawn =
                (0..20_000).filter(|number| inspection::is_drawn(value(&secret, &format!("O{number}|S")), rate_ppm));
            let expected = rate_ppm / 50;
            let count = u32::try_from(drawn.count()).expect("few");
            // Four standard deviations and more of a binomial law.
            assert!(count.abs_diff(expected) < 60 + expected / 20, "{count} for {expected}");
        }
    }
}
