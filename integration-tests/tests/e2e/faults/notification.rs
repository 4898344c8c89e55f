//! Replicas of the service that holds the live streams are killed and restarted.

use integration_tests::{
    client::{Person, live::LiveStream},
    mesh::Service,
};

use super::{
    talk::{Manner, Talk},
    turn,
};

/// How much is said between two events of a test.
const EXCHANGE: usize = 60;
const STREAMS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn streams_of_a_killed_replica_resume_without_a_gap_here_and_there() {
    let mesh = turn().await;
    let [ada, grace] = Person::register_all(&mesh.gateway_url(), ["ada", "grace"])
        .await
        .unwrap();
    let conversation = ada.direct(grace.user_id).await.unwrap().conversation_id;
    let killed = mesh.replica(Service::Notification, 1);
    let other = mesh.replica(Service::Notification, 2);
    let at_killed = grace.at(&killed.url()).unwrap();
    let staying = LiveStream::open(&at_killed).await.unwrap();
    let leaving = LiveStream::open(&at_killed).await.unwrap();
    let by_gateway = [
        LiveStream::open(&ada).await.unwrap(),
        LiveStream::open(&ada).await.unwrap(),
    ];
    let talk = Talk::begin(&conversation, &[&ada, &grace], Manner::Undisturbed);
    talk.until_more(EXCHANGE).await;

    killed.kill().await.unwrap();
    let left = leaving.seen();
    drop(leaving);
    let moved = LiveStream::resume(&grace.at(&other.url()).unwrap(), left.token.clone())
        .await
        .unwrap();
    talk.until_more(EXCHANGE).await;
    killed.start().await.unwrap();
    talk.until_more(EXCHANGE).await;
    let transcript = talk.end().await;

    for stream in &by_gateway {
        transcript
            .assert_live(stream, &conversation, "a stream through the gateway")
            .await;
    }
    transcript
        .assert_live(&staying, &conversation, "a stream of the killed replica")
        .await;
    let stayed = staying.seen();
    assert!(stayed.connections > 1, "nothing was killed");
    assert_eq!(stayed.resumes, stayed.connections - 1);

    let missed = transcript.said.len() - left.messages_of(&conversation).len();
    let arrived = moved.until_messages(&conversation, missed).await.unwrap();
    let both = [
        left.messages_of(&conversation),
        arrived.messages_of(&conversation),
    ]
    .concat();
    transcript.assert_is(both, "a stream that moved to the other replica");
    assert_eq!((arrived.resumes, arrived.resets), (arrived.connections, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_shows_no_stream_an_error_or_a_gap() {
    let mesh = turn().await;
    let [ada, grace] = Person::register_all(&mesh.gateway_url(), ["ada", "grace"])
        .await
        .unwrap();
    let conversation = ada.direct(grace.user_id).await.unwrap().conversation_id;
    let mut streams = Vec::with_capacity(STREAMS);
    for number in 0..STREAMS {
        let person = if number % 2 == 0 { &ada } else { &grace };
        streams.push(LiveStream::open(person).await.unwrap());
    }
    let talk = Talk::begin(&conversation, &[&ada, &grace], Manner::Undisturbed);
    talk.until_more(EXCHANGE).await;

    for replica in mesh.replicas(Service::Notification) {
        replica.restart().await.unwrap();
        talk.until_more(EXCHANGE).await;
    }
    let transcript = talk.end().await;

    for stream in &streams {
        transcript
            .assert_live(stream, &conversation, "a stream")
            .await;
        let seen = stream.seen();
        assert_eq!(seen.resumes, seen.connections - 1);
        // Ends of streams that drained, and nothing else.
        assert_eq!(seen.endings, vec!["Drain"; seen.connections - 1]);
    }
    let ended: usize = streams
        .iter()
        .map(|stream| stream.seen().endings.len())
        .sum();
    assert!(
        ended >= STREAMS,
        "both replicas were restarted, but only {ended} streams ended"
    );
}
