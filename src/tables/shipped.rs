//! The tables that come with the program.

use super::{TableChange, TableName, Tables, read_csv};
use std::sync::LazyLock;

/// The shipped file of a table.
#[must_use]
pub fn shipped_csv(table: TableName) -> &'static str {
    match table {
        TableName::Parameters => include_str!("../../tables/parameters.csv"),
        TableName::PositiveList => include_str!("../../tables/positive_list.csv"),
        TableName::Tariff => include_str!("../../tables/tariff.csv"),
        TableName::WeightCaps => include_str!("../../tables/weight_caps.csv"),
        TableName::Sampling => include_str!("../../tables/sampling.csv"),
        TableName::Regimes => include_str!("../../tables/regimes.csv"),
        TableName::CreditGrades => include_str!("../../tables/credit_grades.csv"),
        TableName::ProhibitedGoods => include_str!("../../tables/prohibited_goods.csv"),
        TableName::NoRefund => include_str!("../../tables/no_refund.csv"),
        TableName::Exchange => include_str!("../../tables/exchange.csv"),
        TableName::ReturnSites => include_str!("../../tables/return_sites.csv"),
        TableName::InspectBeforeLoading => include_str!("../../tables/inspect_before_loading.csv"),
    }
}

pub(super) static CHANGES: LazyLock<Vec<TableChange>> = LazyLock::new(|| {
    let read = |table: &TableName| read_csv(*table, shipped_csv(*table)).expect("a test reads the shipped tables");
    TableName::ALL.iter().map(read).collect()
});

pub(super) static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let mut tables = Tables::default();
    for change in CHANGES.iter() {
        tables.add(change).expect("a test reads the shipped tables");
    }
    tables
});
