//! Replicas of the service that takes messages are restarted and killed.

use integration_tests::{
    client::{Person, live::LiveStream},
    mesh::Service,
};

use super::{
    talk::{Manner, Talk},
    turn,
};

const EXCHANGE: usize = 80;

#[tokio::test(flavor = "multi_thread")]
async fn a_send_that_a_replica_could_not_answer_is_repeated_and_not_doubled() {
    let mesh = turn().await;
    let people = Person::register_all(&mesh.gateway_url(), ["ada", "grace", "edsger", "barbara"])
        .await
        .unwrap();
    let others: Vec<_> = people[1..].iter().map(|person| person.user_id).collect();
    let conversation = people[0]
        .group("party", &others)
        .await
        .unwrap()
        .conversation_id;
    let stream = LiveStream::open(&people[1]).await.unwrap();
    let talkers: Vec<&Person> = people.iter().collect();
    let talk = Talk::begin(&conversation, &talkers, Manner::Persistent);
    talk.until_more(EXCHANGE).await;

    for replica in mesh.replicas(Service::Chat) {
        replica.restart().await.unwrap();
        talk.until_more(EXCHANGE).await;
    }
    let killed = mesh.replica(Service::Chat, 1);
    killed.kill().await.unwrap();
    talk.until_more(EXCHANGE).await;
    killed.start().await.unwrap();
    talk.until_more(EXCHANGE).await;
    let transcript = talk.end().await;

    transcript
        .assert_live(&stream, &conversation, "a stream")
        .await;
    transcript
        .assert_in_history(&people[1], &conversation)
        .await;
    assert_eq!(stream.seen().endings, Vec::<String>::new());
}
