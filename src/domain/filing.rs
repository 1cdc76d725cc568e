//! Filings of enterprises: what is applied for, what is on record, and how a filing stands at a time.

use super::party::{Party, Role};
use super::rejection::Rejection;

/// Kind of a licence. Numbers are permanent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum LicenceKind {
    /// Registration with customs (海关注册登记).
    CustomsRegistration = 1,
    /// Express delivery licence (快递业务经营许可证).
    Express = 2,
    /// Postal operator.
    Postal = 3,
    /// Payment licence that includes internet payment (支付业务许可证).
    Payment = 4,
    /// Financial licence of a bank (金融许可证).
    Financial = 5,
    /// Licence for value-added telecom services (增值电信业务经营许可证).
    Telecom = 6,
    /// Registration of a supervised site (监管作业场所).
    SupervisedSite = 7,
    /// Registration of a bonded warehouse (保税仓库).
    BondedWarehouse = 8,
    /// Entry in the forex directory (贸易外汇收支企业名录).
    ForexDirectory = 9,
}

impl LicenceKind {
    /// Every kind, by number.
    pub const ALL: [LicenceKind; 9] = [
        LicenceKind::CustomsRegistration,
        LicenceKind::Express,
        LicenceKind::Postal,
        LicenceKind::Payment,
        LicenceKind::Financial,
        LicenceKind::Telecom,
        LicenceKind::SupervisedSite,
        LicenceKind::BondedWarehouse,
        LicenceKind::ForexDirectory,
    ];

    /// What it is called, in Chinese and English.
    #[must_use]
    pub fn title(self) -> (&'static str, &'static str) {
        match self {
            LicenceKind::CustomsRegistration => ("海关注册登记", "registration with customs"),
            LicenceKind::Express => ("快递业务经营许可证", "express licence"),
            LicenceKind::Postal => ("邮政企业", "postal operator"),
            LicenceKind::Payment => ("支付业务许可证（互联网支付）", "payment licence (internet payment)"),
            LicenceKind::Financial => ("金融许可证", "financial licence"),
            LicenceKind::Telecom => ("增值电信业务经营许可证", "telecom licence"),
            LicenceKind::SupervisedSite => ("监管作业场所注册", "registration of a supervised site"),
            LicenceKind::BondedWarehouse => ("保税仓库注册", "registration of a bonded warehouse"),
            LicenceKind::ForexDirectory => ("外汇业务名录登记", "entry in the forex directory"),
        }
    }
}

/// A licence or registration.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Licence {
    /// Its kind.
    #[prost(enumeration = "LicenceKind", tag = "1")]
    pub kind: i32,
    /// Its number.
    #[prost(string, tag = "2")]
    pub number: String,
    /// Valid from, milliseconds since 1970.
    #[prost(int64, tag = "3")]
    pub from_ms: i64,
    /// Valid until (exclusive), milliseconds since 1970; 0 means without end.
    #[prost(int64, tag = "4")]
    pub to_ms: i64,
    /// Who issued it.
    #[prost(string, tag = "5")]
    pub issuer: String,
}

impl Licence {
    /// True if it is valid at a time.
    #[must_use]
    pub fn covers(&self, at_ms: i64) -> bool {
        self.from_ms <= at_ms && (self.to_ms == 0 || at_ms < self.to_ms)
    }
}

/// What a firm applies for: its filing as it would be.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Application {
    /// Code, name, roles and certificates.
    #[prost(message, required, tag = "1")]
    pub party: Party,
    /// 10-character customs code; becomes a further code of the party.
    #[prost(string, tag = "2")]
    pub customs_code: String,
    /// Its licences.
    #[prost(message, repeated, tag = "3")]
    pub licences: Vec<Licence>,
    /// Country of registration, a code of customs; empty or 142 means China.
    #[prost(string, tag = "4")]
    pub country: String,
    /// For a firm abroad: code of its domestic agent.
    #[prost(string, tag = "5")]
    pub agent_code: String,
    /// Number at the electronic port.
    #[prost(string, tag = "6")]
    pub eport_no: String,
    /// Number at the quarantine authority.
    #[prost(string, tag = "7")]
    pub ciq_no: String,
    /// Certificate that it came with, SHA-256 in hex.
    #[prost(string, tag = "8")]
    pub certificate_sha256: String,
    /// Values of the attributes of that certificate's subject.
    #[prost(string, repeated, tag = "9")]
    pub certificate_names: Vec<String>,
    /// True if the sender is the party itself, filed already.
    #[prost(bool, tag = "10")]
    pub is_own: bool,
}

impl Application {
    /// True for a firm registered abroad.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        !matches!(self.country.as_str(), "" | "142")
    }
}

