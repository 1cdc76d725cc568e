//! Tests of the whole engine.

mod compile;
mod datatypes;
mod encodings;
mod recover;
mod robust;
mod sample;
mod structure;
mod values;
mod wellformed;
