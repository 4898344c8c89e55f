use proptest::prelude::*;

use super::{Frames, TooLarge};

const LIMIT: u32 = 1000;

fn framed(lengths: &[u32]) -> Vec<u8> {
    let mut stream = Vec::new();
    for &length in lengths {
        stream.push(0);
        stream.extend(length.to_be_bytes());
        stream.extend(vec![0xff; length as usize]);
    }
    stream
}

proptest! {
    #[test]
    fn boundaries_are_found_however_the_stream_is_cut(
        lengths in prop::collection::vec(0..=LIMIT, 0..8),
        piece_bytes in 1_usize..700,
    ) {
        let stream = framed(&lengths);
        let mut boundaries = vec![0];
        for length in &lengths {
            boundaries.push(boundaries[boundaries.len() - 1] + 5 + *length as usize);
        }
        let mut frames = Frames::new(LIMIT);
        let mut position = 0;
        for piece in stream.chunks(piece_bytes) {
            prop_assert_eq!(frames.advance(piece), Ok(()));
            position += piece.len();
            let begun = boundaries[..lengths.len()].iter().filter(|begin| **begin + 5 <= position);
            prop_assert_eq!(frames.messages(), begun.count() as u64);
            prop_assert_eq!(frames.is_between_messages(), boundaries.contains(&position));
        }
    }
}

#[test]
fn a_message_beyond_the_limit_is_refused_by_its_header() {
    let mut frames = Frames::new(LIMIT);
    frames.advance(&framed(&[LIMIT])).unwrap();
    frames.advance(&[0, 0, 0, 3]).unwrap();
    assert_eq!(
        frames.advance(&[233]),
        Err(TooLarge {
            message_bytes: 1001
        })
    );
}
