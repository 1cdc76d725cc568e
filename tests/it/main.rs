//! Tests through public interfaces, one file per capability.

mod kill;
