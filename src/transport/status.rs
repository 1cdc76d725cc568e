//! How a failure is told: the only place that makes a `tonic::Status` from one. Details of our own
//! failures stay in the log.

use super::access::{Operation, role_name};
use super::convert::Invalid;
use super::tls::Lapse;
use crate::domain::limits;
use crate::{feed, intake, telemetry};
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// Domain of all reasons in `google.rpc.ErrorInfo`.
pub const DOMAIN: &str = "swx";

/// Wait that is advised when the exchange is busy.
const BUSY_WAIT: Duration = Duration::from_millis(200);
/// Wait that is advised when somebody has to act first: a full disk, a restart.
const OUTAGE_WAIT: Duration = Duration::from_secs(30);

macro_rules! reasons {
    ($($variant:ident = $name:literal, $code:ident, $en:literal, $zh:literal;)*) => {
        /// Why a request failed. The names are part of the contract and keep their meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the texts in the table below document each")]
        pub enum Reason { $($variant,)* }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Reason] = &[$(Reason::$variant,)*];

            /// Name in upper snake case.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Reason::$variant => $name,)* }
            }

            /// Code of the status.
            #[must_use]
            pub fn code(self) -> Code {
                match self { $(Reason::$variant => Code::$code,)* }
            }

            fn texts(self) -> (&'static str, &'static str) {
                match self { $(Reason::$variant => ($en, $zh),)* }
            }
        }
    };
}

reasons! {
    CertificateMissing = "CERTIFICATE_MISSING", Unauthenticated,
        "no client certificate", "未提供客户端证书";
    CertificateNotFiled = "CERTIFICATE_NOT_FILED", Unauthenticated,
        "no active party has filed this client certificate", "该客户端证书未由任何有效企业备案";
    CertificateExpired = "CERTIFICATE_EXPIRED", Unauthenticated,
        "the client certificate has expired", "客户端证书已过期";
    CertificateRevoked = "CERTIFICATE_REVOKED", Unauthenticated,
        "the client certificate was revoked or its issuer is not trusted any more", "客户端证书已被吊销或其签发机构不再受信任";
    RoleDenied = "ROLE_DENIED", PermissionDenied,
        "no role of the party may do this", "企业的角色无权执行此操作";
    ConsentMissing = "CONSENT_MISSING", PermissionDenied,
        "the firm has given no consent that is in force", "企业未授权，或授权已失效";
    RateLimited = "RATE_LIMITED", ResourceExhausted,
        "the party sends faster than it may", "企业发送速率超过限额";
    OverBudget = "OVER_BUDGET", ResourceExhausted,
        "the message is larger than the party may send in a second", "报文大小超过企业每秒限额";
    TooManyStreams = "TOO_MANY_STREAMS", ResourceExhausted,
        "the party has too many streams open", "企业打开的数据流过多";
    Busy = "QUEUE_FULL", ResourceExhausted,
        "the exchange is busy, send again", "系统繁忙，请稍后重发";
    MessageTooLarge = "MESSAGE_TOO_LARGE", OutOfRange,
        "the message is over the size limit", "报文超过大小限制";
    InvalidArgument = "INVALID_FIELD", InvalidArgument,
        "a field of the request is not valid", "请求字段无效";
    InvalidToken = "INVALID_TOKEN", InvalidArgument,
        "the token was not made by this exchange", "令牌不是由本系统签发";
    Malformed = "MALFORMED_REQUEST", InvalidArgument,
        "the request cannot be decoded", "请求无法解码";
    NotFound = "NOT_FOUND", NotFound,
        "not found", "未找到";
    Exists = "ALREADY_EXISTS", AlreadyExists,
        "exists already", "已存在";
    NotReached = "STATE_NOT_REACHED", Unavailable,
        "the state has not reached the token in time", "系统状态尚未到达该令牌位置";
    NotDelivered = "CURSOR_NOT_DELIVERED", FailedPrecondition,
        "the cursor is ahead of what was delivered", "游标超前于已投递的事件";
    Superseded = "SUBSCRIPTION_SUPERSEDED", Aborted,
        "the subscription was taken over, moved or deleted", "订阅已被接管、移动或删除";
    StartMissing = "START_MISSING", FailedPrecondition,
        "the first request must be `start`, and only the first", "首个请求必须是 start，且只能是首个";
    DiskFull = "DISK_FULL", Unavailable,
        "the disk of the ledger is full, nothing was recorded", "账本磁盘已满，未记录任何内容";
    ReadOnly = "LEDGER_READ_ONLY", Unavailable,
        "the ledger is read-only until a restart, send the same bytes again after it", "账本在重启前只读，请在重启后重发相同内容";
    Stopping = "STOPPING", Unavailable,
        "the exchange is stopping, send again", "系统正在停止，请稍后重发";
    Deadline = "DEADLINE_EXCEEDED", DeadlineExceeded,
        "the answer took longer than the deadline; whether it was recorded is not known, send the same bytes again", "处理超时，是否已记录未知，请重发相同内容";
    UnknownMethod = "UNKNOWN_METHOD", Unimplemented,
        "no such method", "没有此方法";
    Internal = "INTERNAL", Internal,
        "internal failure", "系统内部错误";
}

