//! One file per command.

pub mod r#gen;
