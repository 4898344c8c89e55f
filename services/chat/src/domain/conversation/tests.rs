use uuid::Uuid;

use super::{Change, Conversation, Kind, Refusal};

const ADA: Uuid = Uuid::from_u128(1);
const BOB: Uuid = Uuid::from_u128(2);
const EVE: Uuid = Uuid::from_u128(3);
const MEMBERS_MAX: usize = 3;

fn group(members: &[Uuid]) -> Conversation {
    Conversation {
        kind: Kind::Group,
        owner: members.first().copied(),
        members: members.to_vec(),
    }
}

#[test]
fn only_new_people_are_added() {
    let added = group(&[ADA, BOB]).add(ADA, &[BOB, EVE], MEMBERS_MAX);
    assert_eq!(
        added,
        Ok(Some(Change::Added {
            user_ids: vec![EVE],
            by: ADA
        }))
    );
    assert_eq!(group(&[ADA, BOB]).add(ADA, &[BOB], MEMBERS_MAX), Ok(None));
}

#[test]
fn a_group_never_grows_past_its_bound() {
    let more = [EVE, Uuid::from_u128(4)];
    assert_eq!(
        group(&[ADA, BOB]).add(ADA, &more, MEMBERS_MAX),
        Err(Refusal::TooManyMembers)
    );
    assert!(
        group(&[ADA, BOB])
            .add(ADA, &[EVE, BOB], MEMBERS_MAX)
            .is_ok()
    );
}

#[test]
fn only_the_owner_adds_and_removes() {
    assert_eq!(
        group(&[ADA, BOB]).add(BOB, &[EVE], MEMBERS_MAX),
        Err(Refusal::NotTheOwner)
    );
    assert_eq!(
        group(&[ADA, BOB]).remove(BOB, ADA),
        Err(Refusal::NotTheOwner)
    );
    assert_eq!(group(&[ADA, BOB]).remove(ADA, EVE), Ok(None));
}

#[test]
fn an_outsider_learns_nothing() {
    let direct = Conversation {
        kind: Kind::Direct,
        owner: None,
        members: vec![ADA, BOB],
    };
    for conversation in [group(&[ADA, BOB]), direct] {
        assert_eq!(
            conversation.add(EVE, &[EVE], MEMBERS_MAX),
            Err(Refusal::NotAMember)
        );
        assert_eq!(conversation.remove(EVE, ADA), Err(Refusal::NotAMember));
        assert_eq!(conversation.leave(EVE), Err(Refusal::NotAMember));
    }
}

#[test]
fn nobody_leaves_or_joins_a_direct_conversation() {
    let direct = Conversation {
        kind: Kind::Direct,
        owner: None,
        members: vec![ADA, BOB],
    };
    assert_eq!(direct.add(ADA, &[EVE], MEMBERS_MAX), Err(Refusal::Direct));
    assert_eq!(direct.remove(ADA, BOB), Err(Refusal::Direct));
    assert_eq!(direct.leave(ADA), Err(Refusal::Direct));
}

#[test]
fn the_longest_standing_member_follows_a_leaving_owner() {
    let conversation = group(&[ADA, BOB, EVE]);
    let change = conversation.leave(ADA).unwrap();
    assert_eq!(
        change,
        Change::Removed {
            user_id: ADA,
            by: ADA,
            new_owner: Some(BOB)
        }
    );
    assert_eq!(conversation.owner_after(&change), Some(BOB));
}

#[test]
fn a_leaving_member_changes_no_owner_and_the_last_one_leaves_none() {
    let conversation = group(&[ADA, BOB]);
    let change = conversation.leave(BOB).unwrap();
    assert_eq!(conversation.owner_after(&change), Some(ADA));
    let alone = group(&[ADA]);
    assert_eq!(alone.owner_after(&alone.leave(ADA).unwrap()), None);
}
