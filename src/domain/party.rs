//! Parties, their roles, and who may speak for whom.

use super::message::MessageType;

/// What a party may do. Numbers are permanent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum Role {
    /// E-commerce platform.
    Platform = 1,
    /// E-commerce enterprise.
    Seller = 2,
    /// Payment institution.
    Payment = 3,
    /// Logistics enterprise.
    Logistics = 4,
    /// Declarant.
    Declarant = 5,
    /// Customs.
    Customs = 6,
    /// Statistics agency.
    Statistics = 7,
    /// Operator of the exchange.
    Operator = 8,
    /// Operator of a supervised site.
    SiteOperator = 9,
    /// Bank: forex settlement, and financing with a firm's consent.
    Bank = 10,
    /// Agency beside customs: market supervision, quarantine, police.
    Agency = 11,
    /// Tax authority.
    Tax = 12,
    /// Foreign-exchange authority.
    Forex = 13,
    /// Operator of a warehouse, bonded or abroad.
    Warehouse = 14,
}

impl Role {
    /// Every role, by number.
    pub const ALL: [Role; 14] = [
        Role::Platform,
        Role::Seller,
        Role::Payment,
        Role::Logistics,
        Role::Declarant,
        Role::Customs,
        Role::Statistics,
        Role::Operator,
        Role::SiteOperator,
        Role::Bank,
        Role::Agency,
        Role::Tax,
        Role::Forex,
        Role::Warehouse,
    ];
}

/// Number of a party, given at its first filing, never reused. 0 is nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PartyId(pub u32);

/// A filed identity.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Party {
    /// Main code: 18-character credit code or 10-character customs code.
    #[prost(string, tag = "1")]
    pub code: String,
    /// Registered name.
    #[prost(string, tag = "2")]
    pub name: String,
    /// What it may do.
    #[prost(enumeration = "Role", repeated, tag = "3")]
    pub roles: Vec<i32>,
    /// Further codes of the same party.
    #[prost(string, repeated, tag = "4")]
    pub aliases: Vec<String>,
    /// Exchange-platform ids.
    #[prost(string, repeated, tag = "5")]
    pub dxp_ids: Vec<String>,
    /// SHA-256 fingerprints of client certificates, 64 lower-case hex digits each.
    #[prost(string, repeated, tag = "6")]
    pub certificate_sha256: Vec<String>,
    /// For customs: offices that it decides for.
    #[prost(string, repeated, tag = "7")]
    pub customs_codes: Vec<String>,
    /// False if suspended.
    #[prost(bool, tag = "8")]
    pub active: bool,
    /// Schema edition that its messages are checked by; empty for the one in force.
    #[prost(string, tag = "10")]
    pub schema_edition: String,
    /// Certificates whose keys sign its messages, X.509 in DER.
    #[prost(bytes = "vec", repeated, tag = "9")]
    pub signing_certificates: Vec<Vec<u8>>,
}

impl Party {
    /// True if it has the role.
    #[must_use]
    pub fn has_role(&self, role: Role) -> bool {
        self.roles.contains(&(role as i32))
    }

    /// True if the code is one of its own.
    #[must_use]
    pub fn is_called(&self, code: &str) -> bool {
        !code.is_empty() && (self.code == code || self.aliases.iter().any(|alias| alias == code))
    }

    /// True if one of its roles may send that message.
    #[must_use]
    pub fn may_send(&self, kind: MessageType) -> bool {
        kind.senders().iter().any(|role| self.has_role(*role))
    }
}

/// A filed permission to speak for another party.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Mandate {
    /// Code of the party that speaks.
    #[prost(string, tag = "1")]
    pub agent_code: String,
    /// Code of the party that it speaks for.
    #[prost(string, tag = "2")]
    pub mandator_code: String,
    /// Message types; empty means all.
    #[prost(enumeration = "MessageType", repeated, tag = "3")]
    pub message_types: Vec<i32>,
    /// From when, milliseconds since 1970.
    #[prost(int64, tag = "4")]
    pub from_ms: i64,
    /// Until when (exclusive), milliseconds since 1970; 0 means without end.
    #[prost(int64, tag = "5")]
    pub to_ms: i64,
}

impl Mandate {
    /// True if it speaks of that message type, at whatever time.
    #[must_use]
    pub fn covers_type(&self, kind: MessageType) -> bool {
        self.message_types.is_empty() || self.message_types.contains(&(kind as i32))
    }

    /// True if it covers that message type at that time.
    #[must_use]
    pub fn covers(&self, kind: MessageType, at_ms: i64) -> bool {
        self.from_ms <= at_ms && (self.to_ms == 0 || at_ms < self.to_ms) && self.covers_type(kind)
    }
}

/// Who applies for a filing: a certificate of the trusted authority, which may be filed already or not.
#[derive(Debug, Clone)]
pub struct Applicant {
    /// The party that filed the certificate, if one did.
    pub caller: Option<Caller>,
    /// SHA-256 of the certificate, 64 lower-case hex digits.
    pub certificate_sha256: String,
    /// Values of the attributes of its subject.
    pub certificate_names: Vec<String>,
}

/// Who calls, proved by its client certificate.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Number of the party.
    pub id: PartyId,
    /// Its filing when the call began.
    pub party: std::sync::Arc<Party>,
}
