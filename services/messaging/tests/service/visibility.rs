//! Who may read what.

use diesel_async::SimpleAsyncConnection;
use quicksync::messaging::v1::{
    ListConversationsRequest, MarkReadRequest, list_messages_request::Position,
};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::{
    history::{list, newest, page, sequences},
    world::{World, refusal, until},
};

fn not_found() -> (Code, String) {
    (Code::NotFound, "CONVERSATION_NOT_FOUND".to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn to_an_outsider_a_conversation_is_not_there() {
    let world = World::start().await;
    let (ada, eve) = (world.person(), world.person());
    let group = world.group(&[ada.user_id], false).await;
    let said = world.log.say(group, ada.user_id, "a secret").await;
    world.stored().await;
    for conversation_id in [group, Uuid::from_u128(404)] {
        for request in [
            newest(conversation_id),
            page(conversation_id, 1, Position::BeforeSequence(said)),
            page(conversation_id, 1, Position::AfterSequence(0)),
        ] {
            assert_eq!(refusal(list(&world, &eve, request).await), not_found());
        }
        let marked = MarkReadRequest {
            conversation_id: conversation_id.to_string(),
            sequence: said,
        };
        assert_eq!(
            refusal(world.client.clone().mark_read(eve.request(marked)).await),
            not_found()
        );
    }
    let chats = world
        .client
        .clone()
        .list_conversations(eve.request(ListConversationsRequest::default()))
        .await
        .unwrap();
    assert!(chats.into_inner().conversations.is_empty());
    assert_eq!(world.database.rows("read_markers").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_nothing_is_answered() {
    let world = World::start().await;
    let status = world
        .client
        .clone()
        .list_messages(newest(Uuid::from_u128(1)))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_removed_reads_nothing_any_more() {
    let world = World::start().await;
    let (ada, bob) = (world.person(), world.person());
    let group = world.group(&[ada.user_id, bob.user_id], false).await;
    world.log.say(group, ada.user_id, "all of us").await;
    world.stored().await;
    assert_eq!(
        list(&world, &bob, newest(group))
            .await
            .unwrap()
            .messages
            .len(),
        1
    );

    world.log.remove(group, 2, bob.user_id).await;
    world.log.say(group, ada.user_id, "without bob").await;
    world.stored().await;
    assert_eq!(
        refusal(list(&world, &bob, newest(group)).await),
        not_found()
    );
    let chats = world
        .client
        .clone()
        .list_conversations(bob.request(ListConversationsRequest::default()))
        .await
        .unwrap();
    assert!(chats.into_inner().conversations.is_empty());

    world.log.add(group, 3, &[bob.user_id]).await;
    world.stored().await;
    assert_eq!(
        list(&world, &bob, newest(group))
            .await
            .unwrap()
            .messages
            .len(),
        2,
        "who comes back reads the past"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_removed_while_a_page_waits_does_not_get_it() {
    let world = World::with(|config| config.history.catch_up_wait_ms = 60_000).await;
    let (ada, bob) = (world.person(), world.person());
    let group = world.group(&[ada.user_id, bob.user_id], false).await;
    let said = world.log.say(group, ada.user_id, "all of us").await;
    world.stored().await;

    // Nothing is stored while this lock is held.
    let mut store = world.database.connect().await;
    store
        .batch_execute("BEGIN; LOCK TABLE consumer_progress IN SHARE MODE")
        .await
        .unwrap();
    world.log.remove(group, 2, bob.user_id).await;
    world.log.say(group, ada.user_id, "without bob").await;
    let reading = list(&world, &bob, page(group, 10, Position::AfterSequence(said)));
    let release = async {
        until("the page waits for the store", async || {
            !world.chat.authorizations().is_empty()
        })
        .await;
        store.batch_execute("COMMIT").await.unwrap();
    };
    let (answer, ()) = tokio::join!(reading, release);
    assert_eq!(refusal(answer), not_found());
}

#[tokio::test(flavor = "multi_thread")]
async fn chat_knows_of_a_removal_first() {
    let world = World::start().await;
    let ada = world.person();
    let group = world.group(&[ada.user_id], false).await;
    world.log.say(group, ada.user_id, "said").await;
    world.stored().await;
    world.chat.refuses(group, Status::not_found("not a member"));
    assert_eq!(
        refusal(list(&world, &ada, newest(group)).await),
        not_found()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_record_brings_nobody_back() {
    let world = World::start().await;
    let (ada, bob) = (world.person(), world.person());
    let group = world.group(&[ada.user_id], false).await;
    world.log.add(group, 2, &[bob.user_id]).await;
    world.log.remove(group, 3, bob.user_id).await;
    world.stored().await;
    world.log.add(group, 2, &[bob.user_id]).await;
    world.stored().await;
    assert_eq!(
        refusal(list(&world, &bob, newest(group)).await),
        not_found()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_hides_its_past_hides_it_from_every_page() {
    let world = World::start().await;
    let (ada, bob) = (world.person(), world.person());
    let group = world.group(&[ada.user_id], true).await;
    let before = world.log.say(group, ada.user_id, "before bob").await;
    world.log.add(group, 2, &[bob.user_id]).await;
    world.stored().await;
    let summary = |person: &auth::testing::Person| {
        let request = person.request(ListConversationsRequest::default());
        let mut client = world.client.clone();
        async move {
            client
                .list_conversations(request)
                .await
                .unwrap()
                .into_inner()
                .conversations
                .remove(0)
        }
    };
    let seen = summary(&bob).await;
    assert_eq!((seen.last_message, seen.unread_count), (None, 0));
    assert_eq!(seen.last_activity_at, seen.conversation.unwrap().created_at);
    assert_eq!(summary(&ada).await.last_message.unwrap().sequence, before);

    let after = world.log.say(group, ada.user_id, "hello bob").await;
    world.stored().await;
    for request in [
        newest(group),
        page(group, 5, Position::AfterSequence(0)),
        page(group, 5, Position::BeforeSequence(after + 1)),
    ] {
        let answer = list(&world, &bob, request).await.unwrap();
        assert_eq!(sequences(&answer.messages), [after]);
        assert!(answer.older_page_token.is_empty());
    }
    assert_eq!(
        sequences(&list(&world, &ada, newest(group)).await.unwrap().messages),
        [before, after]
    );
    assert_eq!(summary(&bob).await.unread_count, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_whom_the_store_does_not_know_yet_is_asked_of_chat() {
    let world = World::with(|config| config.history.catch_up_wait_ms = 200).await;
    let ada = world.person();
    let unheard = Uuid::from_u128(77);
    world.chat.knows_member(unheard, ada.user_id, 0);
    let base = world.log.topic.sequence(0);
    world
        .chat
        .remembers(unheard, &[(ada.user_id, base + 1, "first words")], base);
    let answer = list(&world, &ada, newest(unheard)).await.unwrap();
    assert_eq!(sequences(&answer.messages), [base + 1]);
}
