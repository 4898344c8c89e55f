//! Keys as operators give them.

use super::*;

/// From RFC 8410 section 10.3, a key with a public part, which `openssl` does not print but other tools do.
const RFC_8410: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----";

#[test]
fn the_public_key_and_its_id_follow_from_the_private_key() {
    let jwks: serde_json::Value =
        serde_json::from_str(&Signer::from_pem(RFC_8410, "i", "a").unwrap().jwks_json()).unwrap();
    let key = &jwks["keys"][0];
    assert_eq!(key["x"], "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE");
    assert_eq!(key["kty"], "OKP");
    assert_eq!(key["crv"], "Ed25519");
    assert_eq!(key["alg"], "EdDSA");
    assert_eq!(key["use"], "sig");
    assert!(key.get("d").is_none());
    assert_eq!(key["kid"].as_str().unwrap().len(), 43);
}

#[test]
fn a_generated_key_is_good_and_new_each_time() {
    let (one, two) = (
        Signer::generate_pem().unwrap(),
        Signer::generate_pem().unwrap(),
    );
    assert_ne!(one, two);
    assert!(Signer::from_pem(&one, "i", "a").is_ok());
}

#[test]
fn what_is_no_ed25519_key_is_refused_with_a_way_out() {
    let public = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----";
    for text in ["", "secret", public] {
        let error = Signer::from_pem(text, "i", "a").unwrap_err();
        assert!(
            error
                .to_string()
                .contains("openssl genpkey -algorithm ed25519"),
            "{error}"
        );
    }
}

#[test]
fn nothing_prints_the_private_key() {
    let signer = Signer::from_pem(RFC_8410, "i", "a").unwrap();
    assert!(!format!("{signer:?}").contains("1O5y2"), "{signer:?}");
}
