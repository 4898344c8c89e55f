//! The log is stopped: nothing can be said or changed, and nothing is half said or half changed.

use std::time::Duration;

use integration_tests::client::{
    Person,
    live::{LiveStream, Seen},
    new_id,
};
use quicksync::{
    chat::v1::{
        AddMembersRequest, ConversationKind, CreateConversationRequest, GetConversationRequest,
        SendMessageRequest,
    },
    notification::v1::subscribe_response::Event,
};
use tokio::time::timeout;
use tonic::{Code, Request, Status};
use uuid::Uuid;

use super::{
    talk::{Manner, Talk, Transcript, persist},
    turn,
};

const EXCHANGE: usize = 40;
/// What chat allows itself is 10 s at most; the rest is for a busy machine.
const ANSWERED_WITHIN: Duration = Duration::from_secs(20);
/// From the moment when Kafka answers again. The producer needs a second or two to find its feet; the rest is for a busy machine.
const RECOVERY: Duration = Duration::from_secs(20);

/// Everything that goes over the log, each with the ids that make it the same when it is repeated.
struct Wishes {
    send: SendMessageRequest,
    group: CreateConversationRequest,
    direct: CreateConversationRequest,
    add: AddMembersRequest,
}

/// What the wishes have led to: ids of a message, a group and a direct conversation.
#[derive(Debug, PartialEq, Eq)]
struct Granted {
    message: (String, i64),
    group_id: String,
    direct_id: String,
}

impl Wishes {
    fn new(conversation_id: &str, friend: Uuid, newcomer: Uuid) -> Self {
        Self {
            send: SendMessageRequest {
                conversation_id: conversation_id.to_owned(),
                client_message_id: new_id().to_string(),
                text: format!("{newcomer} is coming"),
            },
            group: CreateConversationRequest {
                kind: ConversationKind::Group.into(),
                title: "founded without a log".to_owned(),
                member_user_ids: vec![friend.to_string()],
                client_conversation_id: new_id().to_string(),
                ..Default::default()
            },
            direct: CreateConversationRequest {
                kind: ConversationKind::Direct.into(),
                member_user_ids: vec![newcomer.to_string()],
                ..Default::default()
            },
            add: AddMembersRequest {
                conversation_id: conversation_id.to_owned(),
                user_ids: vec![newcomer.to_string()],
            },
        }
    }

    /// All at once; chat must say within [`ANSWERED_WITHIN`] that the log is away, whether the caller sets a `deadline`,
    /// later than that, or none.
    async fn assert_unavailable(&self, person: &Person, deadline: Option<Duration>) {
        let mut clients = [person.chat(), person.chat(), person.chat(), person.chat()];
        let [send, group, direct, add] = &mut clients;
        let calls = async {
            tokio::join!(
                refusal(send.send_message(with(deadline, &self.send))),
                refusal(group.create_conversation(with(deadline, &self.group))),
                refusal(direct.create_conversation(with(deadline, &self.direct))),
                refusal(add.add_members(with(deadline, &self.add))),
            )
        };
        let refusals = timeout(ANSWERED_WITHIN, calls).await.expect("all answer");
        let away = || (Code::Unavailable, "LOG_UNAVAILABLE".to_owned());
        assert_eq!(refusals, (away(), away(), away(), away()));
    }

    /// Each is repeated until it is fulfilled.
    async fn insist(&self, person: &Person) -> Granted {
        let chat = || person.chat();
        let conversation_id = async |request: &CreateConversationRequest| {
            let call = async || chat().create_conversation(request.clone()).await;
            let answer = persist(&mut Vec::new(), call).await.unwrap().into_inner();
            answer.conversation.unwrap().conversation_id
        };
        let send = async || chat().send_message(self.send.clone()).await;
        let answer = persist(&mut Vec::new(), send).await.unwrap().into_inner();
        let add = async || chat().add_members(self.add.clone()).await;
        persist(&mut Vec::new(), add).await.unwrap();
        Granted {
            message: (answer.message_id, answer.sequence),
            group_id: conversation_id(&self.group).await,
            direct_id: conversation_id(&self.direct).await,
        }
    }
}

/// Sends one message until it is acknowledged; gives sequence and text.
async fn insist(person: &Person, conversation_id: &str, text: &str) -> (i64, String) {
    let id = new_id();
    let send = || person.send_as(conversation_id, id, text);
    let answer = persist(&mut Vec::new(), send).await.unwrap();
    (answer.sequence, text.to_owned())
}

/// The request, with `grpc-timeout` where there is a deadline.
fn with<T: Clone>(deadline: Option<Duration>, message: &T) -> Request<T> {
    let mut request = Request::new(message.clone());
    if let Some(deadline) = deadline {
        request.set_timeout(deadline);
    }
    request
}

