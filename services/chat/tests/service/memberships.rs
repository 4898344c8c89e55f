//! `MembershipService`.

use futures::TryStreamExt as _;
use quicksync::chat::v1::{
    AddMembersRequest, GetConversationRequest, GetMembershipRequest, LeaveConversationRequest,
    ListMembershipsRequest, Membership,
};
use tonic::Code;

use crate::support::{
    Person, Replica, World, create, direct, fresh_id, group, ids, message, reason, send,
};

async fn list(replica: &Replica, person: &Person) -> Vec<Vec<Membership>> {
    let request = ListMembershipsRequest {
        user_id: person.user_id.to_string(),
    };
    let stream = replica
        .memberships()
        .await
        .list_memberships(request)
        .await
        .unwrap()
        .into_inner();
    stream
        .map_ok(|page| page.memberships)
        .try_collect()
        .await
        .unwrap()
}

async fn get(replica: &Replica, id: &str, person: &Person) -> Result<Membership, tonic::Status> {
    let request = GetMembershipRequest {
        conversation_id: id.to_owned(),
        user_id: person.user_id.to_string(),
    };
    let answer = replica
        .memberships()
        .await
        .get_membership(request)
        .await?
        .into_inner();
    assert!(answer.conversation.unwrap().members.len() <= 10);
    Ok(answer.membership.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_has_their_present_stays_and_those_just_left() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let (ada, bob, eve) = (world.person(), world.person(), world.person());
    let kept = create(&mut client, &ada, direct(&bob))
        .await
        .conversation_id;
    let left = create(&mut client, &ada, group(&[&bob], fresh_id()))
        .await
        .conversation_id;
    create(&mut client, &ada, direct(&eve)).await;
    client
        .leave_conversation(bob.request(LeaveConversationRequest {
            conversation_id: left.clone(),
        }))
        .await
        .unwrap();

    let pages = list(&replica, &bob).await;
    let mut stays: Vec<_> = pages.into_iter().flatten().collect();
    stays.sort_by_key(|stay| stay.left_sequence);
    assert_eq!(
        stays
            .iter()
            .map(|stay| stay.conversation_id.clone())
            .collect::<Vec<_>>(),
        [kept.clone(), left.clone()]
    );
    assert_eq!(
        (
            stays[0].joined_revision,
            stays[0].left_revision,
            stays[0].left_sequence
        ),
        (1, 0, 0)
    );
    assert_eq!((stays[1].joined_revision, stays[1].left_revision), (1, 2));
    assert!(stays[1].left_sequence > stays[1].joined_sequence);
    assert_eq!(get(&replica, &kept, &bob).await.unwrap(), stays[0]);
    let status = get(&replica, &left, &bob).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::NotFound, "CONVERSATION_NOT_FOUND")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_left_and_came_back_has_two_stays() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let (ada, bob) = (world.person(), world.person());
    let id = create(&mut client, &ada, group(&[&bob], fresh_id()))
        .await
        .conversation_id;
    client
        .leave_conversation(bob.request(LeaveConversationRequest {
            conversation_id: id.clone(),
        }))
        .await
        .unwrap();
    let add = AddMembersRequest {
        conversation_id: id.clone(),
        user_ids: ids(&[&bob]),
    };
    client.add_members(ada.request(add)).await.unwrap();
    let stays: Vec<_> = list(&replica, &bob).await.into_iter().flatten().collect();
    assert_eq!(
        stays
            .iter()
            .map(|stay| (stay.joined_revision, stay.left_revision))
            .collect::<Vec<_>>(),
        [(1, 2), (3, 0)]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_hides_its_past_shows_it_from_the_joining_on() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let (ada, bob) = (world.person(), world.person());
    for hides in [true, false] {
        let mut request = group(&[], fresh_id());
        request.hides_history_from_new_members = hides;
        let id = create(&mut client, &ada, request).await.conversation_id;
        let before = send(&mut client, &ada, message(&id, fresh_id(), "before"))
            .await
            .sequence;
        let add = AddMembersRequest {
            conversation_id: id.clone(),
            user_ids: ids(&[&bob]),
        };
        client.add_members(ada.request(add)).await.unwrap();
        let after = send(&mut client, &ada, message(&id, fresh_id(), "after"))
            .await
            .sequence;
        let stay = get(&replica, &id, &bob).await.unwrap();
        assert!(before < stay.joined_sequence && stay.joined_sequence < after);
        assert_eq!(
            stay.visible_from_sequence,
            if hides { stay.joined_sequence } else { 0 }
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hears_of_their_joining_before_it_is_written_down_is_a_member() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let (ada, eve) = (world.person(), world.person());
    for asks in [true, false] {
        let bob = world.person();
        let id = create(&mut client, &ada, group(&[], fresh_id()))
            .await
            .conversation_id;
        let add = AddMembersRequest {
            conversation_id: id.clone(),
            user_ids: ids(&[&bob]),
        };
        client.add_members(ada.request(add)).await.unwrap();
        forget_publication(&world, &id).await;
        if asks {
            let request = GetConversationRequest {
                conversation_id: id.clone(),
            };
            let stranger = client.get_conversation(eve.request(request.clone())).await;
            assert_eq!(reason(&stranger.unwrap_err()), "CONVERSATION_NOT_FOUND");
            let answer = client.get_conversation(bob.request(request)).await;
            let conversation = answer.unwrap().into_inner().conversation.unwrap();
            assert_eq!((conversation.revision, conversation.member_count), (2, 2));
        } else {
            send(&mut client, &bob, message(&id, fresh_id(), "here I am")).await;
        }
    }
}

/// As between the moment when the second change of a conversation is on the log and the commit that writes its sequence down.
async fn forget_publication(world: &World, id: &str) {
    use diesel_async::RunQueryDsl as _;
    use prost::Message as _;
    let change = world
        .log()
        .await
        .into_iter()
        .map(|(_, event)| event)
        .find(|event| event.conversation_id == id && event.revision == 2)
        .unwrap();
    let pool = store::postgres::Pool::new(&world.config.postgres, "test");
    let mut conn = pool.get().await.unwrap();
    let id: uuid::Uuid = id.parse().unwrap();
    for statement in [
        "update stays set joined_sequence = null where conversation_id = $1 and joined_revision = 2",
        "update conversations set published_revision = 1 where conversation_id = $1",
    ] {
        diesel::sql_query(statement)
            .bind::<diesel::sql_types::Uuid, _>(id)
            .execute(&mut conn)
            .await
            .unwrap();
    }
    diesel::sql_query(
        "insert into outbox (conversation_id, revision, event, created_at) values ($1, 2, $2, now())",
    )
    .bind::<diesel::sql_types::Uuid, _>(id)
    .bind::<diesel::sql_types::Binary, _>(change.encode_to_vec())
    .execute(&mut conn)
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn many_stays_come_in_pages_of_a_thousand() {
    let world = World::new().await;
    let replica = world.replica().await;
    let (ada, bob) = (world.person(), world.person());
    insert_stays(&world, &bob, 2_500).await;
    let pages = list(&replica, &bob).await;
    assert_eq!(
        pages.iter().map(Vec::len).collect::<Vec<_>>(),
        [1_000, 1_000, 500]
    );
    let mut distinct: Vec<_> = pages
        .into_iter()
        .flatten()
        .map(|stay| stay.conversation_id)
        .collect();
    distinct.dedup();
    assert_eq!(distinct.len(), 2_500);
    assert!(
        list(&replica, &ada)
            .await
            .into_iter()
            .flatten()
            .next()
            .is_none()
    );
}

/// As published conversations leave them, faster than by calls.
async fn insert_stays(world: &World, person: &Person, count: i64) {
    use diesel_async::RunQueryDsl as _;
    let pool = store::postgres::Pool::new(&world.config.postgres, "test");
    let mut conn = pool.get().await.unwrap();
    let conversations =
        "insert into conversations (conversation_id, kind, title, hides_history_from_new_members,
            created_by_user_id, created_at, revision, published_revision)
        select gen_random_uuid(), 2, 'Tea', false, $1, now(), 1, 1 from generate_series(1, $2)";
    diesel::sql_query(conversations)
        .bind::<diesel::sql_types::Uuid, _>(person.user_id)
        .bind::<diesel::sql_types::BigInt, _>(count)
        .execute(&mut conn)
        .await
        .unwrap();
    let stays = "insert into stays (conversation_id, user_id, joined_revision, joined_ordinal, joined_sequence)
        select conversation_id, $1, 1, 0, 1 from conversations";
    diesel::sql_query(stays)
        .bind::<diesel::sql_types::Uuid, _>(person.user_id)
        .execute(&mut conn)
        .await
        .unwrap();
}
