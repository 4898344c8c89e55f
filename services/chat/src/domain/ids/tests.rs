use uuid::Uuid;

use super::{direct_conversation, group, message};

#[test]
fn a_pair_has_one_direct_conversation_whoever_asks() {
    let (ada, bob, eve) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
    assert_eq!(direct_conversation(ada, bob), direct_conversation(bob, ada));
    assert_ne!(direct_conversation(ada, bob), direct_conversation(ada, eve));
}

#[test]
fn ids_differ_by_each_of_their_parts() {
    let [a, b, c, d] = [1, 2, 3, 4].map(Uuid::from_u128);
    assert_ne!(message(a, b, c), message(d, b, c));
    assert_ne!(message(a, b, c), message(a, d, c));
    assert_ne!(message(a, b, c), message(a, b, d));
    assert_ne!(group(a, b), group(b, a));
    assert_ne!(group(a, b), direct_conversation(a, b));
}

#[test]
fn ids_stay_what_they_are() {
    // A change here would give every known message a second id.
    let [a, b, c] = [1, 2, 3].map(Uuid::from_u128);
    assert_eq!(message(a, b, c).get_version_num(), 5);
    assert_eq!(message(a, b, c), message(a, b, c));
}
