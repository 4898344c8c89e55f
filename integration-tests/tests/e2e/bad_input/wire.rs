//! Bodies that are too large or are no messages at all.

use prost::{
    Message as _,
    bytes::BufMut as _,
    encoding::{WireType, encode_key, encode_varint},
};
use prost_reflect::Kind;
use tonic::Code;

use super::world::World;
use crate::calls;

const TOO_LARGE_BYTES: usize = 4 * 1024 * 1024;
/// A continuation byte without a beginning.
const NOT_UTF8: [u8; 2] = [b'a', 0x80];

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_four_megabytes_is_refused_by_every_method_at_every_door() {
    let world = World::new().await;
    let before = world.belongings().await;
    for method in calls::for_people() {
        let mut body = method.good_request(&world.subject).encode_to_vec();
        // A field that nobody knows would be skipped, if it were let in.
        encode_key(10_000, WireType::LengthDelimited, &mut body);
        encode_varint(TOO_LARGE_BYTES as u64, &mut body);
        body.put_bytes(b'x', TOO_LARGE_BYTES);
        let mut doors = vec![world.mesh.gateway_url()];
        doors.extend(world.mesh.plan().endpoints(method.service()));
        for url in doors {
            let ada = world.ada.at(&url).unwrap();
            let status = ada.call(&method.path, body.clone()).await.unwrap_err();
            assert_eq!(
                status.code(),
                Code::ResourceExhausted,
                "{} at {url}: {status:?}",
                method.path
            );
        }
    }
    world.assert_unchanged(&before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_no_message_is_the_fault_of_the_caller() {
    let world = World::new().await;
    let before = world.belongings().await;
    for method in calls::for_people() {
        let mut bodies = vec![vec![0xff; 16], vec![0x0a, 0x7f]];
        for field in method.request.fields() {
            if field.kind() == Kind::String {
                let mut body = Vec::new();
                encode_key(field.number(), WireType::LengthDelimited, &mut body);
                encode_varint(NOT_UTF8.len() as u64, &mut body);
                body.extend(NOT_UTF8);
                bodies.push(body);
            }
        }
        for body in bodies {
            let answer = world.ada.call(&method.path, body.clone()).await;
            let status = answer.unwrap_err();
            assert_eq!(
                status.code(),
                Code::InvalidArgument,
                "{} {body:x?}: {status:?}",
                method.path
            );
        }
    }
    world.assert_unchanged(&before).await;
}
