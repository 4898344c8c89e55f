//! The address that the browser is sent to.

use super::*;

#[test]
fn the_challenge_is_the_hash_of_the_verifier() {
    // RFC 7636, appendix B.
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    assert_eq!(
        URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)),
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    );
    let proof = Proof::new(&Random::seeded(1));
    assert_eq!((proof.verifier.len(), proof.challenge.len()), (43, 43));
    assert_ne!(proof.verifier, Proof::new(&Random::seeded(2)).verifier);
}

#[test]
fn the_return_address_is_escaped() {
    assert_eq!(
        start_url("http://gateway", "demo", "http://127.0.0.1:1/x", "abc"),
        "http://gateway/auth/demo/start?return_to=http%3A%2F%2F127.0.0.1%3A1%2Fx&code_challenge=abc"
    );
}

#[test]
fn a_provider_cannot_be_a_path() {
    for bad in ["", "../x", "a/b", "Google", "a?b"] {
        assert!(!is_provider_id(bad), "{bad}");
    }
    assert!(is_provider_id("demo-2"));
}
