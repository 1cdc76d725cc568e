//! One payment for several orders (R-M3-14): which orders name it, and what they come to.

use super::super::cells::{Cells, CellsMut, StateError, load, save};
use super::super::facts::Facts;
use super::super::keys::{MatchSet, Space, business_key, order_key};
use super::super::step::{Step, facts_at};
use super::super::store::Table;
use super::Moved;
use super::life::{SPLIT, is_dead, is_new};
use crate::domain::limits::SPLIT_ORDERS_MAX;
use crate::domain::{Amount, DocRef, MessageType, status};

/// Key of a payment by its transaction number and institution, as orders and payments name it.
fn payment_key(facts: &Facts) -> Option<Vec<u8>> {
    let keys = &facts.keys;
    let named = !keys.pay_transaction_id.is_empty() && !keys.pay_code.is_empty();
    named.then(|| business_key(Space::Payment, &keys.pay_transaction_id, &keys.pay_code))
}

fn key_of(facts: &Facts) -> Option<Vec<u8>> {
    Some([vec![SPLIT], payment_key(facts)?].concat())
}

/// Live orders that name one payment, in the order in which they came: the first [`SPLIT_ORDERS_MAX`] of them.
#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Orders {
    #[prost(message, repeated, tag = "1")]
    orders: Vec<Paying>,
}

/// An order that names a payment.
#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Paying {
    #[prost(message, required, tag = "1")]
    order: DocRef,
    /// What it pays: a decimal.
    #[prost(string, tag = "2")]
    paid: String,
}

/// Live orders that name the payment that a document names, with what each of them pays.
pub(in crate::state) fn orders(
    cells: &(impl Cells + ?Sized),
    facts: &Facts,
) -> Result<Vec<(DocRef, Amount)>, StateError> {
    let Some(key) = key_of(facts) else { return Ok(Vec::new()) };
    let row: Orders = load(cells, Table::Life, &key)?.unwrap_or_default();
    let read = |paying: &Paying| Some((paying.order, Amount::parse(&paying.paid)?));
    Ok(row.orders.iter().filter_map(read).collect())
}

/// The payment that an order names although it was sent for another order.
pub(in crate::state) fn payment_of(cells: &(impl Cells + ?Sized), order: &Facts) -> Result<Option<DocRef>, StateError> {
    payment_key(order).map_or(Ok(None), |key| load(cells, Table::Key, &key))
}

impl<C: CellsMut> Step<'_, C> {
    /// Keeps the row of an order that names its payment, and lets the other orders' lists be matched again when it goes.
    pub(super) fn order_moved(&mut self, moved: &Moved<'_>) -> Result<(), StateError> {
        let Some(key) = key_of(moved.facts) else { return Ok(()) };
        if !is_new(moved) && !is_dead(moved.to) {
            return Ok(());
        }
        let mut row: Orders = load(self.cells, Table::Life, &key)?.unwrap_or_default();
        row.orders.retain(|paying| paying.order != moved.at);
        if is_new(moved) && row.orders.len() < SPLIT_ORDERS_MAX {
            row.orders.push(Paying { order: moved.at, paid: moved.facts.paid.clone() });
        }
        if row.orders.is_empty() {
            self.cells.delete(Table::Life, &key);
        } else {
            save(self.cells, Table::Life, &key, &row);
        }
        // What replaces it comes next, and only then is the sum right.
        if moved.to == status::REPLACED { Ok(()) } else { self.rematch_split(moved.facts, &moved.facts.keys.order_no) }
    }

    /// A payment came: the lists of all orders that name it are matched, not only those of its own order.
    pub(super) fn payment_moved(&mut self, moved: &Moved<'_>) -> Result<(), StateError> {
        if is_new(moved) || (is_dead(moved.to) && moved.to != status::REPLACED) {
            self.rematch_split(moved.facts, &moved.facts.keys.order_no)?;
        }
        Ok(())
    }

    fn rematch_split(&mut self, facts: &Facts, but: &str) -> Result<(), StateError> {
        for (order, _) in orders(self.cells, facts)? {
            let entry = self.facts_of_entry(order.position)?;
            let Some(other) = facts_at(&entry, order).filter(|other| other.keys.order_no != but) else { continue };
            let set: Option<MatchSet> = load(self.cells, Table::Match, &order_key(MessageType::Ceb311, &other.keys))?;
            for list in set.unwrap_or_default().lists {
                self.match_list(list, true)?;
            }
        }
        Ok(())
    }
}
