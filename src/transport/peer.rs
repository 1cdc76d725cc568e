//! From a certificate to a caller, once per request and again on every message of a long stream.

use super::access::Operation;
use super::rate::Limiter;
use super::status::{Failure, Reason};
use super::tls::{Identity, Trust};
use crate::config::Rate;
use crate::domain::limits::{STREAMS_PER_PARTY_MAX, UNFILED_REQUESTS_PER_SECOND};
use crate::domain::{self, Applicant, Caller, PartyId};
use crate::intake::Reader;
use crate::telemetry;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};
use http::Extensions;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;

struct Shared {
    reader: Reader,
    trust: Trust,
    requests: DefaultKeyedRateLimiter<PartyId>,
    kilobytes: DefaultKeyedRateLimiter<PartyId>,
    /// Of all together that are not filed.
    unfiled: DefaultDirectRateLimiter,
    /// Calls of one kind of a party.
    calls: Limiter<(Paced, PartyId)>,
    streams: Mutex<HashMap<PartyId, usize>>,
    /// Of the rates.
    clock: DefaultClock,
    /// By which a filing is in force or not, and calls of a rate of their own are counted.
    calendar: Arc<dyn domain::Clock>,
}

/// Calls that have a rate of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Paced {
    /// Reports of foreign exchange.
    ReportForex,
    /// Requests for raw payment data (`platDataOpen`).
    AskPaymentData,
    /// Uploads of raw payment data (`realTimeDataUpload`).
    GivePaymentData,
}

/// Tells who calls and how much they may; cheap to clone.
#[derive(Clone)]
pub struct Gate {
    shared: Arc<Shared>,
}

/// A caller that was let in for one operation.
#[derive(Clone)]
pub struct Peer {
    /// Who it is. Its filing is that of the last check.
    pub caller: Caller,
    identity: Arc<Identity>,
    operation: Operation,
    gate: Gate,
}

/// A long stream of a party, counted until dropped.
pub struct StreamSlot {
    gate: Gate,
    party: PartyId,
}

impl Gate {
    /// A gate with full budgets. The clock tells when a filing begins and ends to be in force.
    #[must_use]
    pub fn new(reader: Reader, trust: Trust, rate: &Rate, calendar: Arc<dyn domain::Clock>) -> Gate {
        let limiter = |per_second: NonZeroU32| RateLimiter::dashmap(Quota::per_second(per_second));
        let shared = Shared {
            reader,
            trust,
            requests: limiter(rate.requests_per_second),
            kilobytes: limiter(rate.kilobytes_per_second),
            unfiled: RateLimiter::direct(Quota::per_second(
                NonZeroU32::new(UNFILED_REQUESTS_PER_SECOND).unwrap_or(NonZeroU32::MIN),
            )),
            calls: Limiter::new(Arc::clone(&calendar)),
            streams: Mutex::default(),
            clock: DefaultClock::default(),
            calendar,
        };
        Gate { shared: Arc::new(shared) }
    }

    /// Lets in the peer of a request for an operation, and counts the request.
    ///
    /// # Errors
    /// UNAUTHENTICATED without a good, filed certificate; PERMISSION_DENIED if no role of the party may
    /// do it; RESOURCE_EXHAUSTED over its rate.
    pub fn admit(&self, extensions: &Extensions, operation: Operation) -> Result<Peer, Failure> {
        let identity =
            extensions.get::<Arc<Identity>>().ok_or_else(|| unknown(Failure::new(Reason::CertificateMissing)))?;
        let caller = self.caller(identity, operation)?;
        self.spend(&self.shared.requests, caller.id, NonZeroU32::MIN)?;
        Ok(Peer { caller, identity: identity.clone(), operation, gate: self.clone() })
    }

    /// Lets in whoever has a good certificate, filed or not: for applications alone, and for reading one's own. All that
    /// are not filed share one small budget.
    ///
    /// # Errors
    /// UNAUTHENTICATED without a good certificate; PERMISSION_DENIED if it is filed and no role of the party may do it;
    /// RESOURCE_EXHAUSTED over the rate.
    pub fn admit_applicant(&self, extensions: &Extensions, operation: Operation) -> Result<Applicant, Failure> {
        let identity =
            extensions.get::<Arc<Identity>>().ok_or_else(|| unknown(Failure::new(Reason::CertificateMissing)))?;
        let is_filed = self.party_of(identity).is_some();
        let caller = if is_filed {
            let caller = self.caller(identity, operation)?;
            self.spend(&self.shared.requests, caller.id, NonZeroU32::MIN)?;
            Some(caller)
        } else {
            self.shared.trust.check(identity).map_err(|lapse| unknown(Failure::from(lapse)))?;
            self.shared.unfiled.check().map_err(|not_yet| {
                Failure::new(Reason::RateLimited).retry(not_yet.wait_time_from(self.shared.clock.now()))
            })?;
            None
        };
        Ok(Applicant {
            caller,
            certificate_sha256: identity.fingerprint.clone(),
            certificate_names: identity.names.clone(),
        })
    }

