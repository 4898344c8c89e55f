//! What is let in, and what is not.

use super::*;
use crate::testing::Issuer;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{EncodingKey, Header};
use serde_json::{Value, json};
use time::macros::datetime;

const NOW: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);
const USER: Uuid = Uuid::from_u128(1);
const SESSION: Uuid = Uuid::from_u128(2);

fn verifier(issuer: &Issuer, clock: &Clock) -> Verifier {
    Verifier::new(&Config::default(), issuer.key_source(), clock.clone())
}

fn good_claims() -> Value {
    json!({"iss": "quicksync", "aud": "quicksync", "sub": USER, "sid": SESSION, "exp": NOW.unix_timestamp() + 60})
}

/// A key of our own, and a verifier that trusts it under the id "k".
fn forge() -> (EncodingKey, Verifier) {
    let private = crate::Signer::generate_pkcs8().unwrap();
    let key = EncodingKey::from_ed_der(&private);
    let signer = crate::Signer::from_pkcs8(&private, "", "").unwrap();
    let jwks = signer.jwks_json();
    let mut jwks: Value = serde_json::from_str(&jwks).unwrap();
    jwks["keys"][0]["kid"] = "k".into();
    let keys = crate::KeySet::from_jwks_json(&jwks.to_string()).unwrap();
    (
        key,
        Verifier::new(
            &Config::default(),
            KeySource::Static(keys),
            Clock::fixed(NOW),
        ),
    )
}

fn header() -> Header {
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some("at+jwt".to_owned());
    header.kid = Some("k".to_owned());
    header
}

async fn verdict(header: &Header, claims: &Value) -> Result<Caller, Error> {
    let (key, verifier) = forge();
    verifier
        .verify(&jsonwebtoken::encode(header, claims, &key).unwrap())
        .await
}

