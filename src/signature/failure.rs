//! Why a signature is not good: typed, with its place, in Chinese and English.

use crate::domain::{Fault, MessageType, limits};
use crate::schema::Places;

/// Why a signature is not good. Rule ids are permanent; `docs/errors.md` explains them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// There is none.
    Missing,
    /// It is not one `ds:Signature` of the standard's profile under the root.
    Structure,
    /// It does not sign the whole message and nothing else.
    Reference,
    /// An algorithm that the standard does not name.
    Algorithm,
    /// None of the certificates filed for the party is meant.
    Key,
    /// The certificate was not valid at that time.
    Validity,
    /// The message is not the one that was digested.
    Digest,
    /// The value is not that of the key over the signed information.
    Value,
    /// A value is no base64 or of a wrong length.
    Encoding,
    /// An algorithm or key length that is not permitted (any more).
    Weak,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Reason; 10] = [
        Reason::Missing,
        Reason::Structure,
        Reason::Reference,
        Reason::Algorithm,
        Reason::Key,
        Reason::Validity,
        Reason::Digest,
        Reason::Value,
        Reason::Encoding,
        Reason::Weak,
    ];

    /// Permanent id of the rule.
    #[must_use]
    pub fn rule(self) -> &'static str {
        match self {
            Reason::Missing => "R-SCH-09",
            Reason::Structure => "R-SIG-01",
            Reason::Reference => "R-SIG-02",
            Reason::Algorithm => "R-SIG-03",
            Reason::Key => "R-SIG-04",
            Reason::Validity => "R-SIG-05",
            Reason::Digest => "R-SIG-06",
            Reason::Value => "R-SIG-07",
            Reason::Encoding => "R-SIG-08",
            Reason::Weak => "R-SIG-09",
        }
    }

    /// The official negative code for a message of that type; 0 if the official table has none.
    ///
    /// Source: specification 202205, chapter 7 (`schemas/codes/error_codes.csv`).
    #[must_use]
    pub fn official(self, kind: MessageType) -> i32 {
        let (missing, differs, bad) = match kind as i32 {
            621 => (-621_026, -621_028, -621_029),
            623 => (-623_017, -623_029, -623_029),
            625 => (-625_028, -625_005, -625_005),
            _ => (0, 0, 0),
        };
        match self {
            Reason::Missing => missing,
            Reason::Digest => differs,
            Reason::Structure
            | Reason::Reference
            | Reason::Algorithm
            | Reason::Key
            | Reason::Validity
            | Reason::Value
            | Reason::Encoding
            | Reason::Weak => bad,
        }
    }

    /// The code of a transport answer: 1001 signature invalid, 1002 expired, 1004 it does not fit the data.
    #[must_use]
    pub fn transport(self) -> i32 {
        match self {
            Reason::Validity => 1002,
            Reason::Digest => 1004,
            Reason::Missing
            | Reason::Structure
            | Reason::Reference
            | Reason::Algorithm
            | Reason::Key
            | Reason::Value
            | Reason::Encoding
            | Reason::Weak => 1001,
        }
    }
}

/// One reason and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Which.
    pub reason: Reason,
    /// Byte of the text where it is: the tag in question.
    pub at: usize,
    /// Name of the element below the root that it is in, for example `Signature/SignatureValue`; empty for the root.
    pub within: Box<str>,
    /// What is wrong, in Chinese.
    pub zh: String,
    /// What is wrong, in English.
    pub en: String,
    /// What stood there, cut to 64 characters.
    pub found: Option<String>,
    /// What would be right, in short.
    pub expected: Box<str>,
}

impl Failure {
    pub(super) fn new(reason: Reason, at: usize, zh: impl Into<String>, en: impl Into<String>) -> Failure {
        let (within, expected) = (Box::default(), Box::default());
        Failure { reason, at, within, zh: zh.into(), en: en.into(), found: None, expected }
    }

    pub(super) fn within(mut self, within: &str) -> Failure {
        self.within = within.into();
        self
    }

    pub(super) fn found(mut self, found: &str) -> Failure {
        self.found = Some(found.chars().take(limits::FOUND_CHARS_MAX).collect());
        self
    }

    pub(super) fn expected(mut self, expected: impl Into<String>) -> Failure {
        self.expected = expected.into().into_boxed_str();
        self
    }

    /// The same as a fault of a message with that root.
    #[must_use]
    pub fn fault(&self, text: &str, root: &str, kind: MessageType) -> Fault {
        let below = if self.within.is_empty() { String::new() } else { format!("/{}", self.within) };
        Fault {
            place: Places::new(text).at(self.at),
            path: format!("/{root}{below}"),
            field_zh: "数字签名".to_owned(),
            field_en: "signature".to_owned(),
            rule: self.reason.rule(),
            message_zh: self.zh.clone(),
            message_en: self.en.clone(),
            found: self.found.clone(),
            expected: self.expected.to_string(),
            official: self.reason.official(kind),
        }
    }
}