    /// The party that filed the certificate, as long as its filing is in force.
    fn party_of(&self, identity: &Identity) -> Option<Caller> {
        self.shared.reader.party_of_certificate(&identity.fingerprint, self.shared.calendar.now())
    }

    fn caller(&self, identity: &Identity, operation: Operation) -> Result<Caller, Failure> {
        self.shared.trust.check(identity).map_err(|lapse| unknown(Failure::from(lapse)))?;
        let caller = self.party_of(identity).ok_or_else(|| {
            unknown(Failure::new(Reason::CertificateNotFiled).with("certificate_sha256", &identity.fingerprint))
        })?;
        if !operation.is_for(&caller.party) {
            telemetry::denied(false);
            return Err(Failure::denied(operation));
        }
        Ok(caller)
    }

    fn spend(
        &self,
        budget: &DefaultKeyedRateLimiter<PartyId>,
        party: PartyId,
        amount: NonZeroU32,
    ) -> Result<(), Failure> {
        match budget.check_key_n(&party, amount) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(not_yet)) => {
                Err(Failure::new(Reason::RateLimited).retry(not_yet.wait_time_from(self.shared.clock.now())))
            }
            // More at once than the whole budget of a second: it can never pass.
            Err(_) => Err(Failure::new(Reason::OverBudget)),
        }
    }
}

impl Peer {
    /// Checks again that the certificate is good and filed, and that the party may still do what it does.
    ///
    /// # Errors
    /// As [`Gate::admit`].
    pub fn recheck(&mut self) -> Result<(), Failure> {
        self.caller = self.gate.caller(&self.identity, self.operation)?;
        Ok(())
    }

    /// Checks that the party may do something else too.
    ///
    /// # Errors
    /// PERMISSION_DENIED.
    pub fn may(&self, operation: Operation) -> Result<(), Failure> {
        if operation.is_for(&self.caller.party) {
            return Ok(());
        }
        telemetry::denied(false);
        Err(Failure::denied(operation))
    }

    /// Counts one more message of a long stream.
    ///
    /// # Errors
    /// RESOURCE_EXHAUSTED over the party's rate.
    pub fn count_message(&self) -> Result<(), Failure> {
        self.gate.spend(&self.gate.shared.requests, self.caller.id, NonZeroU32::MIN)
    }

    /// Counts a call that has a rate of its own.
    ///
    /// # Errors
    /// RESOURCE_EXHAUSTED over that rate, with the rate and how long to wait.
    pub fn count_call(&self, kind: Paced, per_second: u32) -> Result<(), Failure> {
        let counted = self.gate.shared.calls.count((kind, self.caller.id), per_second);
        counted.map_err(|wait| {
            Failure::new(Reason::RateLimited).retry(wait).with("requests_per_second", per_second.max(1))
        })
    }

    /// Counts payload bytes.
    ///
    /// # Errors
    /// RESOURCE_EXHAUSTED over the party's rate.
    pub fn count_bytes(&self, bytes: usize) -> Result<(), Failure> {
        let kilobytes = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX);
        let kilobytes = NonZeroU32::new(kilobytes).unwrap_or(NonZeroU32::MIN);
        self.gate.spend(&self.gate.shared.kilobytes, self.caller.id, kilobytes)
    }

    /// Takes one of the party's places for long streams.
    ///
    /// # Errors
    /// RESOURCE_EXHAUSTED if all are taken.
    pub fn open_stream(&self) -> Result<StreamSlot, Failure> {
        let party = self.caller.id;
        let mut streams = self.gate.shared.streams.lock();
        let open = streams.entry(party).or_default();
        if *open >= STREAMS_PER_PARTY_MAX {
            return Err(Failure::new(Reason::TooManyStreams));
        }
        *open = open.saturating_add(1);
        Ok(StreamSlot { gate: self.gate.clone(), party })
    }
}

impl Drop for StreamSlot {
    fn drop(&mut self) {
        let mut streams = self.gate.shared.streams.lock();
        if let Some(open) = streams.get_mut(&self.party) {
            *open = open.saturating_sub(1);
            if *open == 0 {
                streams.remove(&self.party);
            }
        }
    }
}

fn unknown(failure: Failure) -> Failure {
    telemetry::denied(true);
    failure
}
