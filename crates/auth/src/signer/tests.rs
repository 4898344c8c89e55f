//! Keys and what follows from them.

use super::*;

/// The seed of RFC 8410 section 10.3 in PKCS#8.
const RFC_8410: [u8; 48] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    0xd4, 0xee, 0x72, 0xdb, 0xf9, 0x13, 0x58, 0x4a, 0xd5, 0xb6, 0xd8, 0xf1, 0xf7, 0x69, 0xf8, 0xad,
    0x3a, 0xfe, 0x7c, 0x28, 0xcb, 0xf1, 0xd4, 0xfb, 0xe0, 0x97, 0xa8, 0x8f, 0x44, 0x75, 0x58, 0x42,
];

#[test]
fn the_public_key_and_its_id_follow_from_the_private_key() {
    let signer = Signer::from_pkcs8(&RFC_8410, "i", "a").unwrap();
    let jwks: serde_json::Value = serde_json::from_str(&signer.jwks_json()).unwrap();
    let key = &jwks["keys"][0];
    assert_eq!(key["x"], "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE");
    assert_eq!(key["kty"], "OKP");
    assert_eq!(key["crv"], "Ed25519");
    assert_eq!(key["alg"], "EdDSA");
    assert_eq!(key["use"], "sig");
    assert!(key.get("d").is_none());
    assert_eq!(key["kid"], signer.kid());
    assert_eq!(signer.kid().len(), 43);
    let alone: serde_json::Value = serde_json::from_str(&signer.jwk_json()).unwrap();
    assert_eq!(alone, *key);
}

#[test]
fn a_generated_key_is_good_and_new_each_time() {
    let (one, two) = (
        Signer::generate_pkcs8().unwrap(),
        Signer::generate_pkcs8().unwrap(),
    );
    assert_ne!(one, two);
    assert!(Signer::from_pkcs8(&one, "i", "a").is_ok());
}

#[test]
fn what_is_no_ed25519_key_is_refused() {
    let mut x25519 = RFC_8410;
    x25519[11] = 0x6e;
    for bytes in [b"".as_slice(), b"secret", &RFC_8410[16..], &x25519] {
        let error = Signer::from_pkcs8(bytes, "i", "a").unwrap_err();
        assert!(matches!(error, SignerError::BadKey), "{error}");
    }
}

#[test]
fn nothing_prints_the_private_key() {
    let signer = Signer::from_pkcs8(&RFC_8410, "i", "a").unwrap();
    let shown = format!("{signer:?}");
    assert!(
        !shown.contains("1O5y2") && !shown.contains("212, 238"),
        "{shown}"
    );
}
