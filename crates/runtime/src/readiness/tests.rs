use super::Readiness;

#[test]
fn ready_when_all_guards_are_dropped() {
    let readiness = Readiness::default();
    assert!(readiness.is_ready());
    let tail = readiness.guard("tail");
    let keys = readiness.guard("keys");
    assert_eq!(readiness.waiting_for(), ["tail", "keys"]);
    drop(tail);
    assert_eq!(readiness.waiting_for(), ["keys"]);
    drop(keys);
    assert!(readiness.is_ready());
}

#[test]
fn a_guard_can_flip() {
    let readiness = Readiness::default();
    let guard = readiness.guard("tail");
    guard.set_ready(true);
    assert!(readiness.is_ready());
    guard.set_ready(false);
    assert!(!readiness.is_ready());
}
