//! Which messages need a signature, and what a message's signature amounts to.

use super::certificate::Certificates;
use super::failure::{Failure, Reason};
use super::verify::{Policy, verify};
use crate::domain::{MessageType, Timestamp};
use std::collections::BTreeMap;

/// Whether a message has to be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Need {
    /// It is refused without a good signature.
    Required,
    /// A signature has to be good if there is one and the party has filed certificates.
    Optional,
    /// Signatures are not looked at.
    Off,
}

/// What messages of one type need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Needs {
    /// If all documents in it are drafts (appStatus 1).
    pub draft: Need,
    /// If any document in it is declared (appStatus 2, or none given).
    pub declared: Need,
}

/// State of a message's signature. Numbers are permanent: they are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum State {
    /// Nobody looked at it: it is not asked for, or the party has filed no certificate.
    Unverified = 1,
    /// Good.
    Verified = 2,
    /// There is none, and none is needed.
    Absent = 3,
    /// Missing or bad: the message is refused.
    Failed = 4,
}

/// How the signatures of messages are treated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// False: all are recorded as unverified.
    pub verify: bool,
    /// What is permitted.
    pub policy: Policy,
    needs: BTreeMap<i32, Needs>,
}

/// Types whose declared messages need a signature: announcement 2018 no. 113 and specification 202205.
const REQUIRED: [i32; 10] = [507, 509, 603, 605, 607, 621, 623, 625, 701, 711];
/// Types whose declared messages may have one.
const OPTIONAL: [i32; 9] = [213, 215, 303, 311, 403, 411, 505, 511, 513];

impl Default for Settings {
    /// The standard's: drafts bind nobody and are not looked at.
    fn default() -> Self {
        let needs = |declared| move |number| (number, Needs { draft: Need::Off, declared });
        let required = REQUIRED.into_iter().map(needs(Need::Required));
        let needs = required.chain(OPTIONAL.into_iter().map(needs(Need::Optional))).collect();
        Settings { verify: true, policy: Policy::default(), needs }
    }
}

impl Settings {
    /// All signatures are recorded and none is verified.
    #[must_use]
    pub fn unverified() -> Settings {
        Settings { verify: false, ..Settings::default() }
    }

    /// Changes what messages of a type need.
    pub fn set(&mut self, number: i32, needs: Needs) {
        self.needs.insert(number, needs);
    }

    /// What messages of a type need; nothing for types that are not declared.
    #[must_use]
    pub fn needs(&self, number: i32) -> Needs {
        self.needs.get(&number).copied().unwrap_or(Needs { draft: Need::Off, declared: Need::Off })
    }

    /// True if the number is that of a type that can be signed.
    #[must_use]
    pub fn is_signed_type(number: i32) -> bool {
        REQUIRED.contains(&number) || OPTIONAL.contains(&number)
    }

    /// Judges the signature of a message that is valid otherwise.
    ///
    /// `certificates` are those filed for the sender, `at` is the time at which they have to be valid.
    ///
    /// # Errors
    /// Why the message is to be refused.
    pub fn judge(
        &self,
        text: &str,
        kind: MessageType,
        is_declared: bool,
        certificates: &Certificates,
        at: Timestamp,
    ) -> Result<State, Failure> {
        let needs = self.needs(kind as i32);
        let need = if is_declared { needs.declared } else { needs.draft };
        match need {
            Need::Off => return Ok(State::Unverified),
            Need::Required | Need::Optional if !self.verify => return Ok(State::Unverified),
            Need::Required | Need::Optional => {}
        }
        match (verify(text, certificates, &self.policy, at), need) {
            (Ok(_), _) => Ok(State::Verified),
            (Err(failure), Need::Optional) if failure.reason == Reason::Missing => Ok(State::Absent),
            // Without a certificate there is nothing to judge it by.
            (Err(_), Need::Optional) if certificates.is_empty() => Ok(State::Unverified),
            (Err(failure), _) => Err(failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_the_standard() {
        let settings = Settings::default();
        assert_eq!(settings.needs(621), Needs { draft: Need::Off, declared: Need::Required });
        assert_eq!(settings.needs(311).declared, Need::Optional);
        assert_eq!(settings.needs(622).declared, Need::Off, "receipts carry no signature");
        assert!(Settings::is_signed_type(511) && !Settings::is_signed_type(900));
    }

    #[test]
    fn what_is_missing_counts_only_where_it_is_needed() {
        let (mut settings, none, at) = (Settings::default(), Certificates::default(), Timestamp(0));
        let judge = |settings: &Settings, kind, declared| settings.judge("<r/>", kind, declared, &none, at);
        let missing = judge(&settings, MessageType::Ceb621, true).unwrap_err();
        assert_eq!((missing.reason, missing.reason.official(MessageType::Ceb621)), (Reason::Missing, -621_026));
        assert_eq!(judge(&settings, MessageType::Ceb621, false), Ok(State::Unverified));
        assert_eq!(judge(&settings, MessageType::Ceb311, true), Ok(State::Absent));
        settings.set(621, Needs { draft: Need::Off, declared: Need::Optional });
        assert_eq!(judge(&settings, MessageType::Ceb621, true), Ok(State::Absent));
        assert_eq!(judge(&Settings::unverified(), MessageType::Ceb621, true), Ok(State::Unverified));
    }
}
