use super::*;

const TEA: Uuid = Uuid::from_u128(1);
const CHESS: Uuid = Uuid::from_u128(2);
const ADA: Uuid = Uuid::from_u128(3);
const BOB: Uuid = Uuid::from_u128(4);

fn typists() -> Typists {
    Typists::new(&Typing {
        repeat_min_ms: 2_000,
        switch_min_ms: 250,
        ..Typing::default()
    })
}

#[test]
fn who_goes_on_typing_is_told_once_per_pause() {
    let (typists, begun) = (typists(), Instant::now());
    let after = |ms| begun + Duration::from_millis(ms);
    assert_eq!(typists.look(ADA, TEA, begun), Said::Never);
    typists.note(ADA, TEA, begun);
    let ago = Duration::from_millis(1_999);
    assert_eq!(typists.look(ADA, TEA, after(1_999)), Said::JustNow { ago });
    assert_eq!(typists.look(ADA, TEA, after(2_000)), Said::Never);
    assert_eq!(typists.look(BOB, TEA, after(1)), Said::Never);
}

#[test]
fn who_has_sent_their_message_is_told_anew_and_nobody_else() {
    let (typists, begun) = (typists(), Instant::now());
    typists.note(ADA, TEA, begun);
    typists.note(BOB, CHESS, begun);
    typists.forget(ADA, TEA);
    typists.forget(BOB, TEA);
    assert_eq!(typists.look(ADA, TEA, begun), Said::Never);
    let ago = Duration::ZERO;
    assert_eq!(typists.look(BOB, CHESS, begun), Said::JustNow { ago });
}

#[test]
fn who_turns_to_another_conversation_too_soon_is_refused() {
    let (typists, begun) = (typists(), Instant::now());
    let after = |ms| begun + Duration::from_millis(ms);
    typists.note(ADA, TEA, begun);
    assert_eq!(typists.look(ADA, CHESS, after(249)), Said::Elsewhere);
    assert_eq!(typists.look(ADA, CHESS, after(250)), Said::Never);
    typists.note(ADA, CHESS, after(250));
    assert_eq!(typists.look(ADA, TEA, after(1_000)), Said::Never);
}
