//! Messages are opened for whoever cannot do it.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use prost::Message;
use quicksync::user::v1::{
    SearchUsersRequest, SearchUsersResponse, user_service_client::UserServiceClient,
};
use tonic::{Code, codec::CompressionEncoding, transport::Channel};

use crate::{
    other_teams::{gateway, place},
    support::{
        connect::{END_OF_STREAM, post},
        gateway::Gateway,
        soon,
        weather::{COMPRESS, Forecast, GET_FORECAST, WATCH_FORECAST, Weather},
        web::{SEARCH_USERS, call, frame},
    },
};

fn search(query: &str) -> SearchUsersRequest {
    SearchUsersRequest {
        query: query.to_owned(),
        ..SearchUsersRequest::default()
    }
}

/// In a frame that says so.
fn compressed(message: &impl Message) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&message.encode_to_vec()).unwrap();
    let mut frame = frame(&gzip.finish().unwrap());
    frame[0] = 1;
    frame
}

#[tokio::test]
async fn our_own_services_take_compressed_requests() {
    let gateway = Gateway::start().await;
    let channel = Channel::from_shared(format!("http://{}", gateway.address)).unwrap();
    let channel = channel.connect().await.unwrap();
    let mut users = UserServiceClient::new(channel)
        .send_compressed(CompressionEncoding::Gzip)
        .accept_compressed(CompressionEncoding::Gzip);
    let request = gateway.ada.request(search("squeezed"));
    let answer = soon(users.search_users(request)).await.unwrap();
    assert_eq!(answer.into_inner().next_page_token, "squeezed");

    let by_web = call(SEARCH_USERS, &search(""))
        .header("authorization", gateway.bearer())
        .header("grpc-encoding", "gzip")
        .body(compressed(&search("squeezed")))
        .answer(gateway.address)
        .await;
    let answer: SearchUsersResponse = by_web.message();
    assert_eq!(answer.next_page_token, "squeezed");
}

#[tokio::test]
async fn a_small_message_with_too_much_in_it_is_too_large() {
    let gateway = Gateway::start().await;
    let bomb = compressed(&search(&"x".repeat(8 * 1024 * 1024)));
    assert!(bomb.len() < 64 * 1024);
    let refused = call(SEARCH_USERS, &search(""))
        .header("authorization", gateway.bearer())
        .header("grpc-encoding", "gzip")
        .body(bomb)
        .answer(gateway.address)
        .await;
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert_eq!(refused.reason(), "MESSAGE_TOO_LARGE");
}

#[tokio::test]
async fn what_is_compressed_unasked_is_opened_for_clients_that_cannot() {
    let weather = Weather::start().await;
    let gateway = gateway(&weather, "unmarked_access = 'public'").await;
    for path in [GET_FORECAST, WATCH_FORECAST] {
        let ask = || call(path, &place("Oslo")).header(COMPRESS, "1");
        for request in [ask(), ask().in_text()] {
            let answer = request.answer(gateway.address).await;
            assert_eq!(answer.code(), Code::Ok);
            assert_eq!(answer.message::<Forecast>().place, "Oslo");
            assert!(!answer.headers.contains_key("grpc-encoding"));
        }
    }
}

#[tokio::test]
async fn a_stream_of_connect_is_opened_unless_its_client_reads_gzip() {
    let weather = Weather::start().await;
    let gateway = gateway(&weather, "unmarked_access = 'public'").await;
    let request = frame(&place("Oslo").encode_to_vec());
    let ask = || post(WATCH_FORECAST, "application/connect+proto", request.clone());
    let opened = ask().header(COMPRESS, "1").reply(gateway.address).await;
    assert!(!opened.headers.contains_key("connect-content-encoding"));
    let (first, end) = messages(&opened.body);
    assert_eq!(first.0, 0);
    assert_eq!(Forecast::decode(first.1.as_slice()).unwrap().place, "Oslo");
    assert_eq!(end.0, END_OF_STREAM);

    let closed = ask()
        .header(COMPRESS, "1")
        .header("connect-accept-encoding", "gzip")
        .reply(gateway.address)
        .await;
    assert_eq!(closed.headers["connect-content-encoding"], "gzip");
    assert_eq!(messages(&closed.body).0.0, 1);
}

/// Flags and content of the only message and of the end.
fn messages(body: &[u8]) -> ((u8, Vec<u8>), (u8, Vec<u8>)) {
    let (first, rest) = split(body);
    let (end, rest) = split(rest);
    assert!(rest.is_empty());
    (first, end)
}

fn split(body: &[u8]) -> ((u8, Vec<u8>), &[u8]) {
    let ([flags, length @ ..], rest) = body.split_first_chunk::<5>().unwrap();
    let (content, rest) = rest.split_at(u32::from_be_bytes(*length) as usize);
    ((*flags, content.to_vec()), rest)
}
