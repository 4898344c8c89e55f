//! The main job: a message goes from one person to another.

use std::collections::BTreeMap;

use integration_tests::{
    client::{PASSWORD, Person, live::LiveStream},
    mesh,
};
use quicksync::{chat::v1::Message, user::v1::SearchUsersRequest};

const MESSAGES_EACH_WAY: usize = 100;

/// Sequence to text, and a check that no sequence comes twice and that they grow.
fn in_order(messages: &[Message]) -> BTreeMap<i64, String> {
    assert!(
        messages
            .windows(2)
            .all(|pair| pair[0].sequence < pair[1].sequence),
        "out of order or twice: {messages:?}"
    );
    messages
        .iter()
        .map(|message| (message.sequence, message.text.clone()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_talk_and_both_see_each_message_once_and_in_order() {
    let mesh = mesh::shared().await;
    let url = mesh.gateway_url();
    let [ada, grace] = Person::register_all(&url, ["ada", "grace"]).await.unwrap();
    let ada = Person::login(&url, &ada.user.username.to_uppercase(), PASSWORD)
        .await
        .unwrap();

    let prefix = grace.user.username[..grace.user.username.len() - 2].to_owned();
    let found = ada
        .users()
        .search_users(SearchUsersRequest {
            query: prefix,
            ..Default::default()
        })
        .await
        .unwrap()
        .into_inner();
    assert!(
        found
            .users
            .iter()
            .any(|user| user.user_id == grace.user.user_id),
        "{found:?}"
    );

    let conversation = ada.direct(grace.user_id).await.unwrap().conversation_id;
    assert_eq!(
        grace.direct(ada.user_id).await.unwrap().conversation_id,
        conversation,
        "one direct conversation per pair"
    );
    let (ada_live, grace_live) = (
        LiveStream::open(&ada).await.unwrap(),
        LiveStream::open(&grace).await.unwrap(),
    );

    let talk = async |person: &Person| {
        let mut acked = BTreeMap::new();
        for number in 0..MESSAGES_EACH_WAY {
            let text = format!("{} says {number}", person.user.username);
            let answer = person.send(&conversation, &text).await.unwrap();
            assert!(
                acked.insert(answer.sequence, text).is_none(),
                "a sequence was given twice"
            );
        }
        acked
    };
    let (mut acked, from_grace) = tokio::join!(talk(&ada), talk(&grace));
    acked.extend(from_grace);
    assert_eq!(acked.len(), 2 * MESSAGES_EACH_WAY);

    for live in [&ada_live, &grace_live] {
        let seen = live
            .until_messages(&conversation, acked.len())
            .await
            .unwrap();
        let messages: Vec<Message> = seen
            .messages_of(&conversation)
            .into_iter()
            .cloned()
            .collect();
        assert_eq!(in_order(&messages), acked);
        assert_eq!(seen.resets, 0);
    }
    for person in [&ada, &grace] {
        assert_eq!(
            in_order(&person.history(&conversation).await.unwrap()),
            acked
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_sent_through_one_replica_reaches_streams_of_the_other() {
    use mesh::Service::{Chat, Notification};

    let mesh = mesh::shared().await;
    let [ada, grace] = Person::register_all(&mesh.gateway_url(), ["ada", "grace"])
        .await
        .unwrap();
    let conversation = ada.direct(grace.user_id).await.unwrap().conversation_id;
    let mut streams = Vec::new();
    for replica in mesh.replicas(Notification) {
        streams.push(
            LiveStream::open(&grace.at(&replica.url()).unwrap())
                .await
                .unwrap(),
        );
    }

    let mut sequences = Vec::new();
    for replica in mesh.replicas(Chat) {
        let answer = ada
            .at(&replica.url())
            .unwrap()
            .send(&conversation, &format!("by {}", replica.name()))
            .await
            .unwrap();
        sequences.push(answer.sequence);
    }

    for stream in &streams {
        let seen = stream
            .until_messages(&conversation, sequences.len())
            .await
            .unwrap();
        let came: Vec<i64> = seen
            .messages_of(&conversation)
            .iter()
            .map(|message| message.sequence)
            .collect();
        assert_eq!(came, sequences);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_reads_its_own_message_at_once() {
    let mesh = mesh::shared().await;
    let [ada, grace] = Person::register_all(&mesh.gateway_url(), ["ada", "grace"])
        .await
        .unwrap();
    let conversation = ada.direct(grace.user_id).await.unwrap().conversation_id;

    for number in 0..20 {
        let sent = ada
            .send(&conversation, &format!("number {number}"))
            .await
            .unwrap();
        let newest = ada.newest(&conversation).await.unwrap();
        assert_eq!(
            newest.last().map(|message| message.sequence),
            Some(sent.sequence),
            "after message {number}"
        );
        assert_eq!(newest.len(), number + 1);
    }
}
