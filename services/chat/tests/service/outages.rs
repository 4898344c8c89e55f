//! What stays up while Redis, PostgreSQL or Kafka is away, and how it comes back. These tests have parts of their own and
//! take turns.

use std::{collections::HashSet, fs, path::Path, time::Duration};

use chat::log::follower::LIVE_WITHIN;
use futures::future::join_all;
use parts::{Parts, Settings};
use quicksync::chat::v1::{
    GetConversationRequest, ListRecentMessagesRequest, RemoveMemberRequest, SendMessageRequest,
    SendMessageResponse,
};
use tokio::{
    sync::{Mutex, MutexGuard, OnceCell},
    time::Instant,
};
use tonic::{Code, Request, Status};

use crate::support::{
    Client, PATIENCE, Person, World, create, direct, eventually, fresh_id, group, message, reason,
    send,
};
use crate::typing::try_type;

/// Folders of parts are kept so long, for whoever wants to know why a test failed.
const KEPT: Duration = Duration::from_hours(1);

static TURN: Mutex<()> = Mutex::const_new(());
static PARTS: OnceCell<Parts> = OnceCell::const_new();

/// All parts up, for this test alone.
async fn parts() -> (MutexGuard<'static, ()>, &'static Parts) {
    let turn = TURN.lock().await;
    let parts = PARTS.get_or_init(open).await;
    parts.start_all().await.unwrap();
    (turn, parts)
}

/// In a folder that no other run of these tests has.
async fn open() -> Parts {
    let runs = parts::shared_dir().with_file_name("test-parts-own");
    sweep(&runs);
    let settings = Settings {
        dir: runs.join(parts::unique("chat")),
        lifetime: parts::Lifetime::Owner,
        durability: parts::Durability::Fast,
    };
    Parts::open(&settings).await.unwrap()
}

/// Removes what earlier runs have left. What cannot be removed stays: no test depends on it.
fn sweep(runs: &Path) {
    let Ok(entries) = fs::read_dir(runs) else {
        return;
    };
    for dir in entries.flatten().map(|entry| entry.path()) {
        let touched = dir.metadata().and_then(|folder| folder.modified());
        let is_old = touched.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > KEPT));
        let runs = ["postgres", "redis", "kafka"]
            .iter()
            .any(|name| parts::process::is_alive(&dir.join(name), name));
        if is_old && !runs {
            let _ = Parts::wipe(&dir);
            let _ = fs::remove_dir_all(&dir);
        }
    }
}

async fn try_send(
    client: &Client,
    by: &Person,
    request: SendMessageRequest,
    within: Duration,
) -> Result<SendMessageResponse, Status> {
    let mut request: Request<_> = by.request(request);
    request.set_timeout(within);
    client
        .clone()
        .send_message(request)
        .await
        .map(tonic::Response::into_inner)
}