/// How an application stands. Numbers are permanent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum ApplicationStatus {
    /// It waits for review.
    Waiting = 1,
    /// It is approved.
    Approved = 2,
    /// It is refused.
    Refused = 3,
    /// A later application of the same firm took its place.
    Superseded = 4,
}

impl ApplicationStatus {
    /// What it is called, in Chinese and English.
    #[must_use]
    pub fn title(self) -> (&'static str, &'static str) {
        match self {
            ApplicationStatus::Waiting => ("待审核", "waits for review"),
            ApplicationStatus::Approved => ("已通过", "approved"),
            ApplicationStatus::Refused => ("已退回", "refused"),
            ApplicationStatus::Superseded => ("已被新申请取代", "superseded"),
        }
    }
}

/// An application as the state keeps it.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct FilingApplication {
    /// Position of its entry.
    #[prost(uint64, tag = "1")]
    pub position: u64,
    /// What is applied for.
    #[prost(message, required, tag = "2")]
    pub application: Application,
    /// How it stands.
    #[prost(enumeration = "ApplicationStatus", tag = "3")]
    pub status: i32,
    /// Why it was not approved by itself.
    #[prost(message, repeated, tag = "4")]
    pub reasons: Vec<Rejection>,
    /// When it came, milliseconds since 1970.
    #[prost(int64, tag = "5")]
    pub received_ms: i64,
    /// When it was decided, milliseconds since 1970; 0 if it was not.
    #[prost(int64, tag = "6")]
    pub decided_ms: i64,
    /// Number of the party that decided; 0 for the exchange itself.
    #[prost(uint32, tag = "7")]
    pub decided_by: u32,
    /// Why it was decided so.
    #[prost(string, tag = "8")]
    pub reason: String,
    /// Number of the party that applied; 0 if it was not filed.
    #[prost(uint32, tag = "9")]
    pub applicant: u32,
    /// True if it was approved although the check character of its credit code is wrong (R-ENT-02).
    #[prost(bool, tag = "10")]
    pub uscc_overridden: bool,
}

/// An operator's review of an application.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Review {
    /// Position of the application's entry.
    #[prost(uint64, tag = "1")]
    pub application: u64,
    /// True to approve.
    #[prost(bool, tag = "2")]
    pub approve: bool,
    /// Why.
    #[prost(string, tag = "3")]
    pub reason: String,
    /// In force from, milliseconds since 1970; 0 means the time of the review.
    #[prost(int64, tag = "4")]
    pub from_ms: i64,
    /// True to approve in spite of a wrong check character of the credit code (R-ENT-02).
    #[prost(bool, tag = "5")]
    pub override_uscc: bool,
}

/// Standing of a filing. Numbers are permanent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum Standing {
    /// In force.
    Active = 1,
    /// Suspended for a time.
    Suspended = 2,
    /// Revoked.
    Revoked = 3,
}

impl Standing {
    /// What it is called, in Chinese and English.
    #[must_use]
    pub fn title(self) -> (&'static str, &'static str) {
        match self {
            Standing::Active => ("有效", "active"),
            Standing::Suspended => ("已暂停", "suspended"),
            Standing::Revoked => ("已注销", "revoked"),
        }
    }
}

/// A change of a filing's standing.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct StandingChange {
    /// Any code of the party.
    #[prost(string, tag = "1")]
    pub code: String,
    /// What it becomes.
    #[prost(enumeration = "Standing", tag = "2")]
    pub standing: i32,
    /// From when, milliseconds since 1970; 0 means now.
    #[prost(int64, tag = "3")]
    pub from_ms: i64,
    /// Until when (exclusive), milliseconds since 1970; 0 means without end.
    #[prost(int64, tag = "4")]
    pub to_ms: i64,
    /// Why.
    #[prost(string, tag = "5")]
    pub reason: String,
}

/// One statement in the history of a filing: recorded at a time, about a span of time.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Statement {
    /// Position of its entry.
    #[prost(uint64, tag = "1")]
    pub position: u64,
    /// When it became known, milliseconds since 1970.
    #[prost(int64, tag = "2")]
    pub known_ms: i64,
    /// Begin of what it speaks of, milliseconds since 1970.
    #[prost(int64, tag = "3")]
    pub from_ms: i64,
    /// End (exclusive), milliseconds since 1970; 0 means without end.
    #[prost(int64, tag = "4")]
    pub to_ms: i64,
    /// Standing in that span; 0 if it does not speak of the standing, only of what is filed.
    #[prost(enumeration = "Standing", tag = "5")]
    pub standing: i32,
    /// Why.
    #[prost(string, tag = "6")]
    pub reason: String,
    /// Number of the party that stated it; 0 for the exchange itself.
    #[prost(uint32, tag = "7")]
    pub by: u32,
    /// What is filed from then on, if it changed.
    #[prost(message, optional, tag = "8")]
    pub filing: Option<Application>,
}