fn without(name: &str) -> Value {
    let mut claims = good_claims();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn with(name: &str, value: impl Into<Value>) -> Value {
    let mut claims = good_claims();
    claims[name] = value.into();
    claims
}

#[tokio::test]
async fn a_good_token_names_its_holder_also_the_second_time() {
    let (issuer, clock) = (Issuer::new(), Clock::fixed(NOW));
    let verifier = verifier(&issuer, &clock);
    let expires_at = NOW + Duration::minutes(10);
    let token = issuer.token(USER, SESSION, expires_at);
    let expected = Caller {
        user_id: USER,
        session_id: SESSION,
        expires_at,
    };
    assert_eq!(verifier.verify(&token).await.unwrap(), expected);
    assert_eq!(verifier.verified.len(), 1);
    assert_eq!(verifier.verify(&token).await.unwrap(), expected);
}

#[tokio::test]
async fn a_remembered_token_ends_when_it_says() {
    let (issuer, clock) = (Issuer::new(), Clock::fixed(NOW));
    let verifier = verifier(&issuer, &clock);
    let token = issuer.token(USER, SESSION, NOW + Duration::seconds(60));
    assert!(verifier.verify(&token).await.is_ok());

    clock.advance(Duration::seconds(60).unsigned_abs());
    assert!(verifier.verify(&token).await.is_ok(), "the leeway of 5 s");
    assert_eq!(
        verifier.verified.len(),
        0,
        "nothing is remembered past its end"
    );

    clock.advance(Duration::seconds(5).unsigned_abs());
    assert!(matches!(verifier.verify(&token).await, Err(Error::Expired)));
}

#[tokio::test]
async fn another_issuers_signature_is_refused() {
    let clock = Clock::fixed(NOW);
    let verifier = verifier(&Issuer::new(), &clock);
    let token = Issuer::new().token(USER, SESSION, NOW + Duration::minutes(1));
    assert!(matches!(
        verifier.verify(&token).await,
        Err(Error::Invalid("unknown key"))
    ));
}

#[tokio::test]
async fn a_changed_token_is_refused() {
    let (issuer, clock) = (Issuer::new(), Clock::fixed(NOW));
    let token = issuer.token(USER, SESSION, NOW + Duration::minutes(1));
    let other = issuer.token(Uuid::from_u128(9), SESSION, NOW + Duration::minutes(1));
    let (body, _) = other.rsplit_once('.').unwrap();
    let (_, signature) = token.rsplit_once('.').unwrap();
    let spliced = format!("{body}.{signature}");
    assert!(matches!(
        verifier(&issuer, &clock).verify(&spliced).await,
        Err(Error::Invalid("signature"))
    ));
}

#[tokio::test]
async fn claims_must_be_there_and_right() {
    assert!(verdict(&header(), &good_claims()).await.is_ok());
    for claim in ["iss", "aud", "sub", "sid", "exp"] {
        assert!(
            matches!(
                verdict(&header(), &without(claim)).await,
                Err(Error::Invalid(_))
            ),
            "without {claim}"
        );
    }
    for (claim, value) in [
        ("iss", json!("another")),
        ("aud", json!("another")),
        ("aud", json!(["another", "yet another"])),
        ("sub", json!("not a uuid")),
        ("sid", json!(7)),
        ("exp", json!(i64::MAX)),
        ("nbf", json!(NOW.unix_timestamp() + 6)),
    ] {
        assert!(
            matches!(
                verdict(&header(), &with(claim, value.clone())).await,
                Err(Error::Invalid(_))
            ),
            "{claim} {value}"
        );
    }
    assert!(
        verdict(&header(), &with("nbf", NOW.unix_timestamp() + 5))
            .await
            .is_ok(),
        "within the leeway"
    );
    assert!(
        verdict(&header(), &with("aud", json!(["another", "quicksync"])))
            .await
            .is_ok()
    );
    assert!(matches!(
        verdict(&header(), &with("exp", NOW.unix_timestamp() - 5)).await,
        Err(Error::Expired)
    ));
}

#[tokio::test]
async fn only_access_tokens_are_let_in() {
    for typ in [None, Some("JWT"), Some("rt+jwt"), Some("application/jwt")] {
        let mut header = header();
        header.typ = typ.map(str::to_owned);
        assert!(
            matches!(
                verdict(&header, &good_claims()).await,
                Err(Error::Invalid("not an access token"))
            ),
            "{typ:?}"
        );
    }
    for typ in ["at+jwt", "AT+JWT", "application/at+jwt"] {
        let mut header = header();
        header.typ = Some(typ.to_owned());
        assert!(verdict(&header, &good_claims()).await.is_ok(), "{typ}");
    }
}

#[tokio::test]
async fn a_public_key_used_as_a_shared_secret_is_refused() {
    let (issuer, clock) = (Issuer::new(), Clock::fixed(NOW));
    let jwks = issuer.jwks_json();
    let key: Value = serde_json::from_str::<Value>(&jwks).unwrap()["keys"][0].take();
    let point = key["x"].as_str().unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(point).unwrap();
    for secret in [
        jwks.as_bytes(),
        key.to_string().as_bytes(),
        point.as_bytes(),
        &bytes,
    ] {
        for alg in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let header = Header {
                alg,
                kid: key["kid"].as_str().map(str::to_owned),
                ..header()
            };
            let secret = EncodingKey::from_secret(secret);
            let token = jsonwebtoken::encode(&header, &good_claims(), &secret).unwrap();
            assert!(matches!(
                verifier(&issuer, &clock).verify(&token).await,
                Err(Error::Invalid("algorithm"))
            ));
        }
    }
}

#[tokio::test]
async fn a_token_without_a_signature_is_refused() {
    let (_, verifier) = forge();
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let header = part(&json!({"alg": alg, "typ": "at+jwt", "kid": "k"}));
        for signature in ["", "AAAA"] {
            let token = format!("{header}.{}.{signature}", part(&good_claims()));
            assert!(
                matches!(verifier.verify(&token).await, Err(Error::Invalid(_))),
                "{alg:?}"
            );
        }
    }
    let signed = part(&json!({"alg": "EdDSA", "typ": "at+jwt", "kid": "k"}));
    let cut = format!("{signed}.{}.", part(&good_claims()));
    assert!(matches!(
        verifier.verify(&cut).await,
        Err(Error::Invalid(_))
    ));
}

