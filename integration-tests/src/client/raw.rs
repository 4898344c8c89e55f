//! Calls of any method with any bytes, for requests that typed stubs cannot make.

use prost::bytes::{Buf as _, BufMut as _, Bytes};
use tokio_stream::StreamExt as _;
use tonic::{
    Request, Status,
    body::Body,
    client::{Grpc, GrpcService},
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    codegen::{Body as HttpBody, StdError, http::uri::PathAndQuery},
};

use super::Person;

impl Person {
    /// Sends `body` to the method at `path` (`/package.Service/Method`) and gives the first message of the answer, whether
    /// that is one or a stream.
    pub async fn call(&self, path: &str, body: Vec<u8>) -> Result<Bytes, Status> {
        first_answer(Grpc::new(self.authorized()), path, body).await
    }

    /// As [`Person::call`], without an access token.
    pub async fn call_signed_out(&self, path: &str, body: Vec<u8>) -> Result<Bytes, Status> {
        first_answer(Grpc::new(self.channel.clone()), path, body).await
    }
}

async fn first_answer<T>(mut client: Grpc<T>, path: &str, body: Vec<u8>) -> Result<Bytes, Status>
where
    T: GrpcService<Body>,
    T::ResponseBody: HttpBody<Data = Bytes> + Send + 'static,
    <T::ResponseBody as HttpBody>::Error: Into<StdError>,
    T::Error: Into<StdError>,
{
    let path = PathAndQuery::try_from(path).map_err(|error| Status::internal(error.to_string()))?;
    client
        .ready()
        .await
        .map_err(|error| Status::unavailable(error.into().to_string()))?;
    let mut answer = client
        .server_streaming(Request::new(body), path, Untyped)
        .await?
        .into_inner();
    answer
        .next()
        .await
        .unwrap_or_else(|| Err(Status::data_loss("the answer has no message")))
}

/// Bytes as they are.
#[derive(Clone, Copy, Debug)]
struct Untyped;

impl Codec for Untyped {
    type Encode = Vec<u8>;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Untyped {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, body: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&body);
        Ok(())
    }
}

impl Decoder for Untyped {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}
