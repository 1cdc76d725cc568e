//! The gRPC door: one file per service, and what all of them share.

mod admin;
mod agency;
mod clearance;
mod consume;
mod credit;
mod declaration;
mod filing;
mod goods;
mod inspection;
mod ledger;
mod life;
mod parcel;
mod stock;
mod forex;
mod payment_data;
mod refund;
mod submit_stream;
mod subscription;
mod tax;
mod trace;

pub(super) use declaration::look_up;

use super::Door;
use super::convert::{Invalid, text};
use super::status::{Failure, Reason, complete};
use crate::domain::limits::{ENVELOPE_BYTES_MAX, MESSAGE_BYTES_MAX, REACH_WAIT_MS, REQUEST_WAIT_MS};
use crate::pb::v1::{
    admin_service_server::AdminServiceServer, agency_service_server::AgencyServiceServer,
    clearance_service_server::ClearanceServiceServer, credit_service_server::CreditServiceServer,
    declaration_service_server::DeclarationServiceServer, filing_service_server::FilingServiceServer,
    forex_service_server::ForexServiceServer, goods_service_server::GoodsServiceServer,
    identity_service_server::IdentityServiceServer, inspection_service_server::InspectionServiceServer,
    ledger_service_server::LedgerServiceServer, parcel_service_server::ParcelServiceServer,
    payment_data_service_server::PaymentDataServiceServer, refund_service_server::RefundServiceServer,
    stock_service_server::StockServiceServer, subscription_service_server::SubscriptionServiceServer,
    tax_service_server::TaxServiceServer, trace_service_server::TraceServiceServer,
};
use axum::Router;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, header};
use std::time::Duration;
use tokio::sync::watch;
use tonic::codec::CompressionEncoding::{Gzip, Zstd};
use tonic::server::NamedService;
use tonic::service::Routes;
use tonic::{Code, Status};
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

/// What one stream of answers sends.
type Answer<T> = Result<T, Status>;

/// Bytes of one decoded request.
const REQUEST_BYTES_MAX: usize = MESSAGE_BYTES_MAX + ENVELOPE_BYTES_MAX;

macro_rules! served {
    ($server:ident, $service:expr) => {
        // The limit holds for the decoded message too: tonic stops decompressing there.
        $server::new($service)
            .max_decoding_message_size(REQUEST_BYTES_MAX)
            .accept_compressed(Gzip)
            .accept_compressed(Zstd)
            .send_compressed(Gzip)
            .send_compressed(Zstd)
    };
}

/// The router of all services, and the reporter that [`follow_health`] drives.
///
/// # Errors
/// A text if the descriptors for reflection cannot be read.
pub fn router(door: &Door, reflection: bool) -> Result<(Router, HealthReporter), String> {
    let (reporter, health) = tonic_health::server::health_reporter();
    let mut routes = Routes::new(health)
        .add_service(served!(DeclarationServiceServer, declaration::Declaration(door.clone())))
        .add_service(served!(ClearanceServiceServer, clearance::Clearance(door.clone())))
        .add_service(served!(SubscriptionServiceServer, subscription::Subscriptions(door.clone())))
        .add_service(served!(LedgerServiceServer, ledger::Checkpoints(door.clone())))
        .add_service(served!(FilingServiceServer, filing::Filing(door.clone())))
        .add_service(served!(GoodsServiceServer, goods::Goods(door.clone())))
        .add_service(served!(IdentityServiceServer, credit::Identities(door.clone())))
        .add_service(served!(CreditServiceServer, credit::Credit(door.clone())))
        .add_service(served!(InspectionServiceServer, inspection::Inspections(door.clone())))
        .add_service(served!(AgencyServiceServer, agency::Agencies(door.clone())))
        .add_service(served!(TraceServiceServer, trace::Traces(door.clone())))
        .add_service(served!(ParcelServiceServer, parcel::Parcels(door.clone())))
        .add_service(served!(StockServiceServer, stock::Stocks(door.clone())))
        .add_service(served!(AdminServiceServer, admin::Admin(door.clone())))
        .add_service(served!(ForexServiceServer, forex::Forex(door.clone())))
        .add_service(served!(PaymentDataServiceServer, payment_data::PaymentData(door.clone())))
        .add_service(served!(RefundServiceServer, refund::Refund(door.clone())))
        .add_service(served!(TaxServiceServer, tax::Taxes(door.clone())));
    if reflection {
        // Both versions: most clients still ask for v1alpha.
        let builder = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(crate::pb::DESCRIPTORS)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        };
        routes = routes
            .add_service(builder().build_v1().map_err(|error| error.to_string())?)
            .add_service(builder().build_v1alpha().map_err(|error| error.to_string())?);
    }
    let router = routes.prepare().into_axum_router().layer(axum::middleware::from_fn(guard));
    Ok((router, reporter))
}

