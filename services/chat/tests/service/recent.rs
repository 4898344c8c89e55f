//! `ListRecentMessages`.

use futures::future::join_all;
use prost::Message as _;
use quicksync::{
    chat::v1::{AddMembersRequest, ListRecentMessagesRequest, ListRecentMessagesResponse},
    events::v1::{ConversationEvent, MessageSent, conversation_event::Event},
};
use uuid::Uuid;

use crate::support::{
    Client, Person, World, create, direct, eventually, fresh_id, group, ids, message, redis_client,
    send,
};

async fn recent(
    client: &mut Client,
    by: &Person,
    id: &str,
    page_size: i32,
) -> ListRecentMessagesResponse {
    let request = ListRecentMessagesRequest {
        conversation_id: id.to_owned(),
        page_size,
    };
    client
        .list_recent_messages(by.request(request))
        .await
        .unwrap()
        .into_inner()
}

fn sequences(recent: &ListRecentMessagesResponse) -> Vec<i64> {
    recent
        .messages
        .iter()
        .map(|message| message.sequence)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_there_at_once_on_every_replica() {
    let world = World::new().await;
    let (one, two) = (world.replica().await, world.replica().await);
    let (mut first, mut second) = (one.chat().await, two.chat().await);
    let (ada, bob) = (world.person(), world.person());
    let id = create(&mut first, &ada, direct(&bob)).await.conversation_id;
    let empty = recent(&mut second, &bob, &id, 0).await;
    assert!(empty.messages.is_empty() && empty.complete_from_sequence <= empty.head_sequence);
    let mut sent = Vec::new();
    for number in 0..30 {
        let text = format!("tea {number}");
        sent.push(
            send(&mut first, &ada, message(&id, fresh_id(), &text))
                .await
                .sequence,
        );
        let seen = recent(&mut second, &bob, &id, 200).await;
        assert_eq!(sequences(&seen), sent);
        assert_eq!(seen.messages.last().unwrap().text, text);
        assert!(
            seen.complete_from_sequence < sent[0] && seen.head_sequence >= *sent.last().unwrap()
        );
    }
    let page = recent(&mut first, &bob, &id, 10).await;
    assert_eq!(sequences(&page), sent[20..]);
    assert_eq!(page.complete_from_sequence, sent[20]);
    let message = &page.messages[0];
    assert_eq!(
        (
            message.sender_user_id.as_str(),
            message.conversation_id.as_str()
        ),
        (ada.user_id.to_string().as_str(), id.as_str())
    );
    assert!(message.sent_at.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_exact_while_others_send_and_after_redis_was_emptied() {
    let world = World::new().await;
    let (one, two) = (world.replica().await, world.replica().await);
    let (mut first, second) = (one.chat().await, two.chat().await);
    let (ada, bob) = (world.person(), world.person());
    let id = create(&mut first, &ada, direct(&bob)).await.conversation_id;
    let sending = (0..4).map(|writer| {
        let mut client = if writer % 2 == 0 {
            first.clone()
        } else {
            second.clone()
        };
        let (ada, id) = (ada.clone(), id.clone());
        async move {
            let mut sent = Vec::new();
            for _ in 0..60 {
                sent.push(
                    send(&mut client, &ada, message(&id, fresh_id(), "on and on"))
                        .await
                        .sequence,
                );
            }
            sent
        }
    });
    let sending = tokio::spawn(join_all(sending.collect::<Vec<_>>()));
    let mut answers = Vec::new();
    for round in 0.. {
        let mut client = if round % 2 == 0 {
            first.clone()
        } else {
            second.clone()
        };
        answers.push(recent(&mut client, &bob, &id, 200).await);
        if round % 7 == 3 {
            world.empty_redis().await;
        }
        if sending.is_finished() {
            break;
        }
    }
    let mut sent: Vec<_> = sending.await.unwrap().into_iter().flatten().collect();
    sent.sort_unstable();
    answers.push(recent(&mut first, &bob, &id, 200).await);
    for answer in &answers {
        let range = answer.complete_from_sequence..=answer.head_sequence;
        let expected: Vec<_> = sent
            .iter()
            .copied()
            .filter(|sequence| range.contains(sequence))
            .collect();
        let seen: Vec<_> = sequences(answer)
            .into_iter()
            .filter(|sequence| range.contains(sequence))
            .collect();
        assert_eq!(seen, expected, "{}..={}", range.start(), range.end());
    }
    assert!(
        answers.iter().any(|answer| answer.messages.len() > 50),
        "not only empty answers were exact"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_redis_is_not_taken_for_an_empty_conversation() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let (ada, bob) = (world.person(), world.person());
    let id = create(&mut client, &ada, direct(&bob))
        .await
        .conversation_id;
    let old = send(&mut client, &ada, message(&id, fresh_id(), "before"))
        .await
        .sequence;
    recent(&mut client, &ada, &id, 0).await;
    world.empty_redis().await;
    let seen = recent(&mut client, &ada, &id, 0).await;
    assert!(seen.messages.is_empty() && seen.complete_from_sequence > old);
    let new = send(&mut client, &ada, message(&id, fresh_id(), "after"))
        .await
        .sequence;
    let seen = recent(&mut client, &ada, &id, 0).await;
    assert_eq!(sequences(&seen), [new]);
    assert!(seen.complete_from_sequence > old && seen.complete_from_sequence <= new);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_lost_its_end_is_read_on_from_where_it_ends() {
    const LOST: i64 = 4;
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let (ada, bob) = (world.person(), world.person());
    let id = create(&mut client, &ada, direct(&bob))
        .await
        .conversation_id;
    let old = send(&mut client, &ada, message(&id, fresh_id(), "kept"))
        .await
        .sequence;
    let seen = recent(&mut client, &ada, &id, 0).await;
    let next = seen.head_sequence + 1;

    // As another replica left it that had followed four more records, one of them of this conversation.
    let topic = events::Topic::new(&world.config.kafka.conversations);
    let partition = topic.partition_of(Uuid::try_parse(&id).unwrap().as_bytes());
    let prefix = format!("{}{{{partition}}}", world.config.redis.prefix);
    let lost = ConversationEvent {
        conversation_id: id.clone(),
        event: Some(Event::MessageSent(MessageSent {
            message_id: fresh_id().to_string(),
            ..MessageSent::default()
        })),
        ..ConversationEvent::default()
    };
    let mut redis = world.redis().await;
    let _: () = redis_client::pipe()
        .cmd("HSET")
        .arg(format!("{prefix}:log"))
        .arg("position")
        .arg(next + LOST)
        .cmd("ZADD")
        .arg(format!("{prefix}:recent:{id}"))
        .arg(next + 1)
        .arg(lost.encode_to_vec())
        .query_async(&mut redis)
        .await
        .unwrap();

    let mut sent = Vec::new();
    for number in 0..2 * LOST {
        let seen = recent(&mut client, &bob, &id, 0).await;
        assert_eq!(seen.head_sequence, next + number - 1);
        assert!(seen.complete_from_sequence > old);
        let shown: Vec<_> = sent
            .iter()
            .copied()
            .filter(|&sequence| sequence >= next + LOST)
            .collect();
        assert_eq!(sequences(&seen), shown);
        sent.push(
            send(&mut client, &ada, message(&id, fresh_id(), "new"))
                .await
                .sequence,
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_replica_reads_on_without_new_messages() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let (ada, bob) = (world.person(), world.person());
    let id = create(&mut client, &ada, direct(&bob))
        .await
        .conversation_id;
    let sent = send(&mut client, &ada, message(&id, fresh_id(), "tea?"))
        .await
        .sequence;
    // Written by now; a replica that stops before leaves it to the refill of the next.
    recent(&mut client, &ada, &id, 0).await;
    replica.stop().await;
    // One that reads nothing again, as after an hour of silence.
    let mut config = world.config.clone();
    config.chat.refill_age_max_s = 0;
    let replica = world.replica_with(config).await;
    let seen = recent(&mut replica.chat().await, &bob, &id, 0).await;
    assert_eq!(sequences(&seen), [sent]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_set_of_a_conversation_is_bounded_and_says_from_where_it_is_complete() {
    let mut world = World::new().await;
    world.config.chat.recent_messages_max = 5;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let (ada, bob) = (world.person(), world.person());
    let id = create(&mut client, &ada, direct(&bob))
        .await
        .conversation_id;
    let mut sent = Vec::new();
    for _ in 0..12 {
        sent.push(
            send(&mut client, &ada, message(&id, fresh_id(), "tea"))
                .await
                .sequence,
        );
    }
    let seen = recent(&mut client, &bob, &id, 200).await;
    assert_eq!(sequences(&seen), sent[7..]);
    assert_eq!(seen.complete_from_sequence, sent[7]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_joined_a_group_that_hides_its_past_does_not_see_it() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let (ada, bob) = (world.person(), world.person());
    let mut request = group(&[], fresh_id());
    request.hides_history_from_new_members = true;
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
    assert_eq!(
        sequences(&recent(&mut client, &ada, &id, 0).await),
        [before, after]
    );
    assert_eq!(sequences(&recent(&mut client, &bob, &id, 0).await), [after]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_send_is_kept_in_redis_with_its_sequence() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let (ada, bob) = (world.person(), world.person());
    let id = create(&mut client, &ada, direct(&bob))
        .await
        .conversation_id;
    let sent = send(&mut client, &ada, message(&id, fresh_id(), "tea?")).await;
    let mut redis = world.redis().await;
    let pattern = format!("{}*send:{}", world.config.redis.prefix, sent.message_id);
    let keys: Vec<String> = redis_client::cmd("KEYS")
        .arg(pattern)
        .query_async(&mut redis)
        .await
        .unwrap();
    assert_eq!(keys.len(), 1);
    eventually("the claim became a sequence", async || {
        let mut redis = redis.clone();
        let value: String = redis_client::cmd("GET")
            .arg(&keys[0])
            .query_async(&mut redis)
            .await
            .unwrap();
        (value == sent.sequence.to_string()).then_some(())
    })
    .await;
    let ttl: i64 = redis_client::cmd("TTL")
        .arg(&keys[0])
        .query_async(&mut redis)
        .await
        .unwrap();
    assert!((86_000..=86_400).contains(&ttl), "{ttl}");
}
