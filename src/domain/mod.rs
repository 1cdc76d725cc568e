//! Words that every module shares: positions, places, rejections, limits. Pure.

pub mod check_digit;
pub mod codes;
mod fault;
pub mod limits;
mod position;
mod time;

pub use fault::{Fault, Place};
pub use position::Position;
pub use time::Timestamp;