/// Reports SERVING while the ledger takes writes and NOT_SERVING otherwise, until the stop.
pub async fn follow_health(
    reporter: HealthReporter,
    mut ledger_ok: watch::Receiver<bool>,
    mut stop: watch::Receiver<bool>,
) {
    const NAMES: &[&str] = &[
        "",
        DeclarationServiceServer::<declaration::Declaration>::NAME,
        ClearanceServiceServer::<clearance::Clearance>::NAME,
        SubscriptionServiceServer::<subscription::Subscriptions>::NAME,
        LedgerServiceServer::<ledger::Checkpoints>::NAME,
        FilingServiceServer::<filing::Filing>::NAME,
        GoodsServiceServer::<goods::Goods>::NAME,
        IdentityServiceServer::<credit::Identities>::NAME,
        CreditServiceServer::<credit::Credit>::NAME,
        InspectionServiceServer::<inspection::Inspections>::NAME,
        AgencyServiceServer::<agency::Agencies>::NAME,
        AdminServiceServer::<admin::Admin>::NAME,
        TraceServiceServer::<trace::Traces>::NAME,
        ParcelServiceServer::<parcel::Parcels>::NAME,
        StockServiceServer::<stock::Stocks>::NAME,
        ForexServiceServer::<forex::Forex>::NAME,
        PaymentDataServiceServer::<payment_data::PaymentData>::NAME,
        RefundServiceServer::<refund::Refund>::NAME,
        TaxServiceServer::<tax::Taxes>::NAME,
    ];
    let mut sender_is_there = true;
    loop {
        let stopping = *stop.borrow_and_update();
        let good = *ledger_ok.borrow_and_update() && !stopping;
        let status = if good { ServingStatus::Serving } else { ServingStatus::NotServing };
        for name in NAMES {
            reporter.set_service_status(name, status).await;
        }
        if stopping {
            return;
        }
        tokio::select! {
            changed = ledger_ok.changed(), if sender_is_there => sender_is_there = changed.is_ok(),
            changed = stop.changed() => if changed.is_err() { return },
        }
    }
}

/// True for a gRPC request.
pub(super) fn is_grpc(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}

/// Puts a deadline on every request and a reason into every status that tonic made itself.
async fn guard(request: axum::extract::Request, next: Next) -> Response {
    let wait = Duration::from_millis(REQUEST_WAIT_MS).min(timeout(request.headers()).unwrap_or(Duration::MAX));
    let Ok(response) = tokio::time::timeout(wait, next.run(request)).await else {
        return Status::from(Failure::new(Reason::Deadline)).into_http();
    };
    match Status::from_header_map(response.headers()) {
        Some(status) if status.code() != Code::Ok && status.details().is_empty() => complete(status).into_http(),
        Some(_) | None => response,
    }
}

/// The deadline that a client asks for: at most eight digits and a unit.
fn timeout(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.len() > 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let amount: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(amount.saturating_mul(3600))),
        "M" => Some(Duration::from_secs(amount.saturating_mul(60))),
        "S" => Some(Duration::from_secs(amount)),
        "m" => Some(Duration::from_millis(amount)),
        "u" => Some(Duration::from_micros(amount)),
        "n" => Some(Duration::from_nanos(amount)),
        _ => None,
    }
}

/// Runs a read of the state off the async threads.
async fn read<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, crate::intake::ReadError> + Send + 'static,
) -> Result<T, Failure> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(Failure::from),
        Err(error) => {
            tracing::error!(%error, "a read ended without an answer");
            Err(Failure::new(Reason::Internal))
        }
    }
}

impl Door {
    /// Waits until the state has reached a token; an empty one is always reached.
    async fn reach(&self, at_least: String) -> Result<(), Failure> {
        if at_least.is_empty() {
            return Ok(());
        }
        let wrong = || Failure::from(Invalid::new("at_least", "is no token of this exchange"));
        let cursor = self.feed.decode(&text("at_least", at_least)?).map_err(|_| wrong())?;
        Ok(self.reader.reach(cursor.position, Duration::from_millis(REACH_WAIT_MS)).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert("grpc-timeout", text.parse().expect("a header value"));
        timeout(&headers)
    }

    #[test]
    fn deadlines_are_read_as_the_protocol_has_them() {
        assert_eq!(of("5S"), Some(Duration::from_secs(5)));
        assert_eq!(of("250m"), Some(Duration::from_millis(250)));
        assert_eq!(of("99999999H"), Some(Duration::from_secs(99_999_999 * 3600)));
    }

    #[test]
    fn anything_else_is_no_deadline() {
        for text in ["", "S", "5", "-5S", "5 S", "123456789S", "5Ž", "5x"] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
