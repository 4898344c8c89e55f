//! Read markers move forward only, and travel.

use auth::testing::Person;
use events::envelope;
use quicksync::{
    events::v1::{ConversationEvent, ReadMarkerMoved, conversation_event::Event},
    messaging::v1::MarkReadRequest,
};
use rdkafka::{
    ClientConfig, Message as _,
    consumer::{Consumer, StreamConsumer},
};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::world::{World, refusal, until, within};

async fn mark(
    world: &World,
    person: &Person,
    conversation_id: Uuid,
    sequence: i64,
) -> Result<i64, Status> {
    let request = MarkReadRequest {
        conversation_id: conversation_id.to_string(),
        sequence,
    };
    world
        .client
        .clone()
        .mark_read(person.request(request))
        .await
        .map(|response| response.into_inner().last_read_sequence)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_marker_never_moves_back() {
    let world = World::start().await;
    let ada = world.person();
    let group = world.group(&[ada.user_id], false).await;
    let mut said = world.log.say_many(group, ada.user_id, 5).await;
    said.sort_unstable();
    assert_eq!(mark(&world, &ada, group, said[3]).await.unwrap(), said[3]);
    assert_eq!(mark(&world, &ada, group, said[1]).await.unwrap(), said[3]);
    let all = futures::future::join_all(
        said.iter()
            .map(|sequence| mark(&world, &ada, group, *sequence)),
    )
    .await;
    assert!(
        all.iter()
            .all(|marker| marker.as_ref().is_ok_and(|marker| marker >= &said[3])),
        "{all:?}"
    );
    assert_eq!(mark(&world, &ada, group, said[4]).await.unwrap(), said[4]);

    // One that another device moved, and a late one.
    let newest = world.log.say(group, ada.user_id, "newest").await;
    for sequence in [newest, said[0]] {
        let moved = ReadMarkerMoved {
            user_id: ada.user_id.to_string(),
            last_read_sequence: sequence,
        };
        world
            .log
            .event(group, 0, Event::ReadMarkerMoved(moved))
            .await;
    }
    until("the log's marker is stored", async || {
        world
            .database
            .number("SELECT max(last_read_sequence) AS number FROM read_markers")
            .await
            == newest
    })
    .await;
    assert_eq!(mark(&world, &ada, group, said[2]).await.unwrap(), newest);
    assert_eq!(world.database.rows("read_markers").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_clients_hear_of_a_move_once() {
    let world = World::start().await;
    let ada = world.person();
    let group = world.group(&[ada.user_id], false).await;
    let said = world.log.say(group, ada.user_id, "hello").await;
    for _ in 0..3 {
        mark(&world, &ada, group, said).await.unwrap();
    }
    let end = world.log.say(group, ada.user_id, "the end").await;

    let mut heard = Vec::new();
    for event in events_of(&world, group, end).await {
        if let Some(Event::ReadMarkerMoved(moved)) = event.event {
            heard.push(moved);
        }
    }
    assert_eq!(
        heard,
        [ReadMarkerMoved {
            user_id: ada.user_id.to_string(),
            last_read_sequence: said
        }]
    );
}

/// What the log says of a conversation up to a sequence.
async fn events_of(world: &World, conversation_id: Uuid, end: i64) -> Vec<ConversationEvent> {
    let consumer: StreamConsumer = ClientConfig::new()
        .set("bootstrap.servers", &world.log.config.brokers)
        .set("group.id", parts::unique("reader"))
        .set("auto.offset.reset", "earliest")
        .create()
        .unwrap();
    consumer.subscribe(&[world.log.topic.kafka_name()]).unwrap();
    let partition = world.log.topic.partition_of(conversation_id.as_bytes());
    let read = async {
        let mut heard = Vec::new();
        loop {
            let message = consumer.recv().await.unwrap();
            if message.partition() != partition || message.key() != Some(conversation_id.as_bytes())
            {
                continue;
            }
            let record = events::Record {
                partition,
                offset: message.offset(),
                timestamp_ms: 0,
                key: message.key().unwrap().to_vec().into(),
                payload: message.payload().unwrap().to_vec().into(),
            };
            heard.push(envelope::decode(&record).unwrap().1);
            if world.log.topic.sequence(message.offset()) == end {
                return heard;
            }
        }
    };
    within("the conversation's records", read).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_log_has_not_reached_cannot_be_read() {
    let world = World::start().await;
    let ada = world.person();
    let group = world.group(&[ada.user_id], false).await;
    let said = world.log.say(group, ada.user_id, "the newest").await;
    let next_epoch = said + (1 << 40);
    for future in [said + 1, said + 1_000, next_epoch, (1 << 53) - 1] {
        let (code, reason) = refusal(mark(&world, &ada, group, future).await);
        assert_eq!(
            (code, reason.as_str()),
            (Code::InvalidArgument, "INVALID_FIELDS"),
            "{future}"
        );
    }
    assert_eq!(world.database.rows("read_markers").await, 0);
    assert_eq!(mark(&world, &ada, group, said).await.unwrap(), said);
}
