//! Each state of a token and what it leads to.

use time::{Duration, macros::datetime};

use super::*;

const NOW: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);

fn live() -> Shown {
    Shown {
        session_id: Uuid::from_u128(1),
        user_id: Uuid::from_u128(2),
        session_expires_at: NOW + Duration::DAY,
        session_revoked: false,
        expires_at: NOW + Duration::HOUR,
        spent: false,
        unused_successor: None,
    }
}

#[test]
fn a_live_token_is_rotated() {
    assert_eq!(live().verdict(NOW), Verdict::Rotate);
}

#[test]
fn a_spent_token_with_an_unused_successor_is_a_lost_answer() {
    let shown = Shown {
        spent: true,
        unused_successor: Some(vec![7]),
        ..live()
    };
    assert_eq!(shown.verdict(NOW), Verdict::Replace { successor: vec![7] });
}

#[test]
fn a_spent_token_whose_successor_was_used_revokes_the_session() {
    assert_eq!(
        Shown {
            spent: true,
            ..live()
        }
        .verdict(NOW),
        Verdict::Revoke
    );
}

#[test]
fn time_ends_tokens_and_sessions() {
    assert_eq!(live().verdict(NOW + Duration::HOUR), Verdict::Refuse);
    assert_eq!(
        Shown {
            session_expires_at: NOW,
            ..live()
        }
        .verdict(NOW),
        Verdict::Refuse
    );
}

#[test]
fn a_revoked_session_stays_revoked() {
    for spent in [false, true] {
        for unused_successor in [None, Some(vec![7])] {
            let shown = Shown {
                session_revoked: true,
                spent,
                unused_successor,
                ..live()
            };
            assert_eq!(shown.verdict(NOW), Verdict::Refuse);
        }
    }
}

#[test]
fn tokens_are_256_random_bits_and_never_shown() {
    let random = Random::system();
    let (one, two) = (Token::generate(&random), Token::generate(&random));
    assert_ne!(one, two);
    assert_eq!(format!("{one:?}"), "Token");
    assert_eq!(one.hash().len(), 32);
    assert_eq!(hash(&one.clone().into_text()), one.hash());
    assert_eq!(one.into_text().len(), 43);
}
