//! Typed documents at the doors: rendered before the intake sees them, so that what is checked, recorded and
//! answered is XML, whatever the sender wrote.

use super::Door;
use super::convert::{self, Invalid};
use super::peer::Peer;
use super::status::{Failure, Reason};
use crate::domain::MessageType;
use crate::domain::limits::{CONVERSIONS_MAX, CONVERSIONS_WAITING_MAX, MESSAGE_BYTES_MAX};
use crate::intake::{self, Applied};
use crate::pb::v1 as pb;
use crate::typed::{self, Message, Names, Problem, field_path};
use bytes::Bytes;
use tokio::sync::Semaphore;

/// Conversions that run, and those that run or wait.
static RUNNING: Semaphore = Semaphore::const_new(CONVERSIONS_MAX);
static ADMITTED: Semaphore = Semaphore::const_new(CONVERSIONS_WAITING_MAX);

/// A message in its other form, and what is wrong with its XML.
pub(super) struct Converted {
    /// `None` if XML does not fit the schema.
    pub(super) form: Option<Form>,
    pub(super) faults: Vec<pb::Rejection>,
    pub(super) faults_omitted: u32,
}

/// A form of a message.
pub(super) enum Form {
    Xml(Bytes),
    Typed(Message),
}

impl Door {
    /// Submits typed documents for a peer whose bytes were counted.
    pub(super) async fn submit_typed(
        &self,
        peer: &Peer,
        read: impl FnOnce() -> Result<Message, typed::Error> + Send + 'static,
        names: Names,
    ) -> Result<Applied, Failure> {
        let xml = xml_of(read, names).await?;
        self.submit_counted(peer, xml).await
    }

    /// Renders typed documents and checks the XML.
    pub(super) async fn render(
        &self,
        peer: &Peer,
        read: impl FnOnce() -> Result<Message, typed::Error> + Send + 'static,
        names: Names,
    ) -> Result<Converted, Failure> {
        let xml = xml_of(read, names).await?;
        let found = convert::validation(self.intake.validate(&peer.caller, xml.clone()).await?);
        let mut faults = found.faults;
        name_fields(&mut faults, names);
        Ok(Converted { form: Some(Form::Xml(xml)), faults, faults_omitted: found.faults_omitted })
    }

    /// Checks XML and turns it into typed documents, if it fits the schema.
    pub(super) async fn type_xml(&self, peer: &Peer, xml: Bytes, names: Names) -> Result<Converted, Failure> {
        let found = convert::validation(self.intake.validate(&peer.caller, xml.clone()).await?);
        let (mut faults, faults_omitted) = (found.faults, found.faults_omitted);
        name_fields(&mut faults, names);
        // Rules are looked at only in what fits the schema, and what breaks one has a typed form all the same.
        // A broken envelope holds nothing to type.
        let fits = faults.iter().all(|fault| fault.rule.starts_with("R-") && !fault.rule.starts_with("R-DXP-"));
        if !fits {
            return Ok(Converted { form: None, faults, faults_omitted });
        }
        let intake = self.intake.clone();
        let read = convert_apart(move || {
            let text = intake.message_text(&xml).ok_or(Problem::Xml)?;
            Message::from_xml(&text)
        });
        let message = read.await?.map_err(|error| failure(&error, names))?;
        Ok(Converted { form: Some(Form::Typed(message)), faults, faults_omitted })
    }
}

/// Typed documents as XML.
pub(super) async fn xml_of(
    read: impl FnOnce() -> Result<Message, typed::Error> + Send + 'static,
    names: Names,
) -> Result<Bytes, Failure> {
    let xml = convert_apart(move || read()?.to_xml()).await?.map_err(|error| failure(&error, names))?;
    Ok(xml.into())
}

/// The typed form of one document, alone in its message; `None` if its type has none.
pub(super) async fn document(kind: i32, xml: Bytes) -> Result<Option<Message>, Failure> {
    let root = MessageType::of_number(kind).root_name();
    let read = convert_apart(move || {
        let text = std::str::from_utf8(&xml).map_err(|_| Problem::Xml)?;
        Message::of_document(root, text)
    });
    match read.await? {
        Ok(message) => Ok(Some(message)),
        Err(error) if matches!(error.problem, Problem::UnknownMessage(_)) => Ok(None),
        Err(error) => {
            // What was recorded fits a schema, so that only an edition of its own leads here.
            tracing::warn!(path = error.path(Names::Protobuf), "a recorded document has no typed form");
            Ok(None)
        }
    }
}

/// Runs a conversion off the async threads: one takes tens of milliseconds at the limit of size.
async fn convert_apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    let admitted = ADMITTED.try_acquire().map_err(|_| Failure::from(intake::Error::Busy))?;
    let running = RUNNING.acquire().await.map_err(|_| Failure::new(Reason::Internal))?;
    let done = tokio::task::spawn_blocking(move || {
        let result = work();
        drop((running, admitted));
        result
    });
    done.await.map_err(|error| {
        tracing::error!(%error, "a conversion ended without a result");
        Failure::new(Reason::Internal)
    })
}

fn failure(error: &typed::Error, names: Names) -> Failure {
    if let Problem::TooLarge(_) = error.problem {
        return Failure::new(Reason::MessageTooLarge).with("bytes_max", MESSAGE_BYTES_MAX);
    }
    Invalid::new(error.place(names), error.problem.to_string()).into()
}

/// Adds the typed fields to the rejections of a receipt.
pub(super) fn name_fields_of(receipt: &mut pb::Receipt, names: Names) {
    name_fields(&mut receipt.rejections, names);
    for document in &mut receipt.documents {
        name_fields(&mut document.rejections, names);
    }
}

fn name_fields(rejections: &mut [pb::Rejection], names: Names) {
    for rejection in rejections {
        rejection.field_path = field_path(&rejection.path, names).unwrap_or_default();
    }
}
