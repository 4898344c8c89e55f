//! Pages of history: each message once, no hole, whatever is stored already.

use auth::testing::Person;
use quicksync::{
    chat::v1::Message,
    messaging::v1::{ListMessagesRequest, ListMessagesResponse, list_messages_request::Position},
};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::world::{World, message_id, refusal, until};

pub fn newest(conversation_id: Uuid) -> ListMessagesRequest {
    ListMessagesRequest {
        conversation_id: conversation_id.to_string(),
        page_size: 0,
        position: None,
    }
}

pub fn page(conversation_id: Uuid, page_size: i32, position: Position) -> ListMessagesRequest {
    ListMessagesRequest {
        page_size,
        position: Some(position),
        ..newest(conversation_id)
    }
}

pub fn sequences(messages: &[Message]) -> Vec<i64> {
    messages.iter().map(|message| message.sequence).collect()
}

pub async fn list(
    world: &World,
    person: &Person,
    request: ListMessagesRequest,
) -> Result<ListMessagesResponse, Status> {
    world
        .client
        .clone()
        .list_messages(person.request(request))
        .await
        .map(tonic::Response::into_inner)
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_both_ways_give_all_messages_once() {
    let world = World::start().await;
    let ada = world.person();
    let (group, other) = (
        world.group(&[ada.user_id], false).await,
        world.group(&[ada.user_id], false).await,
    );
    // Two conversations that may share a partition: sequences are not dense.
    let (mut all, _) = tokio::join!(
        world.log.say_many(group, ada.user_id, 103),
        world.log.say_many(other, ada.user_id, 40)
    );
    all.sort_unstable();
    world.stored().await;

    let mut backward = Vec::new();
    let mut answer = list(
        &world,
        &ada,
        ListMessagesRequest {
            page_size: 10,
            ..newest(group)
        },
    )
    .await
    .unwrap();
    loop {
        backward.splice(0..0, sequences(&answer.messages));
        if answer.older_page_token.is_empty() {
            break;
        }
        answer = list(
            &world,
            &ada,
            page(group, 10, Position::PageToken(answer.older_page_token)),
        )
        .await
        .unwrap();
    }
    assert_eq!(backward, all);

    let mut forward = Vec::new();
    let mut answer = list(&world, &ada, page(group, 7, Position::AfterSequence(0)))
        .await
        .unwrap();
    assert!(answer.older_page_token.is_empty(), "history begins here");
    while !answer.messages.is_empty() {
        forward.extend(sequences(&answer.messages));
        answer = list(
            &world,
            &ada,
            page(group, 7, Position::PageToken(answer.newer_page_token)),
        )
        .await
        .unwrap();
    }
    assert_eq!(forward, all);
    assert!(!answer.newer_page_token.is_empty() && !answer.older_page_token.is_empty());

    let said = world.log.say(group, ada.user_id, "since then").await;
    let since = list(
        &world,
        &ada,
        page(group, 7, Position::PageToken(answer.newer_page_token)),
    )
    .await
    .unwrap();
    assert_eq!(sequences(&since.messages), [said]);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_can_be_asked_for_by_sequence() {
    let world = World::start().await;
    let ada = world.person();
    let group = world.group(&[ada.user_id], false).await;
    let mut all = world.log.say_many(group, ada.user_id, 20).await;
    all.sort_unstable();
    world.stored().await;
    let before = list(
        &world,
        &ada,
        page(group, 5, Position::BeforeSequence(all[10])),
    )
    .await
    .unwrap();
    assert_eq!(sequences(&before.messages), all[5..10]);
    let after = list(
        &world,
        &ada,
        page(group, 5, Position::AfterSequence(all[10])),
    )
    .await
    .unwrap();
    assert_eq!(sequences(&after.messages), all[11..16]);
    let back = list(
        &world,
        &ada,
        page(group, 5, Position::PageToken(after.older_page_token)),
    )
    .await
    .unwrap();
    assert_eq!(sequences(&back.messages), all[6..11]);
    let beyond = list(
        &world,
        &ada,
        page(group, 5, Position::BeforeSequence((1 << 53) - 1)),
    )
    .await
    .unwrap();
    assert_eq!(sequences(&beyond.messages), all[15..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_of_any_script_comes_back_byte_for_byte() {
    let world = World::start().await;
    let ada = world.person();
    let group = world.group(&[ada.user_id], false).await;
    let text = format!("{}\r\n\tاهلا \u{202e}👩‍👩‍👧 e\u{301}", "한".repeat(7_900));
    world.log.say(group, ada.user_id, &text).await;
    let answer = list(&world, &ada, newest(group)).await.unwrap();
    assert_eq!(answer.messages[0].text, text);
    assert_eq!(answer.messages[0].sender_user_id, ada.user_id.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_the_longest_messages_fit_and_leave_nothing_out() {
    let world = World::start().await;
    let ada = world.person();
    let group = world.group(&[ada.user_id], false).await;
    let texts: Vec<String> = (0..200)
        .map(|index| format!("{index:04}{}", "\u{1F600}".repeat(7_996)))
        .collect();
    futures::future::join_all(
        texts
            .iter()
            .map(|text| world.log.say(group, ada.user_id, text)),
    )
    .await;
    let mut pages = Vec::new();
    let mut request = ListMessagesRequest {
        page_size: 200,
        ..newest(group)
    };
    loop {
        let answer = list(&world, &ada, request).await.unwrap();
        pages.push(sequences(&answer.messages));
        if answer.older_page_token.is_empty() {
            break;
        }
        request = page(group, 200, Position::PageToken(answer.older_page_token));
    }
    assert_eq!(pages.iter().rev().flatten().count(), 200);
    assert!(pages.len() > 3, "{} pages", pages.len());
    let all: Vec<i64> = pages.into_iter().rev().flatten().collect();

    let mut forward = Vec::new();
    let mut request = page(group, 200, Position::AfterSequence(0));
    loop {
        let answer = list(&world, &ada, request).await.unwrap();
        if answer.messages.is_empty() {
            break;
        }
        forward.extend(sequences(&answer.messages));
        request = page(group, 200, Position::PageToken(answer.newer_page_token));
    }
    assert_eq!(forward, all);
}

/// The newest page while chat's cache is away: the store is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn without_chats_cache_the_newest_page_has_what_was_acked_before_the_call() {
    let world = World::start().await;
    let ada = world.person();
    let group = world.group(&[ada.user_id], false).await;
    world.stored().await;
    for round in 0..30 {
        let said = world.log.say(group, ada.user_id, &round.to_string()).await;
        let answer = list(&world, &ada, newest(group)).await.unwrap();
        assert_eq!(
            sequences(&answer.messages).last(),
            Some(&said),
            "round {round}"
        );
    }
}

/// What chat remembers past the stored rows, while storing stands still.
#[tokio::test(flavor = "multi_thread")]
async fn chats_recent_messages_complete_the_newest_page() {
    let world = World::with(|config| config.history.catch_up_wait_ms = 300).await;
    let ada = world.person();
    let group = world.group(&[ada.user_id], false).await;
    let stored = [
        world.log.say(group, ada.user_id, "one").await,
        world.log.say(group, ada.user_id, "two").await,
    ];
    world.stored().await;
    let [one, two] = stored;

    // Not on this log at all: only chat knows these. "one" comes again as a repetition, and "three" twice.
    let told = [
        (ada.user_id, two, "two"),
        (ada.user_id, two + 5, "three"),
        (ada.user_id, two + 6, "one"),
        (ada.user_id, two + 7, "three"),
    ];
    world.chat.remembers(group, &told, one + 1);
    let answer = list(&world, &ada, newest(group)).await.unwrap();
    assert_eq!(sequences(&answer.messages), [one, two, two + 5]);
    assert_eq!(
        answer.messages[2].message_id,
        message_id(group, ada.user_id, "three").to_string()
    );
    assert!(
        world
            .chat
            .authorizations()
            .iter()
            .all(|header| header == &format!("Bearer {}", ada.access_token))
    );

    let before = list(
        &world,
        &ada,
        page(group, 2, Position::BeforeSequence(two + 6)),
    )
    .await
    .unwrap();
    assert_eq!(sequences(&before.messages), [two, two + 5]);
    let after = list(&world, &ada, page(group, 2, Position::AfterSequence(one)))
        .await
        .unwrap();
    assert_eq!(sequences(&after.messages), [two, two + 5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hole_between_rows_and_recent_messages_is_never_shown() {
    let world = World::with(|config| config.history.catch_up_wait_ms = 200).await;
    let ada = world.person();
    let group = world.group(&[ada.user_id], false).await;
    let one = world.log.say(group, ada.user_id, "one").await;
    world.stored().await;
    // Chat's memory begins far past what is stored.
    let (far, further) = (one + 100, one + 101);
    world.chat.remembers(
        group,
        &[(ada.user_id, far, "far"), (ada.user_id, further, "further")],
        far,
    );

    let whole = list(&world, &ada, newest(group)).await.unwrap();
    assert_eq!(
        sequences(&whole.messages),
        [one],
        "what is stored, without a hole"
    );
    assert!(whole.may_lack_newest, "{whole:?}");
    let after = list(&world, &ada, page(group, 2, Position::AfterSequence(one))).await;
    assert_eq!(
        refusal(after),
        (Code::Unavailable, "HISTORY_BEHIND".to_owned()),
        "an empty page would say that nothing was said"
    );
    let filled = list(&world, &ada, page(group, 2, Position::AfterSequence(0)))
        .await
        .unwrap();
    assert_eq!(sequences(&filled.messages), [one]);
    let narrow = list(
        &world,
        &ada,
        ListMessagesRequest {
            page_size: 2,
            ..newest(group)
        },
    )
    .await
    .unwrap();
    assert_eq!(
        sequences(&narrow.messages),
        [far, further],
        "a page that chat fills alone"
    );
    assert!(!narrow.may_lack_newest, "{narrow:?}");
    let between = list(
        &world,
        &ada,
        page(group, 2, Position::PageToken(narrow.older_page_token)),
    )
    .await;
    assert_eq!(
        refusal(between),
        (Code::Unavailable, "HISTORY_BEHIND".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_waits_until_the_store_meets_chats_memory() {
    let world = World::start().await;
    let ada = world.person();
    let group = world.group(&[ada.user_id], false).await;
    world.log.say(group, ada.user_id, "0").await;
    world.stored().await;
    for round in 1..20 {
        let said = world
            .log
            .say(group, ada.user_id, &format!("round {round}"))
            .await;
        // Chat's cache was emptied just before.
        world
            .chat
            .remembers(group, &[(ada.user_id, said + 1, "not stored")], said + 1);
        let answer = list(&world, &ada, newest(group)).await.unwrap();
        assert_eq!(
            sequences(&answer.messages)[round..],
            [said, said + 1],
            "round {round}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_have_no_hole_while_people_talk() {
    let world = World::start().await;
    let ada = world.person();
    let group = world.group(&[ada.user_id], false).await;
    let talking = async {
        let mut acked = Vec::new();
        for index in 0..400 {
            acked.push(world.log.say(group, ada.user_id, &index.to_string()).await);
        }
        acked
    };
    let reading = async {
        let mut read: Vec<i64> = Vec::new();
        let mut token = list(&world, &ada, page(group, 20, Position::AfterSequence(0)))
            .await
            .unwrap()
            .newer_page_token;
        while read.len() < 380 {
            let answer = list(&world, &ada, page(group, 20, Position::PageToken(token)))
                .await
                .unwrap();
            read.extend(sequences(&answer.messages));
            token = answer.newer_page_token;
        }
        read
    };
    let first = list(&world, &ada, newest(group)).await.unwrap();
    assert!(first.messages.is_empty());
    let (acked, read) = tokio::join!(talking, crate::world::within("all pages", reading));
    // Reading may have begun after the first page; from there on nothing is missing.
    let from = acked
        .iter()
        .position(|sequence| sequence == &read[0])
        .unwrap();
    assert_eq!(read, acked[from..from + read.len()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_after_the_database_came_back_has_no_hole() {
    let database = crate::world::Database::create().await;
    let proxy = crate::world::Proxy::before(&database.url).await;
    let by_proxy = proxy.url(&database.url);
    let world = World::on(database, |config| {
        config.postgres.url = runtime::Secret::new(&by_proxy);
    })
    .await;
    let ada = world.person();
    let group = world.group(&[ada.user_id], false).await;
    let mut all = world.log.say_many(group, ada.user_id, 30).await;
    world.stored().await;
    proxy.close();
    for index in 0..60 {
        all.push(
            world
                .log
                .say(group, ada.user_id, &format!("away {index}"))
                .await,
        );
    }
    let away = list(&world, &ada, newest(group)).await;
    assert_eq!(
        refusal(away),
        (Code::Unavailable, "DATABASE_UNAVAILABLE".to_owned())
    );
    proxy.open();
    all.sort_unstable();
    until("history is whole again", async || {
        let Ok(answer) = list(
            &world,
            &ada,
            ListMessagesRequest {
                page_size: 200,
                ..newest(group)
            },
        )
        .await
        else {
            return false;
        };
        let read = sequences(&answer.messages);
        // At any time a prefix, never a hole.
        assert_eq!(read, all[..read.len()]);
        read.len() == all.len()
    })
    .await;
}
