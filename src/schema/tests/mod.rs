//! Tests of the whole engine.

mod compile;
mod recover;
mod robust;
mod sample;
mod structure;
mod values;