#[tokio::test]
async fn a_key_id_is_a_name_and_not_a_place() {
    for kid in [
        "",
        "K",
        "k ",
        "k/../k",
        "../../../../dev/null",
        "/etc/passwd",
        "file:///dev/null",
        "https://attacker.example/jwks.json",
        "k' OR '1'='1",
        "k\u{0}",
    ] {
        let header = Header {
            kid: Some(kid.to_owned()),
            ..header()
        };
        assert!(
            matches!(
                verdict(&header, &good_claims()).await,
                Err(Error::Invalid("unknown key"))
            ),
            "{kid}"
        );
    }
    let without = Header {
        kid: None,
        ..header()
    };
    assert!(matches!(
        verdict(&without, &good_claims()).await,
        Err(Error::Invalid("no key id"))
    ));
}

/// Also where the signature is good: no token of ours has such a header.
#[tokio::test]
async fn a_token_that_brings_its_own_key_is_refused() {
    let (good_key, verifier) = forge();
    let private = crate::Signer::generate_pkcs8().unwrap();
    let attacker = crate::Signer::from_pkcs8(&private, "", "").unwrap();
    let own_key = EncodingKey::from_ed_der(&private);
    let place = Some("https://attacker.example/jwks.json".to_owned());
    for (name, header) in [
        (
            "jku",
            Header {
                jku: place.clone(),
                ..header()
            },
        ),
        (
            "x5u",
            Header {
                x5u: place,
                ..header()
            },
        ),
        (
            "x5c",
            Header {
                x5c: Some(vec!["MII=".to_owned()]),
                ..header()
            },
        ),
        (
            "jwk",
            Header {
                jwk: serde_json::from_str(&attacker.jwk_json()).ok(),
                ..header()
            },
        ),
    ] {
        for key in [&own_key, &good_key] {
            let token = jsonwebtoken::encode(&header, &good_claims(), key).unwrap();
            assert!(
                matches!(
                    verifier.verify(&token).await,
                    Err(Error::Invalid("brings its own key"))
                ),
                "{name}"
            );
        }
    }
    let forged = jsonwebtoken::encode(&header(), &good_claims(), &own_key).unwrap();
    assert!(matches!(
        verifier.verify(&forged).await,
        Err(Error::Invalid("signature"))
    ));
}

#[tokio::test]
async fn an_extension_that_must_be_understood_is_refused() {
    let header = Header {
        crit: Some(vec!["exp".to_owned()]),
        ..header()
    };
    assert!(matches!(
        verdict(&header, &good_claims()).await,
        Err(Error::Invalid("an extension that must be understood"))
    ));
}

#[tokio::test]
async fn a_process_that_publishes_keys_takes_what_it_publishes_now() {
    let (old, new, clock) = (Issuer::new(), Issuer::new(), Clock::fixed(NOW));
    let set = |issuer: &Issuer| crate::KeySet::from_jwks_json(&issuer.jwks_json()).unwrap();
    let token = |issuer: &Issuer| issuer.token(USER, SESSION, NOW + Duration::minutes(1));
    let (published, follows) = tokio::sync::watch::channel(crate::KeySet::default());
    let verifier = Verifier::new(
        &Config {
            keys_refetch_pause_ms: 0,
            ..Config::default()
        },
        KeySource::Own(follows),
        clock,
    );
    assert!(verifier.jwks_json().is_none());
    assert!(matches!(
        verifier.verify(&token(&old)).await,
        Err(Error::KeysUnavailable(crate::KeysError::NotReadYet))
    ));
    published.send_replace(set(&old));
    let of_old = token(&old);
    assert!(verifier.verify(&of_old).await.is_ok());
    published.send_replace(set(&new));
    assert!(verifier.verify(&token(&new)).await.is_ok());
    assert!(
        matches!(
            verifier.verify(&of_old).await,
            Err(Error::Invalid("unknown key"))
        ),
        "its key was withdrawn, so what was remembered is not trusted either"
    );
}

#[tokio::test]
async fn what_is_no_token_is_refused() {
    let (_, verifier) = forge();
    let long = "a".repeat(TOKEN_BYTES_MAX + 1);
    for text in [
        "",
        ".",
        "..",
        "a.b.c",
        "eyJhbGciOiJub25lIn0.e30.",
        "\u{7f}",
        long.as_str(),
    ] {
        assert!(
            matches!(verifier.verify(text).await, Err(Error::Invalid(_))),
            "{text}"
        );
    }
}
