//! Enveloped XML signatures of CEB messages. Pure.
mod algorithm;
mod canonical;
mod certificate;
mod failure;
mod pass;
mod policy;
mod profile;
mod verify;

pub use algorithm::{Algorithm, C14N, DigestAlgorithm, ENVELOPED, SM2_USER_ID};
pub use certificate::{Certificate, Certificates, Error as CertificateError, canonical_serial};
pub use failure::{Failure, Reason};
pub use pass::{NAMESPACE, canonicalize};
pub use policy::{Need, Needs, Settings, State};
pub use verify::{Policy, Verified, verify};

#[cfg(test)]
mod tests;
