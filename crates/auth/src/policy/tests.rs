//! The policy of the real protos.

use super::*;

fn policy() -> Policy {
    Policy::from_descriptors(quicksync::FILE_DESCRIPTOR_SET).unwrap()
}

#[test]
fn each_method_of_the_protos_says_who_may_call_it() {
    let denied: Vec<_> = policy()
        .methods()
        .filter(|(_, access)| **access == Access::Denied)
        .map(|(path, _)| path.to_owned())
        .collect();
    assert_eq!(denied, Vec::<String>::new());
    assert!(policy().methods().count() > 20);
}

#[test]
fn levels_and_services_are_read_from_the_option() {
    let policy = policy();
    assert_eq!(
        policy.access("/quicksync.user.v1.AuthService/Login"),
        Some(&Access::Public)
    );
    assert_eq!(
        policy.access("/quicksync.chat.v1.ChatService/SendMessage"),
        Some(&Access::User)
    );
    assert_eq!(
        policy.access("/quicksync.chat.v1.MembershipService/GetMembership"),
        Some(&Access::Service(vec![
            "messaging".to_owned(),
            "notification".to_owned()
        ]))
    );
}

#[test]
fn an_unknown_method_has_no_access() {
    assert_eq!(
        policy().access("/quicksync.user.v1.AuthService/Nothing"),
        None
    );
    assert_eq!(policy().access(""), None);
}

#[test]
fn bytes_that_are_no_descriptors_are_refused() {
    assert!(matches!(
        Policy::from_descriptors(b"\xff\xff"),
        Err(PolicyError::Descriptors(_))
    ));
    assert!(matches!(
        Policy::from_descriptors(b""),
        Err(PolicyError::NoAccessOption)
    ));
}
