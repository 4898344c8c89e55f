//! The echo service over tonic: what all calls end at.

use std::{net::SocketAddr, pin::Pin};

use anyhow::Result;
use futures::{Stream, StreamExt as _, stream};
use tonic::{
    Request, Response, Status,
    transport::{Server, server::TcpIncoming},
};

use crate::protos::{
    EchoRequest, EchoResponse, HoldRequest, HoldResponse, RepeatRequest, RepeatResponse,
    echo_service_server::{EchoService, EchoServiceServer},
};

/// As the proto says.
const TIMES_MAX: u32 = 10_000;

struct Echo;

/// Serves at a loopback port until this process is ended.
pub(crate) async fn serve(port: u16) -> Result<()> {
    // The setting of the same name at the server is for connections that it accepts itself.
    let incoming =
        TcpIncoming::bind(SocketAddr::from(([127, 0, 0, 1], port)))?.with_nodelay(Some(true));
    Server::builder()
        .add_service(EchoServiceServer::new(Echo))
        .serve_with_incoming(incoming)
        .await?;
    Ok(())
}

#[tonic::async_trait]
impl EchoService for Echo {
    type RepeatStream = Pin<Box<dyn Stream<Item = Result<RepeatResponse, Status>> + Send>>;
    type HoldStream = Pin<Box<dyn Stream<Item = Result<HoldResponse, Status>> + Send>>;

    async fn echo(&self, request: Request<EchoRequest>) -> Result<Response<EchoResponse>, Status> {
        let message = request.into_inner().message;
        Ok(Response::new(EchoResponse { message }))
    }

    async fn repeat(
        &self,
        request: Request<RepeatRequest>,
    ) -> Result<Response<Self::RepeatStream>, Status> {
        let RepeatRequest { message, times } = request.into_inner();
        if times > TIMES_MAX {
            return Err(Status::invalid_argument("times: at most 10000"));
        }
        let answers = stream::repeat(RepeatResponse { message }).map(Ok);
        Ok(Response::new(answers.take(times as usize).boxed()))
    }

    async fn hold(
        &self,
        request: Request<HoldRequest>,
    ) -> Result<Response<Self::HoldStream>, Status> {
        let message = request.into_inner().message;
        let first = stream::once(async { Ok(HoldResponse { message }) });
        Ok(Response::new(first.chain(stream::pending()).boxed()))
    }
}
