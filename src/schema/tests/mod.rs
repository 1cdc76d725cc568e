//! Tests of the whole engine.

mod compile;
mod constraints;
mod keys;
mod limits;
mod models;
mod recover;
mod robust;
mod sample;
mod structure;
mod values;
