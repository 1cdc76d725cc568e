//! The line to the exchange: decisions over one stream, notices and look-ups beside it.

use super::super::client::{Backoff, Client, explain, is_retryable};
use super::super::decide::wire_time;
use crate::domain::{Effect, Timestamp};
use crate::pb::v1::{self, decide_request, get_document_request};
use crate::rehearsal::{Exchange, Trouble, notice_answer};
use crate::simulator::{Answer, Decision, ListOfConsolidation};
use crate::transport::convert;
use bytes::Bytes;
use std::collections::BTreeMap;
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};

/// Decisions that wait for the stream.
const WAITING: usize = 64;

type Answered = oneshot::Sender<Result<Answer, Trouble>>;
type Asked = (decide_request::Decision, Answered);

/// The line as customs. Cheap to clone; clones share the stream.
#[derive(Clone)]
pub(super) struct Line {
    client: Client,
    decisions: mpsc::Sender<Asked>,
    /// True to send receipt messages (CEB622 …) instead of typed decisions.
    as_xml: bool,
}

impl Line {
    pub(super) fn open(client: Client, as_xml: bool) -> Line {
        let (decisions, asked) = mpsc::channel(WAITING);
        tokio::spawn(decide_all(client.clone(), asked));
        Line { client, decisions, as_xml }
    }
}

impl Exchange for Line {
    async fn decide(&self, decision: Decision) -> Result<Answer, Trouble> {
        let form = if self.as_xml {
            decide_request::Decision::Xml(Bytes::from(decision.xml()))
        } else {
            decide_request::Decision::Typed(typed(decision))
        };
        let (answered, answer) = oneshot::channel();
        let gone = || Trouble::Again("the stream of decisions is gone".to_owned());
        self.decisions.send((form, answered)).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    async fn submit(&self, xml: String) -> Result<Answer, Trouble> {
        let request = v1::SubmitRequest { xml: Bytes::from(xml) };
        let answer = self.client.declarations().submit(request).await;
        let answer = answer.map_err(|status| trouble(&status))?.into_inner();
        let receipt = answer.receipt.unwrap_or_default();
        let taken = |outcome: i32| outcome == v1::Outcome::Accepted as i32;
        let accepted = taken(receipt.outcome) && receipt.documents.iter().all(|verdict| taken(verdict.outcome));
        let rejections = receipt.rejections.iter();
        let mut rejections = rejections.chain(receipt.documents.iter().flat_map(|verdict| &verdict.rejections));
        let why = rejections.next().map(|rejection| (rejection.message_zh.clone(), rejection.message_en.clone()));
        Ok(notice_answer(accepted, answer.replayed, why.unwrap_or_default()))
    }

    async fn lists(&self, numbers: Vec<String>) -> Result<Vec<ListOfConsolidation>, Trouble> {
        let mut lists = Vec::with_capacity(numbers.len());
        for number in numbers {
            let name = Some(get_document_request::Name::InvtNo(number.clone()));
            let request = v1::GetDocumentRequest { name, ..v1::GetDocumentRequest::default() };
            let xml = match self.client.declarations().get_document(request).await {
                Ok(found) => found.into_inner().document.map(|document| document.xml).unwrap_or_default(),
                Err(status) if matches!(status.code(), Code::NotFound | Code::InvalidArgument) => Bytes::new(),
                Err(status) => return Err(trouble(&status)),
            };
            lists.push(ListOfConsolidation { invt_no: number, xml: String::from_utf8_lossy(&xml).into_owned() });
        }
        Ok(lists)
    }
}

fn typed(decision: Decision) -> v1::Decision {
    let keys = convert::keys(&decision.brief_keys());
    v1::Decision {
        guid: decision.guid,
        message_type: decision.kind as i32,
        keys: Some(keys),
        status: decision.status,
        time: Some(wire_time(Timestamp(decision.time_ms))),
        info: decision.info,
    }
}

fn trouble(status: &Status) -> Trouble {
    let text = explain(status);
    if is_retryable(status) { Trouble::Again(text) } else { Trouble::Fatal(text) }
}

/// Sends decisions over one stream, and over a new one after a break. What was not answered is for its asker to send
/// again: it is known by its id.
async fn decide_all(client: Client, mut asked: mpsc::Receiver<Asked>) {
    let mut backoff = Backoff::new();
    while let Some(first) = asked.recv().await {
        let (requests, queue) = mpsc::channel(WAITING);
        let answers = match client.clearance().decide(ReceiverStream::new(queue)).await {
            Ok(answers) => answers.into_inner(),
            Err(status) => {
                tell(first.1, Err(trouble(&status)));
                backoff.wait().await;
                continue;
            }
        };
        backoff = Backoff::new();
        if stream(first, &mut asked, requests, answers).await {
            return;
        }
    }
}

/// Serves one stream; true if nobody asks any more.
async fn stream(
    first: Asked,
    asked: &mut mpsc::Receiver<Asked>,
    requests: mpsc::Sender<v1::DecideRequest>,
    mut answers: Streaming<v1::DecideResponse>,
) -> bool {
    let mut waiting: BTreeMap<u64, Answered> = BTreeMap::new();
    let mut sequence = 0_u64;
    let mut next = Some(first);
    let ended = loop {
        if let Some((decision, answered)) = next.take() {
            sequence += 1;
            waiting.insert(sequence, answered);
            // A stream that broke says why when it is read.
            drop(requests.send(v1::DecideRequest { sequence, decision: Some(decision) }).await);
        }
        tokio::select! {
            more = asked.recv() => match more {
                Some(more) => next = Some(more),
                None => return true,
            },
            answer = answers.message() => match answer {
                Ok(Some(answer)) => {
                    if let Some(answered) = waiting.remove(&answer.sequence) {
                        tell(answered, answer_of(answer));
                    }
                }
                Ok(None) => break Trouble::Again("the server ended the stream of decisions".to_owned()),
                Err(status) => break trouble(&status),
            },
        }
    };
    for answered in waiting.into_values() {
        tell(answered, Err(ended.clone()));
    }
    false
}

fn tell(answered: Answered, answer: Result<Answer, Trouble>) {
    // An asker that is gone does not want it.
    drop(answered.send(answer));
}

fn answer_of(answer: v1::DecideResponse) -> Result<Answer, Trouble> {
    if let Some(failure) = answer.failure {
        let why = failure.rejections.first().map(|rejection| format!(": {}", rejection.message_en));
        let text = format!("{} {}{}", failure.reason, failure.message, why.unwrap_or_default());
        return Err(if failure.retryable { Trouble::Again(text) } else { Trouble::Refused(text) });
    }
    let result = answer.results.into_iter().next().unwrap_or_default();
    Ok(Answer {
        effect: Effect::try_from(result.effect).ok(),
        status: result.status,
        why: (result.message_zh, result.message_en),
    })
}
