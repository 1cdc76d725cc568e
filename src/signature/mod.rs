//! Enveloped XML signatures of CEB messages. Pure.
mod canonical;
mod failure;
mod pass;

pub use failure::{Failure, Reason};
pub use pass::{NAMESPACE, canonicalize};

#[cfg(test)]
mod tests;
