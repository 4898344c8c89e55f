use uuid::Uuid;

use super::Members;

const ROOM: Uuid = Uuid::from_u128(10);
const ADA: Uuid = Uuid::from_u128(1);
const BOB: Uuid = Uuid::from_u128(2);

#[test]
fn a_member_is_known_until_the_log_removes_them() {
    let members = Members::new(100, 2);
    assert!(members.fill(members.begin_fill(1), ROOM, &[(ADA, 0), (BOB, 7)]));
    assert_eq!(
        (members.get(ROOM, ADA), members.get(ROOM, BOB)),
        (Some(0), Some(7))
    );
    members.remove(1, ROOM, BOB);
    assert_eq!(
        (members.get(ROOM, ADA), members.get(ROOM, BOB)),
        (Some(0), None)
    );
}

#[test]
fn a_removal_during_a_fill_wins() {
    let members = Members::new(100, 2);
    let fill = members.begin_fill(1);
    members.remove(1, ROOM, BOB);
    assert!(!members.fill(fill, ROOM, &[(ADA, 0), (BOB, 0)]));
    assert_eq!(
        (members.get(ROOM, ADA), members.get(ROOM, BOB)),
        (None, None)
    );
}

#[test]
fn a_removal_in_another_partition_disturbs_no_fill() {
    let members = Members::new(100, 2);
    let fill = members.begin_fill(1);
    members.remove(0, Uuid::from_u128(11), BOB);
    assert!(members.fill(fill, ROOM, &[(ADA, 0)]));
}

#[test]
fn nobody_is_known_after_the_log_was_lost() {
    let members = Members::new(100, 1);
    let fill = members.begin_fill(0);
    assert!(members.fill(members.begin_fill(0), ROOM, &[(ADA, 0)]));
    members.clear();
    assert!(!members.fill(fill, ROOM, &[(BOB, 0)]));
    assert_eq!(
        (members.get(ROOM, ADA), members.get(ROOM, BOB)),
        (None, None)
    );
}
