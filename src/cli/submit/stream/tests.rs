//! The sender against a server that is busy, breaks off, and refuses.

use super::*;
use crate::pb::v1::declaration_service_server::{DeclarationService, DeclarationServiceServer};
use parking_lot::Mutex;
use std::sync::Arc;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

type Answers = ReceiverStream<Result<v1::SubmitStreamResponse, Status>>;

/// What the server does with the next messages; then it takes all that come.
#[derive(Clone, Copy, PartialEq)]
enum Whim {
    Busy,
    BreakOff,
    Refuse,
}

#[derive(Clone)]
struct Moody {
    whims: Arc<Mutex<Vec<Whim>>>,
    taken: Arc<Mutex<Vec<Bytes>>>,
}

#[tonic::async_trait]
impl DeclarationService for Moody {
    type SubmitStreamStream = Answers;

    async fn submit_stream(
        &self,
        request: Request<tonic::Streaming<v1::SubmitStreamRequest>>,
    ) -> Result<Response<Answers>, Status> {
        let mut requests = request.into_inner();
        let (answers, queue) = mpsc::channel(16);
        let moody = self.clone();
        tokio::spawn(async move {
            while let Ok(Some(request)) = requests.message().await {
                let whim = moody.whims.lock().pop();
                let failure = |retryable| v1::SubmitFailure {
                    reason: "QUEUE_FULL".to_owned(),
                    retryable,
                    retry_after_ms: 1,
                    ..v1::SubmitFailure::default()
                };
                let result = match whim {
                    Some(Whim::BreakOff) => {
                        drop(answers.send(Err(Status::unavailable("gone"))).await);
                        return;
                    }
                    Some(Whim::Busy) => submit_stream_response::Result::Failure(failure(true)),
                    Some(Whim::Refuse) => submit_stream_response::Result::Failure(failure(false)),
                    None => {
                        moody.taken.lock().push(request.xml);
                        submit_stream_response::Result::Receipt(v1::Receipt::default())
                    }
                };
                let answer =
                    v1::SubmitStreamResponse { sequence: request.sequence, result: Some(result), replayed: false };
                if answers.send(Ok(answer)).await.is_err() {
                    return;
                }
            }
        });
        Ok(Response::new(ReceiverStream::new(queue)))
    }

    async fn submit(&self, _: Request<v1::SubmitRequest>) -> Result<Response<v1::SubmitResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn submit_documents(
        &self,
        _: Request<v1::SubmitDocumentsRequest>,
    ) -> Result<Response<v1::SubmitDocumentsResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn convert_message(
        &self,
        _: Request<v1::ConvertMessageRequest>,
    ) -> Result<Response<v1::ConvertMessageResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn validate(&self, _: Request<v1::ValidateRequest>) -> Result<Response<v1::ValidateResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn get_document(
        &self,
        _: Request<v1::GetDocumentRequest>,
    ) -> Result<Response<v1::GetDocumentResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn list_documents(
        &self,
        _: Request<v1::ListDocumentsRequest>,
    ) -> Result<Response<v1::ListDocumentsResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn trace(&self, _: Request<v1::TraceRequest>) -> Result<Response<v1::TraceResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn get_match_report(
        &self,
        _: Request<v1::GetMatchReportRequest>,
    ) -> Result<Response<v1::GetMatchReportResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn list_worklist(
        &self,
        _: Request<v1::ListWorklistRequest>,
    ) -> Result<Response<v1::ListWorklistResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn get_consolidation(
        &self,
        _: Request<v1::GetConsolidationRequest>,
    ) -> Result<Response<v1::GetConsolidationResponse>, Status> {
        Err(Status::unimplemented(""))
    }
}

/// Sends that many messages to a server with these whims: the answers and what the server took.
async fn send(whims: &[Whim], messages: usize) -> (Vec<Answer>, Vec<Bytes>) {
    let folder = tempfile::tempdir().expect("a folder");
    let jobs: Vec<Job> = (0..messages)
        .map(|number| {
            let path = folder.path().join(format!("{number:03}.xml"));
            std::fs::write(&path, format!("message {number:03}")).expect("write");
            Job { receipt: path.clone(), path }
        })
        .collect();
    let moody = Moody { whims: Arc::new(Mutex::new(whims.to_vec())), taken: Arc::default() };
    let tcp = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = tcp.local_addr().expect("an address");
    let service = DeclarationServiceServer::new(moody.clone());
    let server = tonic::transport::Server::builder().add_service(service);
    let server = tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(tcp)));
    let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{address}")).expect("an address");
    let client = Client::plain(endpoint.connect().await.expect("connect"));
    let mut answers = Vec::new();
    let sent = send_all(&client, &jobs, 4, |_, answer| {
        answers.push(answer);
        Ok(())
    });
    sent.await.expect("everything is answered");
    server.abort();
    let mut taken = std::mem::take(&mut *moody.taken.lock());
    taken.sort();
    (answers, taken)
}

fn all(messages: usize) -> Vec<Bytes> {
    (0..messages).map(|number| Bytes::from(format!("message {number:03}"))).collect()
}

#[tokio::test]
async fn every_message_is_answered_once() {
    let (answers, taken) = send(&[], 40).await;
    assert_eq!(answers.len(), 40);
    assert_eq!(taken, all(40));
}

#[tokio::test]
async fn a_busy_server_gets_the_message_again() {
    let (answers, taken) = send(&[Whim::Busy; 7], 10).await;
    assert!(answers.iter().all(|answer| matches!(answer, Answer::Receipt { .. })), "{answers:?}");
    assert_eq!(taken, all(10));
}

#[tokio::test]
async fn a_broken_stream_loses_nothing() {
    let (answers, mut taken) = send(&[Whim::BreakOff, Whim::Busy, Whim::BreakOff], 10).await;
    assert_eq!(answers.len(), 10);
    taken.dedup();
    assert_eq!(taken, all(10));
}

#[tokio::test]
async fn a_message_that_is_not_to_be_sent_again_is_not() {
    let (answers, taken) = send(&[Whim::Refuse], 3).await;
    assert_eq!(answers.iter().filter(|answer| matches!(answer, Answer::Failed { .. })).count(), 1);
    assert_eq!(taken.len(), 2);
}

#[tokio::test]
async fn sending_again_ends_at_some_time() {
    let whims = [Whim::Busy; ATTEMPTS_MAX as usize];
    let (answers, taken) = send(&whims, 1).await;
    assert!(matches!(answers.as_slice(), [Answer::GaveUp { .. }]), "{answers:?}");
    assert!(taken.is_empty());
}
