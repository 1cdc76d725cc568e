//! Temporary.
use crate::domain::Timestamp;
/// Names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum TableName {
    /// P
    Parameters = 1,
    /// G
    CreditGrades = 7,
}
impl TableName {
    /// num
    #[must_use]
    pub fn of_number(_n: u32) -> Option<TableName> {
        None
    }
    /// All.
    pub const ALL: &[TableName] = &[TableName::Parameters];
    /// n
    #[must_use]
    pub fn name(self) -> &'static str {
        "parameters"
    }
    /// n
    #[must_use]
    pub fn columns(self) -> &'static [&'static str] {
        &["value"]
    }
    /// n
    #[must_use]
    pub fn of_name(_n: &str) -> Option<TableName> {
        None
    }
}
/// Row
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Row {
    /// k
    #[prost(string, tag = "1")]
    pub key: String,
    /// k
    #[prost(string, repeated, tag = "2")]
    pub values: Vec<String>,
    /// k
    #[prost(int64, tag = "3")]
    pub from_ms: i64,
    /// k
    #[prost(int64, tag = "4")]
    pub to_ms: i64,
    /// k
    #[prost(string, tag = "5")]
    pub source: String,
    /// k
    #[prost(string, tag = "6")]
    pub mark: String,
}
/// Change
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct TableChange {
    /// k
    #[prost(uint32, tag = "1")]
    pub table: u32,
    /// k
    #[prost(message, repeated, tag = "2")]
    pub rows: Vec<Row>,
    /// k
    #[prost(string, tag = "3")]
    pub note: String,
}
/// Problem
#[derive(Debug, Clone)]
pub struct Problem {
    /// k
    pub row: usize,
    /// k
    pub column: String,
    /// k
    pub found: String,
    /// k
    pub expected: String,
    /// k
    pub message_zh: String,
    /// k
    pub message_en: String,
}
/// Tables
#[derive(Debug, Clone, Default)]
pub struct Tables {}
impl Tables {
    /// w
    /// # Errors
    /// none
    pub fn with(&self, _c: &TableChange) -> Result<Tables, Vec<Problem>> {
        Ok(Tables {})
    }
    /// m
    #[must_use]
    pub fn missing_of_shipped(&self) -> Vec<TableChange> {
        vec![]
    }
    /// r
    pub fn rows(&self, _n: TableName) -> impl Iterator<Item = &Row> {
        [].iter()
    }
    /// r
    #[must_use]
    pub fn row(&self, _n: TableName, _k: &str, _at: Timestamp) -> Option<&Row> {
        None
    }
}
