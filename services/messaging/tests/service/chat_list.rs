//! The chat list.

use auth::testing::Person;
use diesel_async::SimpleAsyncConnection;
use quicksync::messaging::v1::{
    ConversationSummary, ListConversationsRequest, ListConversationsResponse, MarkReadRequest,
};
use uuid::Uuid;

use crate::world::{World, until};

/// Longer than anything takes on a busy machine.
const LONG_MS: u64 = 60_000;

async fn chats(
    world: &World,
    person: &Person,
    page_size: i32,
    page_token: &str,
) -> ListConversationsResponse {
    let request = ListConversationsRequest {
        page_size,
        page_token: page_token.to_owned(),
    };
    world
        .client
        .clone()
        .list_conversations(person.request(request))
        .await
        .unwrap()
        .into_inner()
}

async fn only(world: &World, person: &Person) -> ConversationSummary {
    let mut list = chats(world, person, 0, "").await.conversations;
    assert_eq!(list.len(), 1);
    list.remove(0)
}

fn id(summary: &ConversationSummary) -> Uuid {
    summary
        .conversation
        .as_ref()
        .unwrap()
        .conversation_id
        .parse()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_activity_comes_first_and_pages_cover_all() {
    let world = World::start().await;
    let ada = world.person();
    let mut groups = Vec::new();
    for _ in 0..7 {
        groups.push(world.group(&[ada.user_id], false).await);
    }
    // Times grow with the revision in these tests: the later in this loop, the newer.
    for (revision, group) in groups.iter().enumerate() {
        let said = crate::world::log_said(*group, ada.user_id, "hello");
        world
            .log
            .event(*group, i64::try_from(revision).unwrap() + 10, said)
            .await;
    }
    world.stored().await;
    let mut listed = Vec::new();
    let mut token = String::new();
    loop {
        let answer = chats(&world, &ada, 3, &token).await;
        listed.extend(answer.conversations.iter().map(id));
        token = answer.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    groups.reverse();
    assert_eq!(listed, groups);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_has_everything_that_a_client_shows() {
    let world = World::start().await;
    let ada = world.person();
    let others: Vec<Uuid> = (0..14)
        .map(|index| Uuid::from_u128(1_000 + index))
        .collect();
    let first: Vec<Uuid> = std::iter::once(ada.user_id)
        .chain(others[..5].iter().copied())
        .collect();
    let group = world.group(&first, false).await;
    world.log.add(group, 2, &others[5..]).await;
    world.log.remove(group, 3, others[0]).await;
    let said = world.log.say(group, others[1], "last words").await;
    world.stored().await;

    let row = only(&world, &ada).await;
    assert_eq!(
        row.last_message
            .as_ref()
            .map(|message| (message.sequence, message.text.as_str())),
        Some((said, "last words"))
    );
    assert_eq!(row.unread_count, 1);
    assert!((1..said).contains(&row.last_read_sequence), "{row:?}");
    assert_eq!(row.last_activity_at, row.last_message.unwrap().sent_at);
    let conversation = row.conversation.unwrap();
    assert_eq!(
        (
            conversation.title.as_str(),
            conversation.kind,
            conversation.revision
        ),
        ("a group", 2, 3)
    );
    assert_eq!(conversation.member_count, 14);
    let members: Vec<Uuid> = conversation
        .members
        .iter()
        .map(|member| member.user_id.parse().unwrap())
        .collect();
    let longest_standing: Vec<Uuid> = std::iter::once(ada.user_id)
        .chain(others[1..10].iter().copied())
        .collect();
    assert_eq!(members, longest_standing);
    assert_eq!(
        conversation.members[0].role(),
        quicksync::chat::v1::MemberRole::Owner
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn unread_counts_others_past_the_marker_up_to_100() {
    let world = World::start().await;
    let (ada, bob) = (world.person(), world.person());
    let group = world.group(&[ada.user_id, bob.user_id], false).await;
    let mut said = world.log.say_many(group, bob.user_id, 130).await;
    world.log.say_many(group, ada.user_id, 20).await;
    said.sort_unstable();
    world.stored().await;
    assert_eq!(only(&world, &ada).await.unread_count, 100);
    assert_eq!(only(&world, &bob).await.unread_count, 20);

    for (read, unread) in [(said[0], 100), (said[99], 30), (said[129], 0)] {
        let request = MarkReadRequest {
            conversation_id: group.to_string(),
            sequence: read,
        };
        world
            .client
            .clone()
            .mark_read(ada.request(request))
            .await
            .unwrap();
        let row = only(&world, &ada).await;
        assert_eq!((row.unread_count, row.last_read_sequence), (unread, read));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_before_somebody_joined_is_not_unread() {
    let world = World::start().await;
    let (ada, bob) = (world.person(), world.person());
    let group = world.group(&[ada.user_id], false).await;
    let before = world.log.say_many(group, ada.user_id, 5).await;
    world.log.add(group, 2, &[bob.user_id]).await;
    let after = world.log.say(group, ada.user_id, "welcome").await;
    world.stored().await;
    let row = only(&world, &bob).await;
    assert_eq!(row.unread_count, 1);
    let newest_before = before.into_iter().max().unwrap();
    assert!(
        (newest_before + 1..after).contains(&row.last_read_sequence),
        "{row:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_before_the_call_is_listed() {
    let world = World::with(|config| config.history.list_wait_max_ms = LONG_MS).await;
    let ada = world.person();
    for round in 1..=5 {
        let group = world.log.group(&[ada.user_id], false).await;
        let listed = chats(&world, &ada, 0, "").await.conversations;
        assert!(listed.iter().any(|row| id(row) == group), "round {round}");
        let said = world.log.say(group, ada.user_id, "hello").await;
        let listed = chats(&world, &ada, 0, "").await.conversations;
        let row = listed.iter().find(|row| id(row) == group).unwrap();
        let last = row.last_message.as_ref().map(|message| message.sequence);
        assert_eq!(last, Some(said), "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_waited_in_vain_shows_what_there_is() {
    let world = World::with(|config| config.history.list_wait_max_ms = 100).await;
    let ada = world.person();
    let old = world.group(&[ada.user_id], false).await;
    // Nothing more is stored, but everything can be read.
    let mut lock = world.database.connect().await;
    lock.batch_execute("BEGIN; LOCK TABLE consumer_progress IN EXCLUSIVE MODE")
        .await
        .unwrap();
    world.log.group(&[ada.user_id], false).await;
    let listed = chats(&world, &ada, 0, "").await;
    assert_eq!(
        listed.conversations.iter().map(id).collect::<Vec<_>>(),
        [old]
    );
    assert!(listed.may_lack_newest);
    lock.batch_execute("ROLLBACK").await.unwrap();
    until("both are listed", async || {
        let listed = chats(&world, &ada, 0, "").await;
        listed.conversations.len() == 2 && !listed.may_lack_newest
    })
    .await;
}
