//! What changes make of conversations and stays.

use super::*;

const HERE: Uuid = Uuid::from_u128(1);
const ADA: Uuid = Uuid::from_u128(10);
const BOB: Uuid = Uuid::from_u128(11);

fn change(revision: i64, kind: ChangeKind) -> Change {
    Change {
        conversation_id: HERE,
        revision,
        sequence: revision * 100,
        occurred_at: OffsetDateTime::UNIX_EPOCH,
        kind,
    }
}

fn created(members: &[Uuid], hides_history: bool) -> Change {
    change(
        1,
        ChangeKind::Created {
            kind: 2,
            title: "t".to_owned(),
            hides_history,
            members: joined(members),
        },
    )
}

fn joined(members: &[Uuid]) -> Vec<Joined> {
    members
        .iter()
        .map(|user_id| Joined {
            user_id: *user_id,
            role: 1,
        })
        .collect()
}

fn added(revision: i64, members: &[Uuid]) -> Change {
    change(
        revision,
        ChangeKind::Added {
            members: joined(members),
        },
    )
}

fn removed(revision: i64, user_id: Uuid, new_owner_user_id: Option<Uuid>) -> Change {
    change(
        revision,
        ChangeKind::Removed {
            user_id,
            new_owner_user_id,
        },
    )
}

fn known(revision: i64, hides_history: bool) -> HashMap<Uuid, Known> {
    HashMap::from([(
        HERE,
        Known {
            revision,
            hides_history,
        },
    )])
}

#[test]
fn a_conversation_begins_with_all_its_members() {
    let projection = Projection::fold(&[created(&[ADA, BOB], false)], HashMap::new());
    assert_eq!(projection.created.len(), 1);
    assert_eq!(
        projection.moved,
        [Moved {
            conversation_id: HERE,
            revision: 1,
            member_delta: 2
        }]
    );
    let stays: Vec<_> = projection
        .opened
        .iter()
        .map(|stay| (stay.user_id, stay.member_rank, stay.visible_from_sequence))
        .collect();
    assert_eq!(stays, [(ADA, 0, 0), (BOB, 1, 0)]);
}

#[test]
fn a_revision_that_is_known_changes_nothing() {
    assert_eq!(
        Projection::fold(&[added(3, &[BOB]), removed(2, ADA, None)], known(3, false)),
        Projection::default()
    );
}

#[test]
fn a_late_record_brings_nobody_back() {
    let projection = Projection::fold(
        &[added(2, &[BOB]), removed(3, BOB, None), added(2, &[BOB])],
        known(1, false),
    );
    assert_eq!(projection.opened.len(), 1);
    assert_eq!(
        (
            projection.opened[0].left_revision,
            projection.opened[0].left_sequence
        ),
        (3, 300)
    );
    assert_eq!(projection.moved[0].member_delta, 0);
}

#[test]
fn who_comes_back_has_two_stays() {
    let projection = Projection::fold(&[removed(4, BOB, None), added(5, &[BOB])], known(3, true));
    assert_eq!(
        projection.ended,
        [Ended {
            conversation_id: HERE,
            user_id: BOB,
            left_revision: 4,
            left_sequence: 400
        }]
    );
    assert_eq!(projection.opened[0].left_sequence, 0);
    assert_eq!(projection.opened[0].visible_from_sequence, 500);
}

#[test]
fn the_longest_standing_member_becomes_owner() {
    let before = Projection::fold(&[removed(2, ADA, Some(BOB))], known(1, false));
    assert_eq!(
        before.roles,
        [RoleChange {
            conversation_id: HERE,
            user_id: BOB,
            role: ROLE_OWNER
        }]
    );
    let within = Projection::fold(
        &[created(&[ADA, BOB], false), removed(2, ADA, Some(BOB))],
        HashMap::new(),
    );
    assert!(within.roles.is_empty());
    assert_eq!(within.opened[1].role, ROLE_OWNER);
}

#[test]
fn a_hidden_past_begins_with_the_joining_event() {
    let projection = Projection::fold(&[created(&[ADA], true), added(2, &[BOB])], HashMap::new());
    assert_eq!(projection.opened[1].visible_from_sequence, 200);
}
