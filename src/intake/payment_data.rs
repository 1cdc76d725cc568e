//! Raw payment data: requests of customs and uploads of platforms. An upload is recorded whole, sealed, whatever is
//! wrong with it.

use super::reader::{Reader, failed};
use super::types::{Applied, Error, ReadError};
use super::{Intake, require, reveal};
use crate::domain::limits::{PAYMENT_DATA_BYTES_MAX, TOKEN_CHARS_MAX};
use crate::domain::{Caller, Position, Rejection, Role};
use crate::payment_data::{self, Fault};
use crate::proof::sha256;
use crate::state::payment::{self, Asked};
use crate::state::{Content, PaymentAsk, PaymentEntry, PaymentGiven};

/// Characters of a session's id. Source: announcement 165.
const SESSION_CHARS_MAX: usize = 36;

impl Intake {
    /// Records that customs asks for the raw payment data of an order.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn ask_payment_data(&self, caller: &Caller, request_id: &str, ask: PaymentAsk) -> Result<Applied, Error> {
        require(caller, Role::Customs, "AskPaymentData")?;
        for (field, text, chars_max) in [
            ("session_id", &ask.session_id, SESSION_CHARS_MAX),
            ("order_no", &ask.order_no, 60),
            ("platform_code", &ask.platform_code, TOKEN_CHARS_MAX),
        ] {
            if !(1..=chars_max).contains(&text.chars().count()) {
                let reason = format!("1 to {chars_max} characters");
                return Err(Error::Invalid { field: field.to_owned(), reason });
            }
        }
        self.request(caller, request_id, Content::PaymentData(PaymentEntry { ask: Some(ask), given: None })).await
    }

    /// Records an upload of raw payment data: JSON as received. A refused one is recorded and answered like a good one.
    ///
    /// # Errors
    /// [`Error::TooLarge`]; [`Error`].
    pub async fn take_payment_data(&self, caller: &Caller, json: String) -> Result<Applied, Error> {
        require(caller, Role::Platform, "realTimeDataUpload")?;
        if json.len() > PAYMENT_DATA_BYTES_MAX {
            return Err(Error::TooLarge { bytes: json.len(), bytes_max: PAYMENT_DATA_BYTES_MAX });
        }
        let certificates = self.keyring.of(caller);
        let now = self.clock.now();
        let (given, json) = self
            .on_a_core(json.len(), move || {
                let given = judge(&json, &certificates, now);
                Ok((given, json))
            })
            .await?;
        let content = Content::PaymentData(PaymentEntry { ask: None, given: Some(given) });
        self.request_sealed(caller, "", content, Some(json.as_bytes())).await
    }
}

/// What an upload says that is not personal, and what is wrong with it.
fn judge(json: &str, certificates: &crate::signature::Certificates, now: crate::domain::Timestamp) -> PaymentGiven {
    let body_sha256 = sha256(&[json.as_bytes()]).to_vec();
    let upload = match payment_data::upload(json) {
        Ok(upload) => upload,
        Err(fault) => {
            return PaymentGiven { body_sha256, rejections: vec![rejection(fault)], ..PaymentGiven::default() };
        }
    };
    let mut faults = payment_data::check(&upload);
    let mut algorithm = String::new();
    if !upload.cert_no.is_empty() && !upload.sign_value.is_empty() {
        match payment_data::verify(&upload, certificates, now) {
            Ok(fitting) => fitting.name().clone_into(&mut algorithm),
            Err(fault) => faults.push(fault),
        }
    }
    let bounded = |text: &str| -> String { text.chars().take(TOKEN_CHARS_MAX).collect() };
    let (exchange, head) = (&upload.exchange, &upload.exchange.head);
    PaymentGiven {
        session_id: bounded(&exchange.session_id),
        guid: bounded(&head.guid),
        ebp_code: bounded(&head.ebp_code),
        pay_code: bounded(&head.pay_code),
        pay_transaction_id: bounded(&head.pay_transaction_id),
        total_amount: bounded(&head.total_amount),
        ver_dept: bounded(&head.ver_dept),
        pay_type: bounded(&head.pay_type),
        trading_time: bounded(&head.trading_time),
        order_nos: exchange.items.iter().map(|item| bounded(&item.order_no)).collect(),
        cert_no: bounded(&upload.cert_no),
        algorithm,
        body_sha256,
        rejections: faults.into_iter().map(rejection).collect(),
    }
}

fn rejection(fault: Fault) -> Rejection {
    Rejection {
        rule: fault.rule.to_owned(),
        path: fault.field,
        message_zh: fault.message_zh,
        message_en: fault.message_en,
        found: (!fault.found.is_empty()).then(|| fault.found.into_string()),
        expected: fault.expected.into_string(),
        ..Rejection::default()
    }
}

impl Reader {
    /// What was asked for an order and what came: for customs, and for the platform of the order.
    ///
    /// # Errors
    /// [`ReadError`].
    pub(crate) fn payment_data(
        &self,
        caller: &Caller,
        order_no: &str,
        platform_code: &str,
    ) -> Result<Option<Asked>, ReadError> {
        if !caller.party.has_role(Role::Customs) && !caller.party.is_called(platform_code) {
            return Ok(None);
        }
        payment::asked(self.shared.cells.as_ref(), order_no, platform_code).map_err(failed)
    }

    /// The requests among which a session is, and the upload for it as received: for customs.
    ///
    /// # Errors
    /// [`ReadError`].
    pub(crate) fn payment_data_body(
        &self,
        caller: &Caller,
        session_id: &str,
    ) -> Result<Option<(Asked, Vec<u8>)>, ReadError> {
        let Some(asked) = payment::asked_in(self.shared.cells.as_ref(), session_id).map_err(failed)? else {
            return Ok(None);
        };
        let session = asked.sessions.iter().find(|session| session.session_id == session_id);
        let Some(position) = session.filter(|session| session.position != 0).map(|session| session.position) else {
            return Ok(Some((asked, Vec::new())));
        };
        let mut source = reveal::Source::new(self.shared.ledger.as_ref());
        // An upload may name the payer.
        crate::telemetry::personal_read(&caller.party.code, &crate::receipt::receipt_id(Position(position)));
        let body = source.bytes(Position(position)).map(<[u8]>::to_vec).unwrap_or_default();
        Ok(Some((asked, body)))
    }
}
