//! What a server says about its own services: `grpc.reflection.v1`.
//!
//! Some servers answer with a file and all that it imports, others with the file alone: whatever is missing is asked for by its
//! name, until nothing is. What comes is bounded: the server is of another team.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use bytes::Bytes;
use mesh::client::Channel;
use prost::Message;
use tokio::{sync::mpsc, time::timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, ServerReflectionResponse,
    server_reflection_client::ServerReflectionClient, server_reflection_request::MessageRequest,
    server_reflection_response::MessageResponse,
};

/// For all questions together.
const TIMEOUT: Duration = Duration::from_secs(5);
/// A large service imports some dozens.
const FILES_MAX: usize = 1_000;
const BYTES_MAX: usize = 16 * 1024 * 1024;

/// The server does not say what its services look like.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// It could not be asked, or does not speak of itself.
    #[error("the server cannot be asked for its descriptors: {:?}: {}", .0.code(), .0.message())]
    Call(#[source] Box<Status>),
    /// It knows nothing of what was asked for.
    #[error("the server does not know {about}: {message}")]
    Unknown {
        /// Name of a service or of a file.
        about: String,
        /// What it says itself.
        message: String,
    },
    /// It answers something else.
    #[error("the server does not answer as grpc.reflection.v1 has it")]
    Protocol,
    /// There is no end to it.
    #[error("the server has more than {FILES_MAX} files or {BYTES_MAX} bytes of descriptors")]
    TooMuch,
    /// It is too slow.
    #[error("the server took more than {} s to describe its services", TIMEOUT.as_secs())]
    Timeout,
}

/// The same bytes on the wire as a `FileDescriptorSet`, but nothing is lost of options that this build does not know.
#[derive(Clone, PartialEq, Message)]
struct RawSet {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    file: Vec<Bytes>,
}

/// Of a file, what says where it belongs.
#[derive(Clone, PartialEq, Message)]
struct RawFile {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, repeated, tag = "3")]
    dependency: Vec<String>,
}

/// One stream of questions and answers.
struct Dialogue {
    client: ServerReflectionClient<Channel>,
    questions: mpsc::Sender<ServerReflectionRequest>,
    /// Until the stream is opened.
    asked: Option<mpsc::Receiver<ServerReflectionRequest>>,
    answers: Option<Streaming<ServerReflectionResponse>>,
}

/// The `FileDescriptorSet` of `services` and of all that they import, the same bytes for the same files.
pub(crate) async fn fetch(channel: Channel, services: &[String]) -> Result<Vec<u8>, Error> {
    timeout(TIMEOUT, gather(channel, services))
        .await
        .unwrap_or(Err(Error::Timeout))
}

async fn gather(channel: Channel, services: &[String]) -> Result<Vec<u8>, Error> {
    let mut dialogue = Dialogue::new(channel);
    let mut files = BTreeMap::new();
    let mut missing = VecDeque::new();
    for service in services {
        let question = MessageRequest::FileContainingSymbol(service.clone());
        for file in dialogue.ask(service, question).await? {
            take(file, &mut files, &mut missing)?;
        }
    }
    while let Some(name) = missing.pop_front() {
        if files.contains_key(&name) {
            continue;
        }
        let question = MessageRequest::FileByFilename(name.clone());
        for file in dialogue.ask(&name, question).await? {
            take(file, &mut files, &mut missing)?;
        }
        if !files.contains_key(&name) {
            return Err(Error::Protocol);
        }
    }
    let file = files.into_values().collect();
    Ok(RawSet { file }.encode_to_vec())
}

fn take(
    file: Bytes,
    files: &mut BTreeMap<String, Bytes>,
    missing: &mut VecDeque<String>,
) -> Result<(), Error> {
    let RawFile { name, dependency } =
        RawFile::decode(file.clone()).map_err(|_| Error::Protocol)?;
    if files.insert(name, file).is_none() {
        missing.extend(dependency);
    }
    let bytes: usize = files.values().map(Bytes::len).sum();
    if files.len() > FILES_MAX || bytes > BYTES_MAX {
        return Err(Error::TooMuch);
    }
    Ok(())
}

impl Dialogue {
    fn new(channel: Channel) -> Self {
        let (questions, asked) = mpsc::channel(1);
        Self {
            client: ServerReflectionClient::new(channel).max_decoding_message_size(BYTES_MAX),
            questions,
            asked: Some(asked),
            answers: None,
        }
    }

    /// The files that answer `question`, which is about `about`.
    async fn ask(&mut self, about: &str, question: MessageRequest) -> Result<Vec<Bytes>, Error> {
        let request = ServerReflectionRequest {
            host: String::new(),
            message_request: Some(question),
        };
        // A server that has gone says why in its answers.
        let _ = self.questions.send(request).await;
        match self.answer().await?.message_response {
            Some(MessageResponse::FileDescriptorResponse(files)) => {
                let files = files.file_descriptor_proto.into_iter();
                Ok(files.map(Bytes::from).collect())
            }
            Some(MessageResponse::ErrorResponse(error)) => Err(Error::Unknown {
                about: about.to_owned(),
                message: error.error_message,
            }),
            _ => Err(Error::Protocol),
        }
    }

    /// The next one. The stream is opened with the first question in it: some servers say nothing, not even that they take
    /// the call, before they have one.
    async fn answer(&mut self) -> Result<ServerReflectionResponse, Error> {
        let failed = |status| Error::Call(Box::new(status));
        if let Some(asked) = self.asked.take() {
            let asked = ReceiverStream::new(asked);
            let answers = self.client.server_reflection_info(asked).await;
            self.answers = Some(answers.map_err(failed)?.into_inner());
        }
        let answers = self.answers.as_mut().ok_or(Error::Protocol)?;
        let answer = answers.message().await.map_err(failed)?;
        answer.ok_or(Error::Protocol)
    }
}
