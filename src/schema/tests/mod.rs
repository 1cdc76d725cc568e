//! Tests of the whole engine.

mod compile;
mod constraints;
mod datatypes;
mod documents;
mod encodings;
mod keys;
mod limits;
mod models;
mod recover;
mod robust;
mod sample;
mod structure;
mod values;
mod wellformed;
