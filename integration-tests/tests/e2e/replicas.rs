//! Two replicas of chat and two of notification are one product.

use futures::future::try_join_all;
use integration_tests::{
    client::{Person, live::LiveStream},
    mesh::{self, Service},
};

use crate::faults::talk::persist;

#[tokio::test(flavor = "multi_thread")]
async fn messages_through_each_chat_replica_reach_streams_of_each_notification_replica() {
    let mesh = mesh::shared().await;
    let [ada, grace] = Person::register_all(&mesh.gateway_url(), ["ada", "grace"])
        .await
        .unwrap();
    let conversation = ada.direct(grace.user_id).await.unwrap().conversation_id;
    let mut streams = Vec::new();
    for replica in mesh.replicas(Service::Notification) {
        for person in [&ada, &grace] {
            let person = person.at(&replica.url()).unwrap();
            streams.push(LiveStream::open(&person).await.unwrap());
        }
    }

    let mut sent = Vec::new();
    for round in 0..10 {
        for replica in mesh.replicas(Service::Chat) {
            for person in [&ada, &grace] {
                let person = person.at(&replica.url()).unwrap();
                let text = format!("{round} by {}", replica.name());
                sent.push(person.send(&conversation, &text).await.unwrap().sequence);
            }
        }
    }

    assert!(sent.is_sorted(), "who sends later comes later: {sent:?}");
    for stream in &streams {
        let seen = stream
            .until_messages(&conversation, sent.len())
            .await
            .unwrap();
        let got: Vec<i64> = seen
            .messages_of(&conversation)
            .iter()
            .map(|message| message.sequence)
            .collect();
        assert_eq!(got, sent);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_direct_conversation_asked_for_at_once_by_both_at_both_replicas_is_one() {
    let mesh = mesh::shared().await;
    for _ in 0..5 {
        let [ada, grace] = Person::register_all(&mesh.gateway_url(), ["ada", "grace"])
            .await
            .unwrap();
        let streams = [
            LiveStream::open(&ada).await.unwrap(),
            LiveStream::open(&grace).await.unwrap(),
        ];
        let mut asking = Vec::new();
        for replica in mesh.replicas(Service::Chat) {
            for _ in 0..5 {
                for (person, other) in [(&ada, &grace), (&grace, &ada)] {
                    let person = person.at(&replica.url()).unwrap();
                    let other = other.user_id;
                    asking.push(async move {
                        // Twenty at once, in debug and on a busy machine, may exhaust what the pool waits: DATABASE_UNAVAILABLE.
                        persist(&mut Vec::new(), || person.direct(other)).await
                    });
                }
            }
        }

        let conversations = try_join_all(asking).await.unwrap();

        let first = &conversations[0];
        assert!(
            conversations
                .iter()
                .all(|conversation| conversation == first),
            "{conversations:?}"
        );
        assert_eq!(first.revision, 1);
        // The message comes after all of its creation's events, however many there are.
        ada.send(&first.conversation_id, "at last").await.unwrap();
        for stream in &streams {
            let seen = stream
                .until_messages(&first.conversation_id, 1)
                .await
                .unwrap();
            assert_eq!(seen.events.len(), 2, "created once: {:?}", seen.events);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_created_at_one_replica_can_be_used_at_the_other_at_once() {
    let mesh = mesh::shared().await;
    let [ada, grace] = Person::register_all(&mesh.gateway_url(), ["ada", "grace"])
        .await
        .unwrap();
    let urls = mesh.plan().endpoints(Service::Chat);
    for round in 0..10 {
        let owner = ada.at(&urls[round % 2]).unwrap();
        let member = grace.at(&urls[(round + 1) % 2]).unwrap();
        let group = owner.group("Quick", &[grace.user_id]).await.unwrap();
        let group = group.conversation_id;

        let sent = member.send(&group, "first").await.unwrap();

        let newest = ada.newest(&group).await.unwrap();
        assert_eq!(newest.len(), 1);
        assert_eq!(newest[0].sequence, sent.sequence);
    }
}
