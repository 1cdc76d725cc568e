//! Parameters are data: limits, rates, periods, code lists and switches in dated tables. Pure.
//!
//! The shipped tables are files in `tables/`. The ledger holds every change as an entry; an entry is judged by the rows
//! whose period covers its time. A change only adds rows:
//!
//! - of the rows of a key whose period covers a moment, the one filed last holds;
//! - a row without values withdraws the key for its period (all but [`TableName::Parameters`]);
//! - a row ends when a newer row covers what comes after.
//!
//! Figures carry their evidence ([`Row::mark`]): S sourced, G general knowledge that nobody confirmed, D proposed here.

mod change;
mod check;
mod column;
mod file;
mod goods;
mod name;
mod parameter;
mod sampling;
mod shipped;
mod trade;
mod unread;

pub use change::{Problem, Row, TableChange};
pub use file::{read_csv, write_csv, write_time};
pub use goods::{Positive, Tariff, WeightCap};
pub use name::TableName;
pub use parameter::{Parameter, ValueKind};
pub use sampling::Sampling;
pub use shipped::shipped_csv;
pub use trade::{Grade, Regime};

use crate::domain::limits::TABLE_ROWS_MAX;
use crate::domain::{Amount, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

/// A row with its numbers: every document that is judged asks for some of them.
#[derive(Debug)]
struct Filed {
    row: Row,
    /// The values as amounts; 0 where one is none.
    amounts: Box<[Amount]>,
}

impl Filed {
    fn new(row: &Row) -> Filed {
        let amounts = row.values.iter().map(|value| Amount::parse(value).unwrap_or_default()).collect();
        Filed { row: row.clone(), amounts }
    }

    fn amount(&self, column: usize) -> Amount {
        self.amounts.get(column).copied().unwrap_or_default()
    }
}

/// Rows of one key in filing order.
type Dated = Vec<Arc<Filed>>;

/// The row of a key that holds at a time: the one filed last, if it is no withdrawal.
fn holding(rows: &[Arc<Filed>], at: Timestamp) -> Option<&Filed> {
    rows.iter().rev().map(AsRef::as_ref).find(|filed| filed.row.covers(at.0)).filter(|filed| !filed.row.is_withdrawal())
}

/// The rows of one table by key.
type Rows = BTreeMap<Arc<str>, Dated>;

/// The dated tables as they stand. Cheap to clone.
///
/// Empty by default; what has no row of its own for a parameter is then as the program ships it.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    tables: Arc<BTreeMap<TableName, Arc<Rows>>>,
    /// The rows of [`TableName::Parameters`] once more, by the place of the parameter.
    parameters: Arc<Vec<Dated>>,
    rows: usize,
}

impl Tables {
    /// The tables that come with the program.
    #[must_use]
    pub fn shipped() -> Tables {
        shipped::TABLES.clone()
    }

    /// The tables with a change.
    ///
    /// # Errors
    /// Everything that is wrong with the change; the tables stay as they are.
    pub fn with(&self, change: &TableChange) -> Result<Tables, Vec<Problem>> {
        let mut tables = self.clone();
        tables.add(change)?;
        Ok(tables)
    }

    /// Adds the rows of a change.
    ///
    /// # Errors
    /// Everything that is wrong with the change; the tables stay as they are.
    pub fn add(&mut self, change: &TableChange) -> Result<(), Vec<Problem>> {
        let table = check::check(change)?;
        if self.rows.saturating_add(change.rows.len()) > TABLE_ROWS_MAX {
            let mut problems = check::Problems::default();
            let expected = (format!("共最多{TABLE_ROWS_MAX}行"), format!("at most {TABLE_ROWS_MAX} rows in all"));
            problems.add(0, "row", &self.rows.to_string(), expected, "参数表已满", "the tables are full");
            return problems.done();
        }
        let rows = Arc::make_mut(&mut self.tables).entry(table).or_default();
        let rows = Arc::make_mut(rows);
        for row in &change.rows {
            let filed = Arc::new(Filed::new(row));
            if table == TableName::Parameters
                && let Some(parameter) = Parameter::of_name(&row.key)
            {
                let parameters = Arc::make_mut(&mut self.parameters);
                parameters.resize(Parameter::ALL.len(), Dated::new());
                parameters.get_mut(parameter as usize).expect("each has its place").push(Arc::clone(&filed));
            }
            rows.entry(Arc::from(row.key.as_str())).or_default().push(filed);
        }
        self.rows += change.rows.len();
        Ok(())
    }

