//! What the ring signs with, and when it does not.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use time::{Duration as Span, macros::datetime};
use uuid::Uuid;

use super::*;

const NOW: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);
const STALE_AFTER: Duration = Duration::from_secs(150);

fn key(signs_from: OffsetDateTime) -> Opened {
    let private = Signer::generate_pkcs8().unwrap();
    Opened {
        signer: Signer::from_pkcs8(&private, "quicksync", "quicksync").unwrap(),
        signs_from,
    }
}

impl Ring {
    /// With a key that signs from then on, and is never stale.
    pub(crate) fn with_one_key(signs_from: OffsetDateTime) -> Self {
        let ring = Self::new(Duration::MAX);
        ring.replace(vec![key(signs_from)], Instant::now()).unwrap();
        ring
    }
}

fn grant(issued_at: OffsetDateTime) -> Grant {
    Grant {
        token_id: Uuid::from_u128(1),
        user_id: Uuid::from_u128(2),
        session_id: Uuid::from_u128(3),
        issued_at,
        expires_at: issued_at + Span::minutes(10),
    }
}

/// Which key a token names.
fn kid_of(token: &str) -> String {
    let head = token.split('.').next().unwrap();
    let head = URL_SAFE_NO_PAD.decode(head).unwrap();
    let head: serde_json::Value = serde_json::from_slice(&head).unwrap();
    head["kid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_newest_key_whose_time_has_come_signs_and_all_are_published() {
    let ring = Ring::new(STALE_AFTER);
    let (old, new) = (key(NOW), key(NOW + Span::minutes(5)));
    let (old_kid, new_kid) = (old.signer.kid().to_owned(), new.signer.kid().to_owned());
    ring.replace(vec![old, new], Instant::now()).unwrap();
    let signing = |at| kid_of(&ring.sign(&grant(at)).unwrap());
    assert_eq!(signing(NOW), old_kid);
    assert_eq!(signing(NOW + Span::seconds(299)), old_kid);
    assert_eq!(signing(NOW + Span::minutes(5)), new_kid);
    let published = ring.jwks_json().unwrap();
    assert!(published.contains(&old_kid) && published.contains(&new_kid));
    assert_eq!(ring.published().borrow().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn keys_that_were_read_long_ago_sign_nothing_but_stay_published() {
    let ring = Ring::new(STALE_AFTER);
    assert!(matches!(ring.sign(&grant(NOW)), Err(Error::Unread)));
    assert!(matches!(ring.jwks_json(), Err(Error::Unread)));
    ring.replace(vec![key(NOW)], Instant::now()).unwrap();
    tokio::time::advance(STALE_AFTER / 2).await;
    assert!(ring.sign(&grant(NOW)).is_ok());
    tokio::time::advance(STALE_AFTER / 2).await;
    assert!(matches!(ring.sign(&grant(NOW)), Err(Error::Unread)));
    assert!(ring.jwks_json().is_ok());
}
