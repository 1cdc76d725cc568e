//! Tests of the whole engine.

mod compile;
mod recover;
mod sample;
mod structure;
mod values;
