//! Integration tests, one file per capability, through public interfaces.

mod config;
mod doors;
mod harness;
mod mtls;
