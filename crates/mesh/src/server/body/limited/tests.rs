use bytes::Bytes;
use futures::stream;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use proptest::prelude::*;
use tonic::{Code, Status};

use super::Limited;

fn message(length: usize) -> Vec<u8> {
    let mut message = vec![0];
    message.extend(u32::try_from(length).unwrap().to_be_bytes());
    message.resize(message.len() + length, 7);
    message
}

/// Reads `bytes` in pieces of at most `piece`.
fn read(bytes: &[u8], piece: usize, message_bytes_max: usize) -> Result<Bytes, Status> {
    let frames = bytes
        .chunks(piece)
        .map(|chunk| Ok::<_, Status>(Frame::data(Bytes::copy_from_slice(chunk))));
    let body = StreamBody::new(stream::iter(frames.collect::<Vec<_>>()));
    let collected = futures::executor::block_on(Limited::new(body, message_bytes_max).collect())?;
    Ok(collected.to_bytes())
}

proptest! {
    #[test]
    fn messages_are_followed_through_pieces_of_any_size(
        lengths in prop::collection::vec(0_usize..40, 0..6),
        piece in 1_usize..50,
        max in 0_usize..40,
    ) {
        let bytes: Vec<u8> = lengths.iter().flat_map(|&length| message(length)).collect();
        match read(&bytes, piece, max) {
            Ok(passed) => {
                prop_assert!(lengths.iter().all(|&length| length <= max));
                prop_assert_eq!(passed, bytes);
            }
            Err(status) => {
                prop_assert!(lengths.iter().any(|&length| length > max));
                prop_assert_eq!(status.code(), Code::ResourceExhausted);
            }
        }
    }
}
