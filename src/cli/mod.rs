//! One file per command.

pub mod validate;