/// Code and reason of a call that fails.
async fn refusal<T>(call: impl Future<Output = Result<T, Status>>) -> (Code, String) {
    let status = call.await.err().expect("nothing is done without the log");
    let reason = ::mesh::status::reason_of(&status).unwrap_or_default();
    (status.code(), reason)
}

async fn members(person: &Person, conversation_id: &str) -> Vec<String> {
    let request = GetConversationRequest {
        conversation_id: conversation_id.to_owned(),
    };
    let answer = person
        .chat()
        .get_conversation(request)
        .await
        .unwrap()
        .into_inner();
    let members = answer.conversation.unwrap().members.into_iter();
    let mut user_ids: Vec<_> = members.map(|member| member.user_id).collect();
    user_ids.sort();
    user_ids
}

fn sorted(people: &[&Person]) -> Vec<String> {
    let mut user_ids: Vec<_> = people
        .iter()
        .map(|person| person.user_id.to_string())
        .collect();
    user_ids.sort();
    user_ids
}

/// How often a stream was told of the beginning of a conversation, and of the coming of a member; waits for the first of each.
async fn told(stream: &LiveStream, conversation_id: &str, newcomer: Uuid) -> (usize, usize) {
    let newcomer = newcomer.to_string();
    let begun = |event: &Event| {
        matches!(event, Event::ConversationCreated(created)
            if created.conversation.as_ref().is_some_and(|it| it.conversation_id == conversation_id))
    };
    let came = |event: &Event| {
        matches!(event, Event::MembersAdded(added)
            if added.members.iter().any(|member| member.user_id == newcomer))
    };
    let counts = |seen: &Seen| {
        let events = || seen.events.iter().filter_map(|event| event.event.as_ref());
        (
            events().filter(|event| begun(event)).count(),
            events().filter(|event| came(event)).count(),
        )
    };
    let both = |seen: &Seen| {
        let (begun, came) = counts(seen);
        begun > 0 && came > 0
    };
    counts(&stream.until("the changes have come", both).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_kafka_calls_fail_whole_and_in_time_and_work_again_by_themselves() {
    let mesh = turn().await;
    let url = mesh.gateway_url();
    let [ada, grace, linus, margaret] =
        Person::register_all(&url, ["ada", "grace", "linus", "margaret"])
            .await
            .unwrap();
    let party = ada
        .group("party", &[grace.user_id])
        .await
        .unwrap()
        .conversation_id;
    let direct = ada.direct(grace.user_id).await.unwrap().conversation_id;
    let streams = [
        LiveStream::open(&ada).await.unwrap(),
        LiveStream::open(&grace).await.unwrap(),
    ];
    let talk = Talk::begin(&direct, &[&ada, &grace], Manner::Persistent);
    talk.until_more(EXCHANGE).await;
    let patient = Wishes::new(&party, grace.user_id, linus.user_id);
    let timed = Wishes::new(&party, grace.user_id, margaret.user_id);

    let kafka = mesh.parts().kafka();
    kafka.stop().await.unwrap();
    tokio::join!(
        patient.assert_unavailable(&ada, None),
        timed.assert_unavailable(&ada, Some(2 * ANSWERED_WITHIN)),
    );
    assert_eq!(
        members(&ada, &party).await,
        sorted(&[&ada, &grace]),
        "half added"
    );
    kafka.start().await.unwrap();
    let question = insist(&ada, &party, "are you there?");
    let question = timeout(RECOVERY, question).await.expect("sends work again");

    let granted = [patient.insist(&ada).await, timed.insist(&ada).await];
    assert_eq!(
        granted,
        [patient.insist(&ada).await, timed.insist(&ada).await]
    );
    talk.until_more(EXCHANGE).await;
    let transcript = talk.end().await;
    let last = insist(&ada, &party, "good night").await;

    assert_eq!(
        members(&ada, &party).await,
        sorted(&[&ada, &grace, &linus, &margaret])
    );
    let mut in_party = Transcript {
        said: [question, last].into(),
        ..Transcript::default()
    };
    for (wishes, granted) in [&patient, &timed].into_iter().zip(&granted) {
        let before = in_party
            .said
            .insert(granted.message.1, wishes.send.text.clone());
        assert_eq!(before, None, "a sequence was given twice");
    }
    in_party.assert_in_history(&grace, &party).await;
    transcript.assert_in_history(&grace, &direct).await;
    for stream in &streams {
        in_party
            .assert_live(stream, &party, "a stream, of the party")
            .await;
        transcript
            .assert_live(stream, &direct, "a stream, of the talk")
            .await;
        assert_eq!(stream.seen().endings, Vec::<String>::new());
        for (granted, newcomer) in granted.iter().zip([&linus, &margaret]) {
            assert_eq!(
                told(stream, &granted.group_id, newcomer.user_id).await,
                (1, 1)
            );
        }
    }
}
