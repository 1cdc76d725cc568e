//! Words that every module shares: positions, places, rejections, limits. Pure.

mod clock;
mod fault;
pub mod limits;
mod position;
mod time;

pub use clock::{Clock, SetClock, SystemClock};
pub use fault::{Fault, Place};
pub use position::Position;
pub use time::Timestamp;