    /// What the program ships and these tables lack: rows of a key and beginning that no row has. Of tables that are a
    /// sample nothing is lacking as soon as there is any row: an official file may have taken its place.
    #[must_use]
    pub fn missing_of_shipped(&self) -> Vec<TableChange> {
        let mut changes = Vec::new();
        for shipped in shipped::CHANGES.iter() {
            let Some(table) = TableName::of_number(shipped.table) else { continue };
            let there: BTreeSet<(&str, i64)> = self.rows(table).map(|row| (row.key.as_str(), row.from_ms)).collect();
            if table.is_sample() && !there.is_empty() {
                continue;
            }
            let is_missing = |row: &&Row| !there.contains(&(row.key.as_str(), row.from_ms));
            let rows: Vec<Row> = shipped.rows.iter().filter(is_missing).cloned().collect();
            if !rows.is_empty() {
                let note = format!("随程序发布 · shipped with swx {}", env!("CARGO_PKG_VERSION"));
                changes.push(TableChange { table: shipped.table, rows, note });
            }
        }
        changes
    }

    /// The rows of a table by key, those of a key in filing order.
    pub fn rows(&self, table: TableName) -> impl Iterator<Item = &Row> {
        self.tables.get(&table).into_iter().flat_map(|rows| rows.values().flatten()).map(|filed| &filed.row)
    }

    fn filed(&self, table: TableName, key: &str, at: Timestamp) -> Option<&Filed> {
        holding(self.tables.get(&table)?.get(key)?, at)
    }

    /// The row that holds for a key at a time; `None` if there is none or it is withdrawn.
    #[must_use]
    pub fn row(&self, table: TableName, key: &str, at: Timestamp) -> Option<&Row> {
        self.filed(table, key, at).map(|filed| &filed.row)
    }

    /// The rows that hold at a time, by key.
    pub fn rows_at(&self, table: TableName, at: Timestamp) -> impl Iterator<Item = &Row> {
        let keys = self.tables.get(&table).into_iter().flat_map(|rows| rows.values());
        keys.filter_map(move |rows| holding(rows, at)).map(|filed| &filed.row)
    }

    /// The row of the longest key of a table, at most 10 bytes, that the code begins with.
    #[must_use]
    pub fn row_of_prefix(&self, table: TableName, code: &str, at: Timestamp) -> Option<&Row> {
        let rows = self.tables.get(&table)?;
        let mut code = code.get(..code.len().min(10))?;
        while !code.is_empty() {
            // No key that the code begins with is after this one, nor longer than what both have in common.
            let (key, dated) = rows.range::<str, _>((Bound::Unbounded, Bound::Included(code))).next_back()?;
            let common = key.bytes().zip(code.bytes()).take_while(|(a, b)| a == b).count();
            let is_beginning = common == key.len();
            if is_beginning && let Some(filed) = holding(dated, at) {
                return Some(&filed.row);
            }
            let rest = if is_beginning { common.checked_sub(1)? } else { common };
            code = (0..=rest).rev().find_map(|length| code.get(..length))?;
        }
        None
    }

    fn parameter(&self, parameter: Parameter, at: Timestamp) -> Option<&Filed> {
        let own = self.parameters.get(parameter as usize).and_then(|rows| holding(rows, at));
        own.or_else(|| holding(shipped::TABLES.parameters.get(parameter as usize)?, at))
    }

    /// The value of a parameter: of the row that holds, else of the shipped one, else nothing.
    fn value(&self, parameter: Parameter, at: Timestamp) -> &str {
        self.parameter(parameter, at).map_or("", |filed| filed.row.value(0))
    }

    /// The value of a parameter that is an amount or share; 0 if it is none.
    #[must_use]
    pub fn amount(&self, parameter: Parameter, at: Timestamp) -> Amount {
        self.parameter(parameter, at).map_or(Amount(0), |filed| filed.amount(0))
    }

    /// The value of a parameter that is a whole number, in the unit of its name; 0 if it is none.
    #[must_use]
    pub fn number(&self, parameter: Parameter, at: Timestamp) -> i64 {
        self.value(parameter, at).parse().unwrap_or_default()
    }

    /// The value of a parameter that is a switch; off if it is none.
    #[must_use]
    pub fn switch(&self, parameter: Parameter, at: Timestamp) -> bool {
        self.value(parameter, at) == "true"
    }

    /// The value of a parameter as text.
    #[must_use]
    pub fn text(&self, parameter: Parameter, at: Timestamp) -> &str {
        self.value(parameter, at)
    }

    /// The parts of a parameter that is a list; one that is not is its only part.
    pub fn list(&self, parameter: Parameter, at: Timestamp) -> impl Iterator<Item = &str> {
        column::list(self.value(parameter, at))
    }

    /// True if a parameter that is a list has this part.
    #[must_use]
    pub fn lists(&self, parameter: Parameter, part: &str, at: Timestamp) -> bool {
        self.list(parameter, at).any(|it| it == part)
    }

    /// A parameter that is a number of days, in milliseconds.
    #[must_use]
    pub fn days_ms(&self, parameter: Parameter, at: Timestamp) -> i64 {
        self.number(parameter, at).saturating_mul(24 * 3_600_000)
    }
}

#[cfg(test)]
mod tests;