#[tokio::test(flavor = "multi_thread")]
async fn people_talk_on_while_redis_is_away() {
    let (_turn, parts) = parts().await;
    let world = World::on(parts).await;
    let (one, two) = (world.replica().await, world.replica().await);
    let (mut first, second) = (one.chat().await, two.chat().await);
    let (ada, bob) = (world.person(), world.person());
    let id = create(&mut first, &ada, direct(&bob)).await.conversation_id;
    send(&mut first, &ada, message(&id, fresh_id(), "before")).await;

    parts.redis().stop().await.unwrap();
    let mut last = 0;
    for _ in 0..50 {
        let sent = try_send(
            &first,
            &bob,
            message(&id, fresh_id(), "still here"),
            Duration::from_secs(5),
        )
        .await
        .unwrap();
        assert!(sent.sequence > last);
        last = sent.sequence;
    }
    // Without claims more than one record may reach the log; all who sent it hear of the first one.
    let repeated = message(&id, fresh_id(), "once");
    let sends = [&first, &second, &first, &second]
        .map(|client| try_send(client, &ada, repeated.clone(), Duration::from_secs(5)));
    let sent: Vec<_> = join_all(sends)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert!(sent.iter().all(|other| *other == sent[0]), "{sent:?}");
    assert_eq!(
        world.records_of(&sent[0].message_id).await[0],
        sent[0].sequence
    );
    let recent = ListRecentMessagesRequest {
        conversation_id: id.clone(),
        page_size: 0,
    };
    let status = first
        .list_recent_messages(ada.request(recent.clone()))
        .await
        .unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::Unavailable, "CACHE_UNAVAILABLE")
    );

    parts.redis().start().await.unwrap();
    eventually("recent messages are back", async || {
        let after = try_send(
            &first,
            &ada,
            message(&id, fresh_id(), "after"),
            Duration::from_secs(5),
        )
        .await
        .unwrap();
        let seen = first
            .clone()
            .list_recent_messages(ada.request(recent.clone()))
            .await
            .ok()?
            .into_inner();
        seen.messages
            .iter()
            .any(|message| message.sequence == after.sequence)
            .then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_that_cannot_be_noted_is_answered_once_every_replica_must_know_it() {
    let (_turn, parts) = parts().await;
    let world = World::on(parts).await;
    let (one, two) = (world.replica().await, world.replica().await);
    let (mut first, mut second) = (one.chat().await, two.chat().await);
    let (ada, bob) = (world.person(), world.person());
    let conversation = create(&mut first, &ada, group(&[&bob], fresh_id())).await;
    let id = conversation.conversation_id;
    send(&mut second, &bob, message(&id, fresh_id(), "before")).await;

    parts.redis().stop().await.unwrap();
    let remove = RemoveMemberRequest {
        conversation_id: id.clone(),
        user_id: bob.user_id.to_string(),
    };
    let mut hurried = ada.request(remove.clone());
    hurried.set_timeout(LIVE_WITHIN / 2);
    let status = first.remove_member(hurried).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::Unavailable, "CACHE_UNAVAILABLE")
    );
    let begun = Instant::now();
    let removed = first.remove_member(ada.request(remove)).await.unwrap();
    assert!(begun.elapsed() >= LIVE_WITHIN);
    assert_eq!(removed.into_inner().conversation.unwrap().member_count, 1);
    let status = try_send(
        &second,
        &bob,
        message(&id, fresh_id(), "after"),
        Duration::from_secs(5),
    )
    .await
    .unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn known_members_talk_on_while_postgres_is_away() {
    let (_turn, parts) = parts().await;
    let world = World::on(parts).await;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let (ada, bob, eve) = (world.person(), world.person(), world.person());
    let id = create(&mut client, &ada, direct(&bob))
        .await
        .conversation_id;
    // One of them is enough: the other is remembered with her.
    send(&mut client, &ada, message(&id, fresh_id(), "before")).await;

    parts.postgres().stop().await.unwrap();
    for by in [&ada, &bob, &ada] {
        try_send(
            &client,
            by,
            message(&id, fresh_id(), "still here"),
            Duration::from_secs(5),
        )
        .await
        .unwrap();
    }
    let status = try_send(
        &client,
        &eve,
        message(&id, fresh_id(), "hello"),
        Duration::from_secs(10),
    )
    .await
    .unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::Unavailable, "DATABASE_UNAVAILABLE")
    );
    let get = GetConversationRequest {
        conversation_id: id.clone(),
    };
    let status = client
        .get_conversation(ada.request(get.clone()))
        .await
        .unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::Unavailable, "DATABASE_UNAVAILABLE")
    );
    let status = client
        .create_conversation(ada.request(direct(&eve)))
        .await
        .unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::Unavailable, "DATABASE_UNAVAILABLE")
    );

    parts.postgres().start().await.unwrap();
    eventually("conversations are back", async || {
        client
            .clone()
            .get_conversation(ada.request(get.clone()))
            .await
            .ok()
    })
    .await;
    create(&mut client, &ada, direct(&eve)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_log_is_unavailable_within_the_deadline_and_comes_back_without_a_restart() {
    let (_turn, parts) = parts().await;
    let world = World::on(parts).await;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let (ada, bob, eve) = (world.person(), world.person(), world.person());
    let id = create(&mut client, &ada, direct(&bob))
        .await
        .conversation_id;
    send(&mut client, &ada, message(&id, fresh_id(), "before")).await;

    parts.kafka().stop().await.unwrap();
    let repeated = message(&id, fresh_id(), "once");
    for _ in 0..2 {
        let within = Duration::from_millis(1_500);
        let begun = Instant::now();
        let status = try_send(&client, &ada, repeated.clone(), within)
            .await
            .unwrap_err();
        assert_eq!(
            (status.code(), reason(&status).as_str()),
            (Code::Unavailable, "LOG_UNAVAILABLE")
        );
        assert!(begun.elapsed() < within);
        let begun = Instant::now();
        let status = try_type(&client, &ada, &id).await.unwrap_err();
        assert_eq!(
            (status.code(), reason(&status).as_str()),
            (Code::Unavailable, "LOG_UNAVAILABLE")
        );
        assert!(begun.elapsed() < PATIENCE / 2);
    }
    // A change is made but not told: it waits in the outbox.
    let tea = group(&[&bob], fresh_id());
    for request in [direct(&eve), tea.clone()] {
        let status = client
            .create_conversation(ada.request(request))
            .await
            .unwrap_err();
        assert_eq!(
            (status.code(), reason(&status).as_str()),
            (Code::Unavailable, "LOG_UNAVAILABLE")
        );
    }

    parts.kafka().start().await.unwrap();
    let sent = eventually("sends are back", async || {
        try_send(&client, &ada, repeated.clone(), PATIENCE)
            .await
            .ok()
    })
    .await;
    assert_eq!(send(&mut client, &ada, repeated.clone()).await, sent);
    eventually("typing is told again", async || {
        try_type(&client, &ada, &id).await.ok()
    })
    .await;
    let records = world.records_of(&sent.message_id).await;
    assert_eq!(records, [sent.sequence]);
    // Repeating the call works, and so does leaving it to the relay.
    let again = eventually("changes are back", async || {
        let answer = client
            .clone()
            .create_conversation(ada.request(tea.clone()))
            .await
            .ok()?;
        answer.into_inner().conversation
    })
    .await;
    assert_eq!(again.member_count, 2);
    let other = chat::domain::ids::direct_conversation(ada.user_id, eve.user_id).to_string();
    eventually("the relay has published", async || {
        let request = GetConversationRequest {
            conversation_id: other.clone(),
        };
        client
            .clone()
            .get_conversation(eve.request(request))
            .await
            .ok()
    })
    .await;
    // A record whose outcome was unknown may stand on the log twice; the revision tells readers.
    let begun: HashSet<String> = world
        .log()
        .await
        .into_iter()
        .filter(|(_, event)| event.revision == 1)
        .map(|(_, event)| event.conversation_id)
        .collect();
    assert_eq!(begun.len(), 3, "each conversation began, and no other");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_that_was_given_up_can_be_repeated_long_before_its_claim_ends() {
    let (_turn, parts) = parts().await;
    let mut world = World::on(parts).await;
    world.config.kafka.producer.timeout_ms = 1_000;
    // Far longer than this test has patience.
    world.config.chat.claim_lease_ms = 600_000;
    let (one, two) = (world.replica().await, world.replica().await);
    let (mut first, second) = (one.chat().await, two.chat().await);
    let (ada, bob) = (world.person(), world.person());
    let id = create(&mut first, &ada, direct(&bob)).await.conversation_id;
    send(&mut first, &ada, message(&id, fresh_id(), "before")).await;

    parts.kafka().stop().await.unwrap();
    let repeated = message(&id, fresh_id(), "once");
    let status = try_send(&first, &ada, repeated.clone(), PATIENCE)
        .await
        .unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::Unavailable, "LOG_UNAVAILABLE")
    );

    parts.kafka().start().await.unwrap();
    let sends = [&first, &second, &first].map(|client| {
        eventually("the repetition is sent", async || {
            try_send(client, &ada, repeated.clone(), Duration::from_secs(5))
                .await
                .ok()
        })
    });
    let sent = join_all(sends).await;
    assert!(sent.iter().all(|other| *other == sent[0]), "{sent:?}");
    assert_eq!(
        world.records_of(&sent[0].message_id).await,
        [sent[0].sequence]
    );
}
