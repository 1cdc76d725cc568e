//! Enveloped XML signatures of CEB messages: canonical form, digest, verification, signing, explanation. Pure.
//!
//! 1. One pass over the decoded text ([`crate::schema::reader`], on the scanner that validates) writes the canonical
//!    message without its signature and the canonical SignedInfo, and takes the signature's elements.
//! 2. They have to be of the one form that the standard knows; everything else is a typed [`Failure`].
//! 3. [`verify`] checks digest and value by the keys of the [`Certificates`] that are filed for the sender. KeyInfo
//!    only chooses among them. There is no clock here: the time comes as a parameter.
//! 4. [`Settings`] say which messages need a signature; [`Signer`] makes one; [`explain`] finds out what a sender did.
//!
//! Source: specification 202205 (signature, cryptography guide), Canonical XML 1.0, XML-Signature 1.0, GM/T 0009-2012.

mod algorithm;
mod canonical;
mod certificate;
mod explain;
mod failure;
mod key;
mod pass;
mod policy;
mod profile;
mod sign;
mod verify;

pub use algorithm::{Algorithm, C14N, DigestAlgorithm, ENVELOPED, SM2_USER_ID};
pub use certificate::{Certificate, Certificates, Error as CertificateError, ders_of};
pub use explain::{Cause, Explanation, explain};
pub use failure::{Failure, Reason};
pub use key::{Error as KeyError, PrivateKey};
pub use pass::{NAMESPACE, canonicalize};
pub use policy::{Need, Needs, Settings, State};
pub use sign::{Error as SignError, Signer};
pub use verify::{Policy, Verified, verify};

#[cfg(test)]
mod tests;
