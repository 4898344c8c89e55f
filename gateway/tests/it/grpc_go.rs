//! A service of another team in a server of another library: grpc-go, in a process of its own, which describes itself by
//! reflection. Its source is `integration-tests/conformance/grpc-go`.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use prost::Message;
use serde_json::{Value, json};
use tonic::{Code, Request, transport::Channel};
use tonic_prost::ProstCodec;

use crate::{
    other_teams::gateway_with,
    support::{
        connect::{END_OF_STREAM, envelope, post},
        gateway::Gateway,
        soon,
        web::call,
    },
};

/// Where `scripts/conformance.sh` puts it.
const PROGRAM: &str = "../target/conformance/other-team";
const UNARY_CALL: &str = "/grpc.testing.TestService/UnaryCall";
const STREAMING_OUTPUT_CALL: &str = "/grpc.testing.TestService/StreamingOutputCall";

#[derive(Clone, PartialEq, Message)]
struct Payload {
    #[prost(bytes = "vec", tag = "2")]
    body: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct SimpleRequest {
    #[prost(message, optional, tag = "3")]
    payload: Option<Payload>,
}

#[derive(Clone, PartialEq, Message)]
struct SimpleResponse {
    #[prost(message, optional, tag = "1")]
    payload: Option<Payload>,
}

/// The running server. It ends with its input, which is closed when this is dropped.
struct OtherTeam {
    process: Child,
    endpoint: String,
}

impl OtherTeam {
    fn start() -> Self {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join(PROGRAM);
        let mut process = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut address)
            .unwrap();
        Self {
            process,
            endpoint: format!("http://{}", address.trim()),
        }
    }

    /// What an operator adds to the gateway's file.
    fn configuration(&self) -> String {
        format!(
            "[upstreams.go]
            services = ['grpc.testing.TestService']
            reflection = true
            unmarked_access = 'public'
            client.endpoints = ['{}']",
            self.endpoint
        )
    }
}

impl Drop for OtherTeam {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // It is a test's: whether it ended well says nothing about the gateway.
        let _ = self.process.wait();
    }
}

fn hello() -> Payload {
    let body = b"hello".to_vec();
    Payload { body }
}

/// `hello` in JSON.
fn hello_json() -> Value {
    json!({ "payload": { "body": "aGVsbG8=" } })
}

async fn until_known(gateway: &Gateway) {
    let known = async {
        let ask = || call(UNARY_CALL, &()).answer(gateway.address);
        while ask().await.code() == Code::Unavailable {}
    };
    soon(known).await;
}

#[tokio::test]
#[ignore = "needs Go: scripts/conformance.sh builds the server and runs this"]
async fn a_server_of_grpc_go_that_tells_of_itself_is_reachable_by_every_protocol() {
    let team = OtherTeam::start();
    let gateway = gateway_with(&team.configuration()).await;
    until_known(&gateway).await;
    let request = SimpleRequest {
        payload: Some(hello()),
    };

    let by_grpc_web = call(UNARY_CALL, &request).answer(gateway.address).await;
    assert_eq!(
        by_grpc_web.message::<SimpleResponse>().payload,
        Some(hello())
    );

    let channel = Channel::from_shared(format!("http://{}", gateway.address)).unwrap();
    let mut client = tonic::client::Grpc::new(channel.connect().await.unwrap());
    client.ready().await.unwrap();
    let codec = ProstCodec::<SimpleRequest, SimpleResponse>::default();
    let by_grpc = client.unary(
        Request::new(request.clone()),
        UNARY_CALL.parse().unwrap(),
        codec,
    );
    assert_eq!(
        soon(by_grpc).await.unwrap().into_inner().payload,
        Some(hello())
    );

    let by_connect = post(UNARY_CALL, "application/proto", request.encode_to_vec())
        .reply(gateway.address)
        .await;
    let answer = SimpleResponse::decode(by_connect.body).unwrap();
    assert_eq!(answer.payload, Some(hello()));

    let by_json = post(UNARY_CALL, "application/json", hello_json().to_string())
        .reply(gateway.address)
        .await;
    assert_eq!(by_json.json(), hello_json());
}

#[tokio::test]
#[ignore = "needs Go: scripts/conformance.sh builds the server and runs this"]
async fn streams_and_errors_of_grpc_go_arrive_in_json() {
    let team = OtherTeam::start();
    let gateway = gateway_with(&team.configuration()).await;
    until_known(&gateway).await;

    let mut twice = hello_json();
    twice["responseParameters"] = json!([{ "size": 5 }, { "size": 5 }]);
    let content_type = "application/connect+json";
    let stream = post(
        STREAMING_OUTPUT_CALL,
        content_type,
        envelope(&twice.to_string()),
    )
    .reply(gateway.address)
    .await;
    let expected = [
        (0, hello_json()),
        (0, hello_json()),
        (END_OF_STREAM, json!({})),
    ];
    assert_eq!(stream.envelopes(), expected);

    let not_found = r#"{"responseStatus":{"code":5,"message":"there is none"}}"#;
    let error = post(UNARY_CALL, "application/json", not_found)
        .reply(gateway.address)
        .await;
    assert_eq!(error.status, 404);
    let expected = json!({ "code": "not_found", "message": "there is none" });
    assert_eq!(error.json(), expected);
}
