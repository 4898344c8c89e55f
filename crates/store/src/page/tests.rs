use super::*;

#[test]
fn a_token_gives_its_fields_back() {
    let query = Query::new("ListMessages", &[b"conversation", b"newest"]);
    let id = Uuid::from_u128(42);
    let token = Token::new(query).int(-7).uuid(id).text("grüße").encode();
    let mut fields = Token::decode(&token, query).unwrap();
    assert_eq!(fields.int(), Ok(-7));
    assert_eq!(fields.uuid(), Ok(id));
    assert_eq!(fields.text().unwrap(), "grüße");
    assert_eq!(fields.finish(), Ok(()));
}

#[test]
fn a_token_of_another_query_is_refused() {
    let token = Token::new(Query::new("a", &[b"bc"])).int(1).encode();
    for other in [
        Query::new("ab", &[b"c"]),
        Query::new("a", &[b"b", b"c"]),
        Query::new("a", &[]),
    ] {
        assert!(Token::decode(&token, other).is_err());
    }
}

#[test]
fn a_damaged_token_is_refused() {
    let query = Query::new("a", &[]);
    let token = Token::new(query).int(1).encode();
    for at in 0..token.len() {
        let mut damaged = token.clone().into_bytes();
        damaged[at] = if damaged[at] == b'A' { b'B' } else { b'A' };
        assert!(
            Token::decode(std::str::from_utf8(&damaged).unwrap(), query).is_err(),
            "byte {at}"
        );
    }
    for nonsense in ["", "x", "AAAA", "====", "\u{fffd}", &"A".repeat(2_000)] {
        assert!(Token::decode(nonsense, query).is_err());
    }
}

#[test]
fn a_token_with_more_or_fewer_fields_is_refused() {
    let query = Query::new("a", &[]);
    let mut fields = Token::decode(&Token::new(query).int(1).encode(), query).unwrap();
    assert!(fields.clone().finish().is_err());
    fields.int().unwrap();
    assert!(fields.int().is_err());
    assert!(fields.text().is_err());
}
