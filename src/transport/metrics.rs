//! The operator's door: metrics and probes on a port of their own, without TLS, on loopback by default.

use super::stopped;
use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};
use metrics_exporter_prometheus::PrometheusHandle;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// How often old samples of histograms are folded.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// Serves `/metrics`, `/livez` and `/readyz` until the stop, and `/sandbox/metrics` if there is a sandbox.
pub async fn serve(
    tcp: TcpListener,
    handle: Option<PrometheusHandle>,
    sandbox: Option<PrometheusHandle>,
    ledger_ok: watch::Receiver<bool>,
    mut stop: watch::Receiver<bool>,
) {
    let upkeep: Vec<PrometheusHandle> = handle.iter().chain(&sandbox).cloned().collect();
    let ready = stop.clone();
    let router = Router::new()
        .route("/livez", get(async || "live\n"))
        .route("/readyz", get(async move || readiness(*ledger_ok.borrow() && !*ready.borrow())))
        .route("/metrics", get(async move || rendered(handle.as_ref())));
    let router = match sandbox {
        Some(sandbox) => router.route("/sandbox/metrics", get(async move || rendered(Some(&sandbox)))),
        None => router,
    };
    let mut asked = stop.clone();
    let server = axum::serve(tcp, router).with_graceful_shutdown(async move { stopped(&mut asked).await });
    let tend = async {
        let mut every = tokio::time::interval(UPKEEP_EVERY);
        loop {
            every.tick().await;
            upkeep.iter().for_each(PrometheusHandle::run_upkeep);
        }
    };
    tokio::select! {
        ended = server.into_future() => {
            if let Err(error) = ended {
                tracing::error!(%error, "the metrics port has failed");
            }
        }
        () = tend => {}
        // A scrape that does not end must not hold the stop.
        () = async {
            stopped(&mut stop).await;
            tokio::time::sleep(Duration::from_secs(1)).await;
        } => {}
    }
}

fn readiness(ready: bool) -> Response {
    if ready { "ready\n".into_response() } else { (StatusCode::SERVICE_UNAVAILABLE, "not ready\n").into_response() }
}

fn rendered(handle: Option<&PrometheusHandle>) -> Response {
    match handle {
        Some(handle) => {
            ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], handle.render()).into_response()
        }
        None => (StatusCode::SERVICE_UNAVAILABLE, "metrics are recorded elsewhere\n").into_response(),
    }
}
