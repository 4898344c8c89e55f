//! A client that does not know whether its message arrived sends it again.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use futures::future::try_join_all;
use integration_tests::{
    client::{Person, live::LiveStream, new_id},
    mesh::{Mesh, Replica, Service},
};

use crate::faults::{
    talk::{Transcript, send_thrice},
    turn,
};

const TEXT: &str = "the one and only";

async fn restart_chat(mesh: &Mesh, while_stopped: impl AsyncFnOnce()) {
    try_join_all(mesh.replicas(Service::Chat).map(Replica::stop))
        .await
        .unwrap();
    while_stopped().await;
    try_join_all(mesh.replicas(Service::Chat).map(Replica::start))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_sent_again_and_again_is_one_message_whatever_was_forgotten() {
    let mesh = turn().await;
    let redis = mesh.parts().redis();
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
    let by_chat = |number| ada.at(&mesh.replica(Service::Chat, number).url()).unwrap();
    let ways = [ada.clone(), by_chat(1), by_chat(2)];
    let id = new_id();
    let send = async || send_thrice(ways.each_ref(), &conversation, id, TEXT).await;

    let first = send().await;
    restart_chat(&mesh, async || {}).await;
    assert_eq!(send().await, first, "after a restart of chat");
    redis.flush_all().await.unwrap();
    assert_eq!(send().await, first, "after Redis was emptied");
    restart_chat(&mesh, async || redis.flush_all().await.unwrap()).await;
    assert_eq!(send().await, first, "after both at once");

    // Whatever came twice would stand before this one.
    let last = ada.send(&conversation, "that was all").await.unwrap();
    let transcript = Transcript {
        said: [
            (first.sequence, TEXT.to_owned()),
            (last.sequence, "that was all".to_owned()),
        ]
        .into(),
        ..Transcript::default()
    };
    for stream in &streams {
        transcript
            .assert_live(stream, &conversation, "a stream")
            .await;
        let seen = stream.seen();
        assert_eq!(
            seen.messages_of(&conversation)[0].message_id,
            first.message_id
        );
    }
    transcript.assert_in_history(&grace, &conversation).await;
}
