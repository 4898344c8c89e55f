//! All replicas of all services are restarted, one after the other, while people go on: nobody is to notice.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use integration_tests::{
    client::{Person, live::LiveStream},
    eventually::PATIENCE,
    mesh::{self, Service},
};
use quicksync::{
    chat::v1::GetConversationRequest, notification::v1::ListNotificationsRequest,
    user::v1::GetMeRequest,
};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tonic::Status;

use crate::faults::{
    Witness,
    talk::{BREATH, Manner, Talk},
};

/// How much is said between two restarts.
const EXCHANGE: usize = 60;
/// Calls of each kind between two restarts.
const CALLS_BETWEEN: usize = 20;
const STREAMS: usize = 4;
const ORDER: [Service; 4] = [
    Service::Chat,
    Service::Notification,
    Service::User,
    Service::Messaging,
];

/// Gives the person who makes the next call.
type Call = fn(Person, String) -> BoxFuture<'static, Result<Person, Status>>;

/// At least one of each service; talking is beside them.
const KINDS: [(&str, Call); 5] = [
    ("GetConversation", |person, conversation_id| {
        Box::pin(async move {
            let request = GetConversationRequest { conversation_id };
            person.chat().get_conversation(request).await?;
            Ok(person)
        })
    }),
    ("ListNotifications", |person, _| {
        Box::pin(async move {
            let request = ListNotificationsRequest::default();
            person.notification().list_notifications(request).await?;
            Ok(person)
        })
    }),
    ("GetMe", |person, _| {
        Box::pin(async move {
            person.users().get_me(GetMeRequest {}).await?;
            Ok(person)
        })
    }),
    ("Refresh", |person, _| {
        Box::pin(async move { person.refreshed().await })
    }),
    ("ListMessages", |person, conversation_id| {
        Box::pin(async move {
            person.newest(&conversation_id).await?;
            Ok(person)
        })
    }),
];

/// Somebody who makes calls of one kind, one after the other, until [`Calls::end`].
struct Calls {
    kind: &'static str,
    made: watch::Receiver<usize>,
    ending: watch::Sender<bool>,
    failures: Arc<Mutex<Vec<Status>>>,
    caller: JoinHandle<()>,
}

impl Calls {
    fn begin(person: &Person, conversation_id: &str, (kind, call): (&'static str, Call)) -> Self {
        let (counter, made) = watch::channel(0);
        let (ending, end) = watch::channel(false);
        let failures: Arc<Mutex<Vec<Status>>> = Arc::default();
        let noted = Arc::clone(&failures);
        let (mut person, conversation_id) = (person.clone(), conversation_id.to_owned());
        let caller = tokio::spawn(async move {
            while !*end.borrow() {
                match call(person.clone(), conversation_id.clone()).await {
                    Ok(next) => person = next,
                    Err(status) => noted.lock().unwrap().push(status),
                }
                counter.send_modify(|made| *made += 1);
                sleep(BREATH).await;
            }
        });
        Self {
            kind,
            made,
            ending,
            failures,
            caller,
        }
    }

    async fn until_more(&self, count: usize) {
        let mut made = self.made.clone();
        let goal = *made.borrow() + count;
        let reached = timeout(PATIENCE, made.wait_for(|made| *made >= goal)).await;
        assert!(matches!(reached, Ok(Ok(_))), "{} stands still", self.kind);
    }

    /// Panics where a call has failed.
    async fn end(self) {
        self.ending.send_replace(true);
        self.caller.await.unwrap();
        let failures = self.failures.lock().unwrap();
        assert!(failures.is_empty(), "{}: {failures:?}", self.kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_all_replicas_in_turn_fails_no_call_and_leaves_no_stream_a_gap() {
    let mesh = mesh::redundant("rolling").await.unwrap();
    let _witness = Witness(&mesh);
    let [ada, grace, edsger] =
        Person::register_all(&mesh.gateway_url(), ["ada", "grace", "edsger"])
            .await
            .unwrap();
    let others = [grace.user_id, edsger.user_id];
    let conversation = ada.group("round", &others).await.unwrap();
    let conversation = conversation.conversation_id;
    let mut streams = Vec::with_capacity(STREAMS);
    for number in 0..STREAMS {
        let person = if number % 2 == 0 { &ada } else { &grace };
        streams.push(LiveStream::open(person).await.unwrap());
    }
    // That it is persistent makes it tell all failures: there must be none.
    let talk = Talk::begin(&conversation, &[&ada, &grace], Manner::Persistent);
    let calls = KINDS.map(|kind| Calls::begin(&edsger, &conversation, kind));

    for replica in ORDER.into_iter().flat_map(|service| mesh.replicas(service)) {
        replica.restart().await.unwrap();
        talk.until_more(EXCHANGE).await;
        for calls in &calls {
            calls.until_more(CALLS_BETWEEN).await;
        }
    }
    let transcript = talk.end().await;

    assert!(transcript.repeated.is_empty(), "{:?}", transcript.repeated);
    for calls in calls {
        calls.end().await;
    }
    for stream in &streams {
        transcript
            .assert_live(stream, &conversation, "a stream")
            .await;
        let seen = stream.seen();
        // Its replica went away once at least, and said so.
        assert!(seen.connections > 1);
        assert_eq!(seen.endings, vec!["Drain"; seen.connections - 1]);
        assert_eq!(seen.resumes, seen.connections - 1);
    }
    transcript.assert_in_history(&edsger, &conversation).await;
    mesh.stop_services().await.unwrap();
}
