//! One thing that is wrong with received bytes, and where.

/// A place in the sender's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Place {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Byte offset in the text.
    pub offset: u32,
}

/// One fault of a message: found by the schema validator or by a rule on one document.
///
/// `found` may be a personal value; it is dropped before anything is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where it is.
    pub place: Place,
    /// Path from the root, as `/CEB621Message/Inventory[2]/InventoryHead/orderNo`; indexes from 1,
    /// only on elements that repeat. Attributes as `/CEB621Message/@guid`.
    pub path: String,
    /// Chinese name of the field, as the schema's annotation has it; empty if it has none.
    pub field_zh: String,
    /// English name of the field; empty if the schema has none.
    pub field_en: String,
    /// Permanent id of the rule: `XML-…` well-formedness, `XSD-…` schema, `R-…` domain rules.
    pub rule: &'static str,
    /// What is wrong, in Chinese.
    pub message_zh: String,
    /// What is wrong, in English.
    pub message_en: String,
    /// What stood there, cut to 64 characters; `None` if it is missing.
    pub found: Option<String>,
    /// What would be right, in short, language-neutral where possible (`..60`, `[0-9]{4}`, `orderNo`).
    pub expected: String,
    /// The official negative CEB code, 0 if the table has none.
    pub official: i32,
}
