use super::*;

const GROUP: Uuid = Uuid::from_u128(100);
const ADA: Uuid = Uuid::from_u128(1);
const BOB: Uuid = Uuid::from_u128(2);
const CYD: Uuid = Uuid::from_u128(3);

fn item(sequence: i64, what: What) -> Item {
    Item {
        conversation: GROUP,
        sequence,
        occurred_at: OffsetDateTime::UNIX_EPOCH,
        what,
    }
}

fn message(sequence: i64, sender: Uuid) -> Item {
    item(
        sequence,
        What::Message {
            id: Uuid::nil(),
            sender,
            preview: format!("m{sequence}"),
        },
    )
}

fn joined(sequence: i64, revision: i64, users: &[Uuid]) -> Item {
    item(
        sequence,
        What::Joined {
            revision,
            by: ADA,
            users: users.to_vec(),
            is_group: true,
        },
    )
}

fn left(sequence: i64, revision: i64, user: Uuid, by: Uuid) -> Item {
    item(sequence, What::Left { revision, by, user })
}

#[test]
fn messages_fold_into_one_segment_with_what_each_side_sees_last() {
    let digest = fold(
        vec![
            message(1, ADA),
            message(2, BOB),
            message(3, ADA),
            message(4, ADA),
        ],
        BTreeMap::new(),
    );
    let [segment] = &digest.segments[..] else {
        panic!("one segment, not {:?}", digest.segments)
    };
    assert_eq!(segment.senders, BTreeMap::from([(ADA, 3), (BOB, 1)]));
    assert_eq!((segment.first_sequence, segment.newest.sequence), (1, 4));
    assert_eq!(
        segment.runner_up.as_ref().map(|newest| newest.sequence),
        Some(2)
    );
}

#[test]
fn a_change_of_members_begins_another_segment() {
    let items = vec![
        joined(1, 1, &[ADA, BOB]),
        message(2, ADA),
        joined(3, 2, &[CYD]),
        message(4, ADA),
        left(5, 3, CYD, ADA),
        message(6, ADA),
    ];
    let digest = fold(items, BTreeMap::new());
    let firsts: Vec<i64> = digest
        .segments
        .iter()
        .map(|segment| segment.first_sequence)
        .collect();
    assert_eq!(firsts, [2, 4, 6]);
    assert_eq!(
        digest.joins.last(),
        Some(&Join {
            conversation: GROUP,
            user: CYD,
            joined: (2, 3),
            left: (3, 5)
        })
    );
    assert!(digest.leaves.is_empty());
    let notices: Vec<_> = digest
        .notices
        .keys()
        .map(|&(user, _, notice)| (user, notice))
        .collect();
    assert_eq!(
        notices,
        [
            (BOB, Notice::Added),
            (CYD, Notice::Added),
            (CYD, Notice::Removed)
        ]
    );
}

#[test]
fn a_change_that_is_known_changes_nothing() {
    let items = vec![
        left(8, 2, BOB, ADA),
        joined(9, 1, &[BOB]),
        left(10, 3, CYD, CYD),
    ];
    let digest = fold(items, BTreeMap::from([(GROUP, 2)]));
    assert_eq!(
        digest.leaves,
        [Leave {
            conversation: GROUP,
            user: CYD,
            left: (3, 10)
        }]
    );
    assert!(digest.joins.is_empty() && digest.notices.is_empty());
}

#[test]
fn a_marker_never_moves_back() {
    let read = |sequence, upto| item(sequence, What::Read { user: BOB, upto });
    let digest = fold(vec![read(5, 4), read(6, 3)], BTreeMap::new());
    assert_eq!(digest.markers, BTreeMap::from([((BOB, GROUP), 4)]));
}

#[test]
fn a_preview_is_cut_between_characters() {
    assert_eq!(preview(&"ü".repeat(300)).chars().count(), PREVIEW_CHARS_MAX);
}
