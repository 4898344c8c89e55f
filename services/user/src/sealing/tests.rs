use super::*;

const PLAIN: &[u8] = b"what nobody may read";
const PURPOSE: &str = "mails 7";

fn key(byte: u8) -> Secret {
    STANDARD.encode([byte; KEY_BYTES]).into()
}

fn with_keys(bytes: &[u8]) -> Sealer {
    let keys: Vec<_> = bytes.iter().copied().map(key).collect();
    Sealer::new(&keys, &Random::seeded(7)).unwrap()
}

#[test]
fn what_was_sealed_can_be_opened_and_does_not_show() {
    let safe = with_keys(&[1]);
    for plain in [PLAIN, b""] {
        let sealed = safe.seal(PURPOSE, plain).unwrap();
        assert_eq!(safe.open(PURPOSE, &sealed).unwrap(), plain);
        assert!(
            plain.is_empty()
                || !sealed
                    .windows(4)
                    .any(|four| plain.windows(4).any(|p| p == four))
        );
    }
}

#[test]
fn the_same_text_is_never_sealed_alike() {
    let safe = with_keys(&[1]);
    assert_ne!(
        safe.seal(PURPOSE, PLAIN).unwrap(),
        safe.seal(PURPOSE, PLAIN).unwrap()
    );
}

#[test]
fn what_was_sealed_for_one_place_does_not_open_in_another() {
    let safe = with_keys(&[1]);
    let sealed = safe.seal(PURPOSE, PLAIN).unwrap();
    assert_eq!(safe.open("mails 8", &sealed), Err(Error::Damaged));
}

#[test]
fn another_key_does_not_open_and_says_so() {
    let sealed = with_keys(&[1]).seal(PURPOSE, PLAIN).unwrap();
    assert_eq!(
        with_keys(&[2]).open(PURPOSE, &sealed),
        Err(Error::UnknownKey)
    );
    let mut forged = sealed;
    forged[1..=KEY_ID_BYTES].copy_from_slice(&with_keys(&[2]).keys[0].id);
    assert_eq!(with_keys(&[2]).open(PURPOSE, &forged), Err(Error::Damaged));
}

#[test]
fn a_change_of_any_byte_is_noticed_and_so_is_a_cut() {
    let safe = with_keys(&[1]);
    let sealed = safe.seal(PURPOSE, PLAIN).unwrap();
    for place in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[place] ^= 1;
        assert!(safe.open(PURPOSE, &changed).is_err(), "byte {place}");
        assert!(
            safe.open(PURPOSE, &sealed[..place]).is_err(),
            "cut at {place}"
        );
    }
}

#[test]
fn a_key_can_be_changed_without_a_gap() {
    let (old, both, turned, new) = (
        with_keys(&[1]),
        with_keys(&[1, 2]),
        with_keys(&[2, 1]),
        with_keys(&[2]),
    );
    let by_old = old.seal(PURPOSE, PLAIN).unwrap();
    let by_both = both.seal(PURPOSE, PLAIN).unwrap();
    let by_turned = turned.seal(PURPOSE, PLAIN).unwrap();
    assert_eq!(
        old.open(PURPOSE, &by_both).unwrap(),
        PLAIN,
        "the first seals"
    );
    for sealed in [&by_old, &by_both, &by_turned] {
        assert_eq!(both.open(PURPOSE, sealed).unwrap(), PLAIN);
        assert_eq!(turned.open(PURPOSE, sealed).unwrap(), PLAIN);
    }
    assert_eq!(new.open(PURPOSE, &by_turned).unwrap(), PLAIN);
    assert!(turned.is_outdated(&by_old) && !turned.is_outdated(&by_turned));
}

#[test]
fn a_key_that_is_none_is_refused() {
    let refused = |keys: &[Secret]| Sealer::new(keys, &Random::seeded(7)).unwrap_err();
    assert_eq!(refused(&[]), BadKey::Missing);
    for text in ["", "secret", "AAAA", "not base64 !"] {
        assert_eq!(refused(&[key(1), text.into()]), BadKey::Form, "{text}");
    }
    assert!(Sealer::check(&format!("{}\n", key(1).expose()).into()).is_ok());
}

#[test]
fn keys_do_not_show_in_logs() {
    assert_eq!(format!("{:?}", with_keys(&[1])), "Sealer { keys: 1, .. }");
}
