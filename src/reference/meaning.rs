//! What the fields mean: `schemas/meanings.csv`.

use super::Error;
use crate::domain::MessageType;

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meaning {
    /// Its place in the table.
    pub(super) place: usize,
    /// Name of the field, perhaps after that of its parent and a slash.
    pub(super) field: String,
    /// Numbers of the messages; none for all others.
    messages: Vec<i32>,
    /// The meaning, as Markdown.
    pub(super) text: String,
}

/// The table.
pub(super) struct Meanings(Vec<Meaning>);

const FILE: &str = "meanings.csv";

impl Meanings {
    pub(super) fn carried() -> Result<Meanings, Error> {
        let bytes: &[u8] = include_bytes!("../../schemas/meanings.csv");
        let mut rows = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(bytes);
        let mut all = Vec::new();
        for (place, row) in rows.deserialize::<(String, String, String)>().enumerate() {
            let (field, messages, text) =
                row.map_err(|error| Error { file: FILE.to_owned(), what: error.to_string() })?;
            let messages = messages.split_whitespace().map(str::parse).collect::<Result<_, _>>();
            let messages =
                messages.map_err(|_| Error { file: FILE.to_owned(), what: format!("messages of {field}") })?;
            all.push(Meaning { place, field, messages, text });
        }
        Ok(Meanings(all))
    }

    /// The meaning of the field at a path: a row for that message before one for all, one with the parent before one
    /// without.
    pub(super) fn find(&self, path: &str, kind: MessageType) -> Option<&Meaning> {
        let names = |row: &&Meaning| {
            path.strip_suffix(row.field.as_str()).is_some_and(|before| before.is_empty() || before.ends_with('/'))
        };
        let applies = |row: &&Meaning| row.messages.is_empty() || row.messages.contains(&(kind as i32));
        let rows = self.0.iter().filter(names).filter(applies);
        rows.max_by_key(|row| (row.field.contains('/'), !row.messages.is_empty()))
    }

    #[cfg(test)]
    pub(super) fn all(&self) -> impl Iterator<Item = &Meaning> {
        self.0.iter()
    }
}
