//! Enveloped XML signatures of CEB messages. Pure.
mod algorithm;
mod canonical;
mod certificate;
mod failure;
mod key;
mod pass;
mod policy;
mod profile;
mod sign;
mod verify;

pub use algorithm::{Algorithm, C14N, DigestAlgorithm, ENVELOPED, SM2_USER_ID};
pub use certificate::{Certificate, Certificates, Error as CertificateError};
pub use failure::{Failure, Reason};
pub use key::{Error as KeyError, PrivateKey};
pub use pass::{NAMESPACE, canonicalize};
pub use policy::{Need, Needs, Settings, State};
pub use sign::{Error as SignError, Signer};
pub use verify::{Policy, Verified, verify};

#[cfg(test)]
mod tests;
