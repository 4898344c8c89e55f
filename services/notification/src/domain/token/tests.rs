use proptest::prelude::*;

use super::*;

const OFFSETS_END: i64 = 1 << 40;

fn codec(epoch: u32) -> Codec {
    Codec::new(b"0123456789abcdef0123456789abcdef", epoch)
}

proptest! {
    #[test]
    fn a_token_says_what_was_put_in(positions in prop::collection::vec(0..OFFSETS_END, 0..=PARTITIONS_MAX)) {
        let token = codec(3).encode(&positions);
        prop_assert!(token.len() <= TOKEN_BYTES_MAX);
        prop_assert_eq!(codec(3).decode(&token), Ok(Token::Positions(positions)));
    }

    #[test]
    fn a_token_with_any_bit_flipped_is_refused(positions in prop::collection::vec(0..OFFSETS_END, 1..20), bit in any::<prop::sample::Index>()) {
        let mut token = codec(3).encode(&positions).to_vec();
        let bit = bit.index(token.len() * 8);
        token[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(codec(3).decode(&token), Err(Invalid));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        prop_assert_eq!(codec(3).decode(&bytes), Err(Invalid));
    }
}

#[test]
fn a_token_of_another_epoch_is_told_apart() {
    assert_eq!(
        codec(4).decode(&codec(3).encode(&[1])),
        Ok(Token::OtherEpoch)
    );
}

#[test]
fn a_token_of_another_key_is_refused() {
    let other = Codec::new(b"another key, just as long as the 1st", 3);
    assert_eq!(codec(3).decode(&other.encode(&[1])), Err(Invalid));
}
