//! The database is stopped.

use std::time::Duration;

use integration_tests::client::{Person, live::LiveStream};
use tokio::time::Instant;

use super::{
    talk::{Manner, Talk},
    turn,
};

const EXCHANGE: usize = 40;
const OUTAGE: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn people_talk_on_without_postgres_and_history_catches_up() {
    let mesh = turn().await;
    let [ada, grace] = Person::register_all(&mesh.gateway_url(), ["ada", "grace"])
        .await
        .unwrap();
    let conversation = ada.direct(grace.user_id).await.unwrap().conversation_id;
    let streams = [
        LiveStream::open(&ada).await.unwrap(),
        LiveStream::open(&grace).await.unwrap(),
    ];
    let talk = Talk::begin(&conversation, &[&ada, &grace], Manner::Undisturbed);
    talk.until_more(EXCHANGE).await;

    let postgres = mesh.parts().postgres();
    postgres.stop().await.unwrap();
    let stopped = Instant::now();
    while stopped.elapsed() < OUTAGE {
        talk.until_more(EXCHANGE).await;
        let acked = talk.acked();
        for stream in &streams {
            stream.until_messages(&conversation, acked).await.unwrap();
        }
    }
    postgres.start().await.unwrap();
    talk.until_more(EXCHANGE).await;
    let transcript = talk.end().await;

    for stream in &streams {
        transcript
            .assert_live(stream, &conversation, "a stream")
            .await;
        assert_eq!(stream.seen().endings, Vec::<String>::new());
    }
    for person in [&ada, &grace] {
        transcript.assert_in_history(person, &conversation).await;
    }
}
