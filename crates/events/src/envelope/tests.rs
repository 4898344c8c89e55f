use bytes::Bytes;

use super::*;

fn record(key: &[u8], payload: Vec<u8>) -> Record {
    Record {
        partition: 0,
        offset: 0,
        timestamp_ms: 0,
        key: Bytes::copy_from_slice(key),
        payload: payload.into(),
    }
}

#[test]
fn an_event_survives_the_way_there_and_back() {
    let id = Uuid::from_u128(7);
    let event = ConversationEvent {
        conversation_id: id.to_string(),
        revision: 3,
        ..Default::default()
    };
    let (key, value) = encode(id, &event);
    let (back_id, back) = decode(&record(&key, value)).unwrap();
    assert_eq!((back_id, back), (id, event));
}

#[test]
fn a_record_that_is_no_event_is_told_apart() {
    let id = Uuid::from_u128(7);
    let event = ConversationEvent {
        conversation_id: Uuid::from_u128(8).to_string(),
        ..Default::default()
    };
    let (key, value) = encode(id, &event);
    assert!(matches!(
        decode(&record(&key, value)),
        Err(EnvelopeError::Mismatch { .. })
    ));
    assert!(matches!(
        decode(&record(&key[..3], Vec::new())),
        Err(EnvelopeError::Key(3))
    ));
    assert!(matches!(
        decode(&record(&key, vec![0xff])),
        Err(EnvelopeError::Value(_))
    ));
}
