//! Typed documents against the schema files, which know nothing of them.

mod contract;
mod hostile;
mod model;
mod places;
mod round_trip;

use std::sync::LazyLock;

use crate::schema::{self, SchemaSet};

static SCHEMA: LazyLock<SchemaSet> = LazyLock::new(|| schema::carried().expect("the schemas compile"));

/// Every typed message.
const ROOTS: &[&str] = &[
    "CEB213Message",
    "CEB215Message",
    "CEB303Message",
    "CEB311Message",
    "CEB403Message",
    "CEB411Message",
    "CEB505Message",
    "CEB507Message",
    "CEB509Message",
    "CEB511Message",
    "CEB513Message",
    "CEB603Message",
    "CEB605Message",
    "CEB607Message",
    "CEB621Message",
    "CEB623Message",
    "CEB625Message",
    "CEB701Message",
    "CEB711Message",
];
