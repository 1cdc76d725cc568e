//! Code generated from `proto/`. Nothing here is written by hand.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::float_arithmetic,
    clippy::wildcard_enum_match_arm,
    reason = "generated code"
)]

/// Package `singlewindow.v1`.
pub mod v1 {
    tonic::include_proto!("singlewindow.v1");
}

/// File descriptor set of all services, for reflection and for clients without the files.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
