//! Commands, one file each.

pub mod r#gen;