/// True if a span that ends exclusively, or never if its end is 0, holds a time.
#[must_use]
pub(crate) fn spans(from_ms: i64, to_ms: i64, at_ms: i64) -> bool {
    from_ms <= at_ms && (to_ms == 0 || at_ms < to_ms)
}

/// A filing with all that was ever stated of it, in the order in which it became known.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Filed {
    /// Main code of the party.
    #[prost(string, tag = "1")]
    pub code: String,
    /// The statements.
    #[prost(message, repeated, tag = "2")]
    pub statements: Vec<Statement>,
}

impl Filed {
    /// The statement of the standing at a time, as far as it was known at another: the last one about it.
    #[must_use]
    pub fn at(&self, valid_ms: i64, known_ms: i64) -> Option<&Statement> {
        let known = self.statements.iter().filter(|statement| statement.known_ms <= known_ms);
        let holds =
            |statement: &&Statement| statement.standing != 0 && spans(statement.from_ms, statement.to_ms, valid_ms);
        known.rev().find(holds)
    }

    /// What is filed at a time, as far as it was known at another.
    #[must_use]
    pub fn filing_at(&self, valid_ms: i64, known_ms: i64) -> Option<&Application> {
        let known = self.statements.iter().filter(|statement| statement.known_ms <= known_ms);
        let holds = |statement: &&Statement| spans(statement.from_ms, statement.to_ms, valid_ms);
        known.rev().filter(holds).find_map(|statement| statement.filing.as_ref())
    }

    /// The standing at a time, as far as it was known at another; `None` before the filing began.
    #[must_use]
    pub fn standing_at(&self, valid_ms: i64, known_ms: i64) -> Option<Standing> {
        self.at(valid_ms, known_ms).and_then(|statement| Standing::try_from(statement.standing).ok())
    }
}

/// Licences of which a firm in a role needs one of each group.
///
/// Source: domain.md §6.1 (announcement 2018-194): platform, logistics and payment firms and declarants register with
/// customs; logistics firms hold the express licence or are postal; paying banks hold a financial licence, others a
/// payment licence with internet payment `[G]`. A seller needs none: a firm of export registers its information only.
#[must_use]
pub fn duties(role: Role) -> &'static [&'static [LicenceKind]] {
    use LicenceKind::{BondedWarehouse, CustomsRegistration, Express, Financial, Payment, Postal, SupervisedSite};
    match role {
        Role::Platform | Role::Declarant => &[&[CustomsRegistration]],
        Role::Payment => &[&[CustomsRegistration], &[Payment, Financial]],
        Role::Logistics => &[&[CustomsRegistration], &[Express, Postal]],
        Role::SiteOperator => &[&[CustomsRegistration, SupervisedSite]],
        Role::Warehouse => &[&[CustomsRegistration, BondedWarehouse]],
        Role::Bank => &[&[Financial]],
        Role::Seller | Role::Customs | Role::Statistics | Role::Operator | Role::Agency | Role::Tax | Role::Forex => {
            &[]
        }
    }
}

/// The first group of licences of a role of which none is valid at a time, with the one of it that is filed but not
/// valid then.
#[must_use]
pub fn missing_licence(
    application: &Application,
    role: Role,
    at_ms: i64,
) -> Option<(&'static [LicenceKind], Option<&Licence>)> {
    duties(role).iter().find_map(|group| {
        let of_group = |licence: &&Licence| group.iter().any(|kind| *kind as i32 == licence.kind);
        let mut held = application.licences.iter().filter(of_group);
        match held.clone().any(|licence| licence.covers(at_ms)) {
            true => None,
            false => Some((*group, held.next())),
        }
    })
}

/// What a verifier said of a name and an identity number. Numbers are permanent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum IdentityResult {
    /// Nobody has said anything: the buyer must be the payer.
    Unverified = 0,
    /// Name and number belong together.
    Verified = 1,
    /// They do not.
    Mismatch = 2,
    /// The number is not known.
    NotFound = 3,
}

impl IdentityResult {
    /// What it is called, in Chinese and English.
    #[must_use]
    pub fn title(self) -> (&'static str, &'static str) {
        match self {
            IdentityResult::Unverified => ("未核验", "unverified"),
            IdentityResult::Verified => ("一致", "verified"),
            IdentityResult::Mismatch => ("不一致", "name and number differ"),
            IdentityResult::NotFound => ("查无此号", "number not known"),
        }
    }
}

