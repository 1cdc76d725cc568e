//! Stock: bonded (R-WH-01), central distribution and gate-out (R-WH-02), abroad (R-WH-03). See `docs/stock.md`.

mod bonded;
mod differences;
mod gate;
mod overseas;

pub(crate) use bonded::{Difference, report};
pub(super) use bonded::{moved, returned};
pub(crate) use gate::{Sheet, sheet};
pub(crate) use overseas::{Abroad, abroad_of};

use super::{CellsMut, StateError, Step};
use crate::domain::limits::{FAULTS_MAX, TRACE_TEXT_CHARS_MAX};
use crate::domain::{Amount, Event, EventKind, Outcome, Rejection, StockChange};
use crate::proof::sha256;
use crate::state::requests::{refuse, wrong};

/// Spaces of the table `Stock`. Permanent: the first byte of its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Space {
    /// Hash of book and item: a [`Balance`].
    Bonded = 1,
    /// Party and day: a [`Report`].
    Report = 2,
    /// Party and hash of a number: a [`Sheet`].
    Sheet = 3,
    /// Hash of carrier and waybill: the sheet that the parcel is on.
    SheetParcel = 4,
    /// Party, hash of order and platform, hash of the item: an [`Abroad`].
    Abroad = 5,
    /// Party and hash of a number of a sale: no value.
    Sale = 6,
    /// Party, hash of a book, hash of book and item: its last figure differs. No value.
    Differs = 7,
}

fn hash(parts: &[&str]) -> [u8; 16] {
    let text = parts.join("\n");
    let mut short = [0; 16];
    short.copy_from_slice(&sha256(&[text.as_bytes()])[..16]);
    short
}

fn key(space: Space, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = vec![space as u8];
    for part in parts {
        key.extend_from_slice(part);
    }
    key
}

/// A quantity above nothing.
fn positive(text: &str) -> Option<Amount> {
    Amount::parse(text).filter(|amount| *amount > Amount::default())
}

fn is_text(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= TRACE_TEXT_CHARS_MAX && !text.chars().any(char::is_control)
}

/// Faults of one request.
#[derive(Debug, Default)]
struct Faults(Vec<Rejection>);

impl Faults {
    fn add(&mut self, rule: &str, path: &str, found: &str, expected: &str, zh: &str, en: &str) {
        if self.0.len() < FAULTS_MAX {
            self.0.push(wrong(rule, path, found, expected, zh, en));
        }
    }
}

/// Applies a typed request about stock: all of it, or nothing.
pub(in crate::state) fn apply<C: CellsMut>(
    step: &mut Step<'_, C>,
    change: &StockChange,
    outcome: &mut Outcome,
) -> Result<(), StateError> {
    let mut faults = Faults::default();
    bonded::check(step, change, &mut faults)?;
    gate::check(step, change, &mut faults)?;
    let plan = overseas::plan(step, change, &mut faults)?;
    if !faults.0.is_empty() {
        refuse(step, outcome, faults.0);
        return Ok(());
    }
    bonded::apply(step, change)?;
    gate::apply(step, change)?;
    overseas::apply(step, plan);
    Ok(())
}

/// An event about the stock of the caller.
fn changed<C: CellsMut>(step: &Step<'_, C>, code: &str) -> Event {
    Event { kind: EventKind::StockChanged as i32, code: code.to_owned(), owners: vec![step.party], ..Event::default() }
}
