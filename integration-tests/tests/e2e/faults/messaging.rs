//! The service that makes history is killed.

use futures::{StreamExt as _, TryStreamExt as _};
use integration_tests::{
    client::{Person, new_id},
    mesh::Service,
};
use tokio::sync::watch;

use super::{
    talk::{Transcript, persist},
    turn,
};

const SENDS: usize = 10_000;
const SENDS_AT_ONCE: usize = 64;
const KILLED_AFTER: usize = 3_000;
const STARTED_AFTER: usize = 6_000;

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_sends_are_ten_thousand_rows_though_messaging_is_killed_among_them() {
    let mesh = turn().await;
    let people = Person::register_all(&mesh.gateway_url(), ["ada", "grace", "edsger"])
        .await
        .unwrap();
    let others = [people[1].user_id, people[2].user_id];
    let conversation = people[0]
        .group("crowd", &others)
        .await
        .unwrap()
        .conversation_id;
    let messaging = mesh.replica(Service::Messaging, 1);

    let (acked, mut count) = watch::channel(0);
    let sending = async {
        futures::stream::iter(0..SENDS)
            .map(async |number| {
                let person = &people[number % people.len()];
                let text = format!("number {number}");
                let id = new_id();
                let answer =
                    persist(&mut Vec::new(), || person.send_as(&conversation, id, &text)).await?;
                acked.send_modify(|acked| *acked += 1);
                Ok::<_, tonic::Status>((answer.sequence, text))
            })
            .buffer_unordered(SENDS_AT_ONCE)
            .try_collect()
            .await
            .unwrap()
    };
    let killing = async {
        count
            .wait_for(|acked| *acked >= KILLED_AFTER)
            .await
            .unwrap();
        // A busy messaging says that it is behind, and is asked again.
        let rows = persist(&mut Vec::new(), || people[0].history(&conversation)).await;
        assert!(!rows.unwrap().is_empty());
        messaging.kill().await.unwrap();
        count
            .wait_for(|acked| *acked >= STARTED_AFTER)
            .await
            .unwrap();
        messaging.start().await.unwrap();
    };
    let (said, ()) = tokio::join!(sending, killing);

    let transcript = Transcript {
        said,
        ..Transcript::default()
    };
    assert_eq!(transcript.said.len(), SENDS, "a sequence was given twice");
    transcript
        .assert_in_history(&people[1], &conversation)
        .await;
}