/// The result of a verification, with keyed hashes in place of the person.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct IdentityCheck {
    /// Keyed hash of the identity number, 16 bytes.
    #[prost(bytes = "vec", tag = "1")]
    pub person_id: Vec<u8>,
    /// Keyed hash of the name.
    #[prost(fixed64, tag = "2")]
    pub person_name: u64,
    /// What the verifier said.
    #[prost(enumeration = "IdentityResult", tag = "3")]
    pub result: i32,
    /// When it was checked, milliseconds since 1970; 0 means the time of the entry.
    #[prost(int64, tag = "4")]
    pub checked_ms: i64,
    /// Name of the verifier.
    #[prost(string, tag = "5")]
    pub verifier: String,
    /// The verifier's own number for the check.
    #[prost(string, tag = "6")]
    pub reference: String,
    /// Order for which it was asked: its lists are matched again.
    #[prost(string, tag = "7")]
    pub order_no: String,
    /// Platform of that order.
    #[prost(string, tag = "8")]
    pub ebp_code: String,
    /// Until when it holds (exclusive), milliseconds since 1970; set when it is applied.
    #[prost(int64, tag = "9")]
    pub expires_ms: i64,
}

/// Figures of a firm by which a grade of lost trust is judged (R-CRED-03).
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct CreditFigures {
    /// True if it was punished for smuggling.
    #[prost(bool, tag = "1")]
    pub smuggling: bool,
    /// Penalties in a year.
    #[prost(uint64, tag = "2")]
    pub penalties: u64,
    /// Documents of the year before.
    #[prost(uint64, tag = "3")]
    pub documents: u64,
    /// Fines in a year, in yuan, a decimal.
    #[prost(string, tag = "4")]
    pub fines: String,
    /// Days for which tax has been unpaid.
    #[prost(uint32, tag = "5")]
    pub unpaid_days: u32,
    /// True if the firm declares for others.
    #[prost(bool, tag = "6")]
    pub is_declarant: bool,
}

/// A credit grade that is filed for a firm.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct CreditGrade {
    /// Any code of the firm.
    #[prost(string, tag = "1")]
    pub code: String,
    /// Key of the grade in the table of grades.
    #[prost(string, tag = "2")]
    pub grade: String,
    /// From when, milliseconds since 1970; 0 means now.
    #[prost(int64, tag = "3")]
    pub from_ms: i64,
    /// Until when (exclusive), milliseconds since 1970; 0 means without end.
    #[prost(int64, tag = "4")]
    pub to_ms: i64,
    /// Why.
    #[prost(string, tag = "5")]
    pub reason: String,
    /// Figures that it is based on.
    #[prost(message, optional, tag = "6")]
    pub figures: Option<CreditFigures>,
    /// Position of its entry; set when it is applied.
    #[prost(uint64, tag = "7")]
    pub position: u64,
    /// When it became known, milliseconds since 1970; set when it is applied.
    #[prost(int64, tag = "8")]
    pub known_ms: i64,
    /// Number of the party that filed it; set when it is applied.
    #[prost(uint32, tag = "9")]
    pub by: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(known_ms: i64, from_ms: i64, to_ms: i64, standing: Standing) -> Statement {
        Statement { known_ms, from_ms, to_ms, standing: standing as i32, ..Statement::default() }
    }

    #[test]
    fn the_last_statement_about_a_time_holds_as_far_as_it_was_known() {
        let filed = Filed {
            code: "1".to_owned(),
            statements: vec![
                statement(10, 10, 0, Standing::Active),
                statement(20, 50, 0, Standing::Suspended),
                statement(30, 70, 0, Standing::Active),
                statement(90, 40, 60, Standing::Revoked),
            ],
        };
        assert_eq!(filed.standing_at(5, 100), None, "before it began");
        assert_eq!(filed.standing_at(49, 30), Some(Standing::Active));
        assert_eq!(filed.standing_at(50, 30), Some(Standing::Suspended), "future-dated");
        assert_eq!(filed.standing_at(50, 15), Some(Standing::Active), "what was known then");
        assert_eq!(filed.standing_at(70, 30), Some(Standing::Active));
        assert_eq!(filed.standing_at(50, 90), Some(Standing::Revoked), "a correction of the past");
        assert_eq!(filed.standing_at(65, 90), Some(Standing::Suspended));
    }

    #[test]
    fn a_group_of_licences_needs_one_that_is_valid() {
        let licence = |kind: LicenceKind, to_ms| Licence { kind: kind as i32, to_ms, ..Licence::default() };
        let mut application = Application {
            licences: vec![licence(LicenceKind::CustomsRegistration, 0), licence(LicenceKind::Express, 100)],
            ..Application::default()
        };
        assert_eq!(missing_licence(&application, Role::Logistics, 99), None);
        let (group, held) = missing_licence(&application, Role::Logistics, 100).expect("it has expired");
        assert!(group.contains(&LicenceKind::Postal) && held.is_some_and(|licence| licence.to_ms == 100));
        application.licences.push(licence(LicenceKind::Postal, 0));
        assert_eq!(missing_licence(&application, Role::Logistics, 100), None);
        assert_eq!(missing_licence(&application, Role::Seller, 0), None, "a seller needs none");
    }
}