/// A failure as every door tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Why.
    pub reason: Reason,
    /// Text for people, English.
    pub message: String,
    /// Text for people, Chinese.
    pub message_zh: String,
    /// When to try again, if that can help.
    pub retry_after: Option<Duration>,
    /// Fields of the request that are wrong: name and why.
    pub violations: Vec<(String, String)>,
    /// Facts for programs.
    pub facts: Vec<(&'static str, String)>,
}

impl Failure {
    /// A failure with the texts of its reason.
    #[must_use]
    pub fn new(reason: Reason) -> Failure {
        let (message, message_zh) = reason.texts();
        Failure {
            reason,
            message: message.to_owned(),
            message_zh: message_zh.to_owned(),
            retry_after: None,
            violations: Vec::new(),
            facts: Vec::new(),
        }
    }

    /// The operation is for other roles.
    #[must_use]
    pub fn denied(operation: Operation) -> Failure {
        let names: Vec<&str> = operation.roles().iter().map(|role| role_name(*role)).collect();
        let (zh, en) = operation.name();
        let roles = names.join(", ");
        Failure {
            message: format!("{en} needs one of the roles {roles}"),
            message_zh: format!("{zh}需要以下角色之一：{roles}"),
            ..Failure::new(Reason::RoleDenied)
        }
        .with("roles", &roles)
    }

