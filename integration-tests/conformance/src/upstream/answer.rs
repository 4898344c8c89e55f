//! The answer to one call.

use std::{collections::BTreeMap, time::Duration};

use futures::{
    StreamExt as _, TryStreamExt as _,
    stream::{self, BoxStream},
};
use prost::Message as _;
use prost_types::Any;
use tokio::time::sleep;
use tonic::{
    Code, Request, Response, Status, Streaming,
    metadata::{AsciiMetadataKey, KeyAndValueRef, MetadataMap},
};

use super::asked::{Asked, Definition};
use crate::protos::{ConformancePayload, Error, Header, conformance_payload::RequestInfo};

/// A call whose answer is under way.
struct Answering<Q> {
    definition: Definition,
    /// Headers and deadline, which the first answer tells.
    arrived: RequestInfo,
    /// Requests that no answer has told yet.
    requests: Vec<Any>,
    /// Where more of them come from, one for each answer.
    more: Option<Streaming<Q>>,
    sent: usize,
    has_ended: bool,
}

/// The answers to what `request` brings. Its trailers are an error with the code OK at the end: tonic knows no other way.
pub(super) async fn begin<Q, A>(
    request: Request<Streaming<Q>>,
) -> Result<Response<BoxStream<'static, Result<A, Status>>>, Status>
where
    Q: Asked,
    A: From<ConformancePayload> + Send + 'static,
{
    let (metadata, _, mut requests) = request.into_parts();
    let arrived = RequestInfo {
        request_headers: headers_of(&metadata),
        timeout_ms: timeout_ms(&metadata)?,
        ..RequestInfo::default()
    };
    let first = requests.message().await?;
    let definition = first.as_ref().map(Q::definition).unwrap_or_default();
    let mut told: Vec<Any> = first.iter().map(described).collect();
    let more = if definition.is_full_duplex {
        Some(requests)
    } else {
        let rest: Vec<Q> = requests.try_collect().await?;
        told.extend(rest.iter().map(described));
        None
    };
    let headers = metadata_of(&definition.headers);
    let answering = Answering {
        definition,
        arrived,
        requests: told,
        more,
        sent: 0,
        has_ended: false,
    };
    if headers.is_empty() && answering.definition.data.is_empty() {
        // What is nothing but a status travels as one piece.
        return Err(answering.end());
    }
    let answers = stream::unfold(answering, Answering::next)
        .map(|payload| payload.map(A::from))
        .boxed();
    let mut response = Response::new(answers);
    *response.metadata_mut() = headers;
    Ok(response)
}

impl<Q: Asked> Answering<Q> {
    async fn next(mut self) -> Option<(Result<ConformancePayload, Status>, Self)> {
        if self.has_ended {
            return None;
        }
        if self.sent > 0
            && let Err(status) = self.take_request().await
        {
            self.has_ended = true;
            return Some((Err(status), self));
        }
        let Some(data) = self.definition.data.get(self.sent).cloned() else {
            self.has_ended = true;
            let end = self.end();
            return Some((Err(end), self));
        };
        sleep(Duration::from_millis(self.definition.delay_ms.into())).await;
        let payload = ConformancePayload {
            data,
            request_info: self.tell(),
        };
        self.sent += 1;
        Some((Ok(payload), self))
    }

    /// In turns: an answer for a request, as long as requests come.
    async fn take_request(&mut self) -> Result<(), Status> {
        if let Some(more) = &mut self.more {
            match more.message().await? {
                Some(request) => self.requests.push(described(&request)),
                None => self.more = None,
            }
        }
        Ok(())
    }

    /// What arrived since the answer before.
    fn tell(&mut self) -> Option<RequestInfo> {
        let requests = std::mem::take(&mut self.requests);
        if self.sent == 0 {
            return Some(RequestInfo {
                requests,
                ..self.arrived.clone()
            });
        }
        (!requests.is_empty()).then(|| RequestInfo {
            requests,
            ..RequestInfo::default()
        })
    }

    fn end(&self) -> Status {
        let trailers = metadata_of(&self.definition.trailers);
        let Some(error) = self.definition.error.clone() else {
            return Status::with_metadata(Code::Ok, "", trailers);
        };
        let Error {
            code,
            message,
            mut details,
        } = error;
        if self.sent == 0 {
            details.push(described(&RequestInfo {
                requests: self.requests.clone(),
                ..self.arrived.clone()
            }));
        }
        let message = message.unwrap_or_default();
        let details = tonic_types::Status {
            code,
            message: message.clone(),
            details,
        };
        let details = details.encode_to_vec().into();
        Status::with_details_and_metadata(Code::from_i32(code), message, details, trailers)
    }
}

fn described<M: prost::Name>(message: &M) -> Any {
    Any::from_msg(message).expect("a vector takes any message")
}

/// The fields of `metadata`, those of one name together.
fn headers_of(metadata: &MetadataMap) -> Vec<Header> {
    let mut headers = BTreeMap::<&str, Vec<String>>::new();
    for field in metadata.iter() {
        let (name, value) = match field {
            KeyAndValueRef::Ascii(name, value) => (name.as_str(), value.as_encoded_bytes()),
            KeyAndValueRef::Binary(name, value) => (name.as_str(), value.as_encoded_bytes()),
        };
        let value = String::from_utf8_lossy(value).into_owned();
        headers.entry(name).or_default().push(value);
    }
    headers
        .into_iter()
        .map(|(name, value)| Header {
            name: name.to_owned(),
            value,
        })
        .collect()
}

/// Fields that cannot be sent are left out: the runner misses them.
fn metadata_of(headers: &[Header]) -> MetadataMap {
    let mut metadata = MetadataMap::new();
    for Header { name, value } in headers {
        let Ok(name) = name.to_ascii_lowercase().parse::<AsciiMetadataKey>() else {
            continue;
        };
        for value in value.iter().filter_map(|value| value.parse().ok()) {
            metadata.append(name.clone(), value);
        }
    }
    metadata
}

fn timeout_ms(metadata: &MetadataMap) -> Result<Option<i64>, Status> {
    let timeout = mesh::deadline::read(metadata.as_ref())?;
    Ok(timeout.and_then(|timeout| i64::try_from(timeout.as_millis()).ok()))
}
