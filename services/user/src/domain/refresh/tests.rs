//! Each state of a token and what it leads to.

use time::macros::datetime;

use super::*;

const NOW: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);
const MOMENT: Duration = Duration::seconds(10);
const LONG_AGO: OffsetDateTime = datetime!(2026-01-01 11:50 UTC);

fn live_token() -> Shown {
    Shown {
        session_id: Uuid::from_u128(1),
        user_id: Uuid::from_u128(2),
        session_expires_at: NOW + Duration::DAY,
        session_revoked: false,
        expires_at: NOW + Duration::HOUR,
        spent_at: None,
        children: Children::None,
        live: vec![child_of(1, NOW)],
    }
}

fn spent_token(children: Children) -> Shown {
    Shown {
        spent_at: Some(LONG_AGO),
        children,
        ..live_token()
    }
}

fn child_of(parent: u8, issued_at: OffsetDateTime) -> Live {
    Live {
        hash: vec![parent, 1],
        parent: Some(vec![parent]),
        issued_at,
    }
}

fn verdict(shown: &Shown) -> Verdict {
    shown.verdict(NOW, MOMENT)
}

fn join(parent: u8) -> Verdict {
    Verdict::Join {
        parent: vec![parent],
        spend: None,
    }
}

#[test]
fn a_live_token_is_rotated() {
    assert_eq!(verdict(&live_token()), Verdict::Rotate);
}

#[test]
fn a_spent_token_whose_children_are_live_is_a_lost_answer() {
    assert_eq!(verdict(&spent_token(Children::Live)), join(1));
}

#[test]
fn a_spent_token_whose_child_was_used_revokes_the_session() {
    let shown = spent_token(Children::SpentAt(LONG_AGO));
    assert_eq!(verdict(&shown), Verdict::Revoke);
}

#[test]
fn a_token_whose_sibling_was_used_revokes_the_session() {
    assert_eq!(verdict(&spent_token(Children::None)), Verdict::Revoke);
}

#[test]
fn a_token_is_judged_by_what_it_was_worth_a_moment_ago() {
    let superseded = |spent_at| Shown {
        spent_at: Some(spent_at),
        ..spent_token(Children::None)
    };
    let used = |spent_at| spent_token(Children::SpentAt(spent_at));
    let states: [&dyn Fn(OffsetDateTime) -> Shown; 2] = [&superseded, &used];
    for at in states {
        assert_eq!(verdict(&at(NOW - MOMENT + Duration::SECOND)), join(1));
        assert_eq!(verdict(&at(NOW - MOMENT)), Verdict::Revoke);
        assert_eq!(at(NOW).verdict(NOW, Duration::ZERO), Verdict::Revoke);
    }
}

#[test]
fn time_ends_tokens_and_sessions() {
    let later = NOW + Duration::HOUR;
    assert_eq!(live_token().verdict(later, MOMENT), Verdict::Refuse);
    let spent = spent_token(Children::Live);
    assert_eq!(spent.verdict(later, MOMENT), Verdict::Refuse);
    let ended = Shown {
        session_expires_at: NOW,
        ..live_token()
    };
    assert_eq!(verdict(&ended), Verdict::Refuse);
}

#[test]
fn a_revoked_session_stays_revoked() {
    for shown in [live_token(), spent_token(Children::Live)] {
        let shown = Shown {
            session_revoked: true,
            ..shown
        };
        assert_eq!(verdict(&shown), Verdict::Refuse);
    }
}

#[test]
fn past_the_bound_the_oldest_live_token_goes_once_nobody_can_wait_for_it() {
    let mut shown = spent_token(Children::Live);
    shown.live = vec![child_of(1, NOW); LIVE_MAX];
    assert_eq!(verdict(&shown), Verdict::Wait);
    shown.live[0] = child_of(1, NOW - UNDER_WAY_MAX);
    let Verdict::Join { parent, spend } = verdict(&shown) else {
        panic!("{:?}", verdict(&shown));
    };
    assert_eq!((parent, spend), (vec![1], Some(vec![1, 1])));
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