    /// Adds a fact.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Failure {
        self.facts.push((name, value.to_string()));
        self
    }

    /// Adds when to try again.
    #[must_use]
    pub fn retry(mut self, after: Duration) -> Failure {
        self.retry_after = Some(after);
        self
    }

    /// Whole milliseconds to wait before trying again, rounded up; 0 if that cannot help.
    #[must_use]
    pub fn retry_after_ms(&self) -> u32 {
        let whole = |wait: Duration| wait.as_nanos().div_ceil(1_000_000);
        self.retry_after.map_or(0, |wait| u32::try_from(whole(wait)).unwrap_or(u32::MAX))
    }

    fn about(mut self, what: &str) -> Failure {
        self.message = format!("{what}: {}", self.message);
        self.message_zh = format!("{what}：{}", self.message_zh);
        self
    }

    fn field(mut self, field: &str, why: &str) -> Failure {
        self.violations.push((field.to_owned(), why.to_owned()));
        self
    }

    /// The status of HTTP that says the same.
    #[must_use]
    pub fn http_status(&self) -> http::StatusCode {
        match self.reason.code() {
            Code::Ok => http::StatusCode::OK,
            Code::InvalidArgument => http::StatusCode::BAD_REQUEST,
            Code::OutOfRange => http::StatusCode::PAYLOAD_TOO_LARGE,
            Code::Unauthenticated => http::StatusCode::UNAUTHORIZED,
            Code::PermissionDenied => http::StatusCode::FORBIDDEN,
            Code::NotFound => http::StatusCode::NOT_FOUND,
            Code::AlreadyExists | Code::Aborted => http::StatusCode::CONFLICT,
            Code::FailedPrecondition => http::StatusCode::PRECONDITION_FAILED,
            Code::ResourceExhausted => http::StatusCode::TOO_MANY_REQUESTS,
            Code::Unavailable => http::StatusCode::SERVICE_UNAVAILABLE,
            Code::DeadlineExceeded => http::StatusCode::GATEWAY_TIMEOUT,
            Code::Unimplemented => http::StatusCode::NOT_IMPLEMENTED,
            Code::Internal | Code::Unknown | Code::DataLoss | Code::Cancelled => {
                http::StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }
}

impl From<Failure> for Status {
    fn from(failure: Failure) -> Status {
        let code = failure.reason.code();
        telemetry::failed(code_name(code));
        let mut details = ErrorDetails::new();
        let facts: std::collections::HashMap<String, String> =
            failure.facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        details.set_error_info(failure.reason.name(), DOMAIN, facts);
        details.set_localized_message("zh-CN", failure.message_zh);
        if failure.retry_after.is_some() {
            details.set_retry_info(failure.retry_after);
        }
        for (field, why) in failure.violations {
            details.add_bad_request_violation(field, why);
        }
        Status::with_error_details(code, failure.message, details)
    }
}

/// A failure that tonic found itself, with the details that ours have.
#[must_use]
pub fn complete(status: Status) -> Status {
    if !status.details().is_empty() {
        return status;
    }
    let reason = match status.code() {
        Code::OutOfRange | Code::ResourceExhausted => {
            return Failure::new(Reason::MessageTooLarge).with("bytes_max", limits::MESSAGE_BYTES_MAX).into();
        }
        Code::Unimplemented => Reason::UnknownMethod,
        // tonic calls a body that it cannot decode internal; the caller can do something about it.
        Code::Internal | Code::InvalidArgument => Reason::Malformed,
        Code::Ok
        | Code::Cancelled
        | Code::Unknown
        | Code::DeadlineExceeded
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::Unavailable
        | Code::DataLoss
        | Code::Unauthenticated => return status,
    };
    Failure { message: status.message().to_owned(), ..Failure::new(reason) }.into()
}

fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

impl From<Lapse> for Failure {
    fn from(lapse: Lapse) -> Failure {
        Failure::new(match lapse {
            Lapse::Expired => Reason::CertificateExpired,
            Lapse::Revoked => Reason::CertificateRevoked,
        })
    }
}

impl From<Invalid> for Failure {
    fn from(invalid: Invalid) -> Failure {
        let failure = Failure::new(Reason::InvalidArgument).about(&invalid.field);
        failure.field(&invalid.field, &invalid.why)
    }
}

impl From<intake::Error> for Failure {
    fn from(error: intake::Error) -> Failure {
        match error {
            intake::Error::Busy => Failure::new(Reason::Busy).retry(BUSY_WAIT),
            intake::Error::TooLarge { bytes, bytes_max } => {
                Failure::new(Reason::MessageTooLarge).with("bytes", bytes).with("bytes_max", bytes_max)
            }
            intake::Error::Denied { what, roles } => Failure::new(Reason::RoleDenied).about(&what).with("roles", roles),
            intake::Error::Invalid { field, reason } => {
                Failure::new(Reason::InvalidArgument).about(&field).field(&field, &reason)
            }
            intake::Error::NotFound { what } => Failure::new(Reason::NotFound).about(&what),
            intake::Error::Exists { what } => Failure::new(Reason::Exists).about(&what),
            intake::Error::DiskFull => Failure::new(Reason::DiskFull).retry(OUTAGE_WAIT),
            intake::Error::ReadOnly => Failure::new(Reason::ReadOnly).retry(OUTAGE_WAIT),
            intake::Error::Stopping => Failure::new(Reason::Stopping).retry(BUSY_WAIT),
            intake::Error::Internal => Failure::new(Reason::Internal),
        }
    }
}

impl From<intake::ReadError> for Failure {
    fn from(error: intake::ReadError) -> Failure {
        match error {
            intake::ReadError::TooEarly(position) => {
                Failure::new(Reason::NotReached).retry(BUSY_WAIT).with("position", position)
            }
            intake::ReadError::Invalid(what) => Failure::new(Reason::InvalidToken).about(what),
            intake::ReadError::Internal => Failure::new(Reason::Internal),
        }
    }
}

impl From<feed::Error> for Failure {
    fn from(error: feed::Error) -> Failure {
        match error {
            feed::Error::NotFound(name) => Failure::new(Reason::NotFound).about(&name),
            feed::Error::Denied => Failure::new(Reason::RoleDenied),
            feed::Error::BadCursor => Failure::new(Reason::InvalidToken),
            feed::Error::NotDelivered => Failure::new(Reason::NotDelivered),
            feed::Error::Superseded => Failure::new(Reason::Superseded),
            feed::Error::Stopping => Failure::new(Reason::Stopping).retry(BUSY_WAIT),
            feed::Error::Internal => Failure::new(Reason::Internal),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_unique_upper_snake_case() {
        let mut names: Vec<_> = Reason::ALL.iter().map(|reason| reason.name()).collect();
        assert!(names.iter().all(|name| name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Reason::ALL.len());
    }

    #[test]
    fn a_busy_exchange_says_when_to_come_back() {
        let status = Status::from(Failure::from(intake::Error::Busy));
        assert_eq!(status.code(), Code::ResourceExhausted);
        let details = status.get_error_details();
        assert_eq!(details.retry_info().and_then(|info| info.retry_delay), Some(BUSY_WAIT));
        assert_eq!(details.error_info().map(|info| info.reason.as_str()), Some("QUEUE_FULL"));
        assert_eq!(details.error_info().map(|info| info.domain.as_str()), Some(DOMAIN));
        assert_eq!(details.localized_message().map(|text| text.locale.as_str()), Some("zh-CN"));
    }

    #[test]
    fn a_wrong_field_is_named() {
        let error = intake::Error::Invalid { field: "party.code".to_owned(), reason: "is empty".to_owned() };
        let status = Status::from(Failure::from(error));
        let details = status.get_error_details();
        let violations = &details.bad_request().expect("a bad request").field_violations;
        assert_eq!(violations[0].field, "party.code");
        assert_eq!(violations[0].description, "is empty");
    }

    #[test]
    fn what_tonic_refuses_gets_a_reason_too() {
        let status = complete(Status::out_of_range("decoded message length too large"));
        assert_eq!(status.code(), Code::OutOfRange);
        let details = status.get_error_details();
        assert_eq!(details.error_info().map(|info| info.reason.as_str()), Some("MESSAGE_TOO_LARGE"));
    }

    #[test]
    fn waits_are_rounded_up_to_milliseconds() {
        let failure = Failure::new(Reason::RateLimited).retry(Duration::from_micros(10));
        assert_eq!(failure.retry_after_ms(), 1);
    }
}
