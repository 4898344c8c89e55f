//! `SendTyping`: told once, to nobody who may not, and never in the way of messages.

use std::time::Duration;

use events::{Start, Tail, Topic, envelope};
use quicksync::{
    chat::v1::{SendTypingRequest, SendTypingResponse},
    events::v1::TypingEvent,
};
use tokio::time::{Instant, timeout};
use tonic::{Code, Status};

use crate::support::{
    Client, PATIENCE, Person, World, create, direct, fresh_id, group, message, reason, send,
};

/// What a call may take while its topic is away: `typing.timeout_ms`, and the rest for a busy machine.
const ANSWERED_WITHIN: Duration = Duration::from_secs(5);

pub async fn try_type(
    client: &Client,
    by: &Person,
    conversation_id: &str,
) -> Result<SendTypingResponse, Status> {
    let request = SendTypingRequest {
        conversation_id: conversation_id.to_owned(),
    };
    let answer = client.clone().send_typing(by.request(request)).await?;
    Ok(answer.into_inner())
}

async fn heard(tail: &mut Tail) -> TypingEvent {
    let batch = timeout(PATIENCE, tail.next_batch()).await.unwrap().unwrap();
    assert_eq!(batch.records.len(), 1);
    envelope::decode_typing(&batch.records[0]).unwrap().1
}

#[tokio::test(flavor = "multi_thread")]
async fn who_types_is_told_once_on_a_topic_of_its_own_with_how_long_it_holds() {
    let mut world = World::new().await;
    // Long enough for whatever a busy machine does between two calls.
    world.config.typing.holds_ms = 60_000;
    world.config.typing.repeat_min_ms = 59_000;
    world.config.typing.switch_min_ms = 0;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let (ada, bob, cleo) = (world.person(), world.person(), world.person());
    let id = create(&mut client, &ada, direct(&bob))
        .await
        .conversation_id;
    let other = create(&mut client, &ada, direct(&cleo))
        .await
        .conversation_id;
    let before = world.log().await.len();
    let topic = Topic::new(&world.config.kafka.typing);
    let mut tail = Tail::open(&world.config.kafka, &topic, Start::End)
        .await
        .unwrap();

    let first = try_type(&client, &ada, &id).await.unwrap();
    let again = try_type(&client, &ada, &id).await.unwrap();
    let holds = |answer: SendTypingResponse| Duration::try_from(answer.holds_for.unwrap()).unwrap();
    assert_eq!(holds(first), Duration::from_mins(1));
    assert!(holds(again) < Duration::from_mins(1));
    let event = heard(&mut tail).await;
    assert_eq!(
        (event.conversation_id, event.user_id),
        (id, ada.user_id.to_string())
    );
    assert_eq!(event.holds_for.unwrap().seconds, 60);
    assert!(event.said_at.is_some());

    // The repetition was not told: what comes next is about the other conversation.
    try_type(&client, &ada, &other).await.unwrap();
    assert_eq!(heard(&mut tail).await.conversation_id, other);
    assert_eq!(world.log().await.len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_types_everywhere_at_once_is_refused() {
    let mut world = World::new().await;
    world.config.typing.holds_ms = 60_000;
    world.config.typing.switch_min_ms = 60_000;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let (ada, bob, cleo) = (world.person(), world.person(), world.person());
    let ids = [
        create(&mut client, &ada, direct(&bob)).await,
        create(&mut client, &ada, direct(&cleo)).await,
    ]
    .map(|conversation| conversation.conversation_id);
    try_type(&client, &ada, &ids[0]).await.unwrap();
    let status = try_type(&client, &ada, &ids[1]).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::ResourceExhausted, "TOO_MANY_TYPING")
    );
    try_type(&client, &bob, &ids[0]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_topic_typing_is_refused_quickly_and_messages_are_sent_all_the_same() {
    let mut world = World::new().await;
    // Nobody has made it.
    world.config.kafka.typing.name = parts::unique("nowhere");
    world.config.typing.in_flight_max = 8;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let (ada, bob) = (world.person(), world.person());
    // As many as may be under way; of one person's calls at once one is told.
    let people = [(); 8].map(|()| world.person());
    let members: Vec<&Person> = people.iter().chain([&bob]).collect();
    let id = create(&mut client, &ada, group(&members, fresh_id()))
        .await
        .conversation_id;
    let typing = async {
        for _ in 0..3 {
            let begun = Instant::now();
            let calls = people.iter().map(|person| try_type(&client, person, &id));
            for answer in futures::future::join_all(calls).await {
                let status = answer.unwrap_err();
                assert_eq!(
                    (status.code(), reason(&status).as_str()),
                    (Code::Unavailable, "LOG_UNAVAILABLE")
                );
            }
            assert!(begun.elapsed() < ANSWERED_WITHIN);
        }
    };
    let mut sender = client.clone();
    let sending = async {
        let mut sequences = Vec::new();
        for _ in 0..30 {
            let request = message(&id, fresh_id(), "still here");
            sequences.push(send(&mut sender, &bob, request).await.sequence);
        }
        sequences
    };
    let (sequences, ()) = tokio::join!(sending, typing);
    assert!(sequences.is_sorted());
    assert_eq!(sequences.len(), 30);
}
