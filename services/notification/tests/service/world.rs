//! What a test stands on: a topic and a database of its own, a chat, people, and replicas of the service.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use ::events::{Producer, Topic, admin::TopicSpec, envelope};
use auth::testing::{Issuer, Person};
use notification::{App, Config};
use prost_types::Timestamp;
use quicksync::{
    chat::v1::{ConversationKind, Member, MemberRole, Membership},
    events::v1::{
        ConversationCreated, ConversationEvent, MemberRemoved, MembersAdded, MessageSent,
        ReadMarkerMoved, TypingEvent, conversation_event::Event as Said,
    },
    notification::v1::{
        SubscribeRequest, SubscribeResponse,
        notification_service_client::NotificationServiceClient, subscribe_response::Event,
    },
};
use runtime::{App as _, Context, Random};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::{
    Status, Streaming,
    transport::{Channel, Endpoint},
};
use uuid::Uuid;

use crate::chat::{self, Stays};

/// How long anything may take that is waited for.
pub const PATIENCE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);
const PARTITIONS: i32 = 4;
/// The smallest of HTTP/2.
const STREAM_WINDOW_BYTES: u32 = 65_535;

pub type Client = NotificationServiceClient<Channel>;

pub struct World {
    pub config: Config,
    pub topic: Topic,
    pub chat: Stays,
    producer: Producer,
    typing: Producer,
    issuer: Issuer,
    random: Random,
    clock: runtime::Clock,
    _stop: DropGuard,
}

/// A group whose revisions are counted here.
pub struct Group {
    pub id: Uuid,
    revision: AtomicI64,
}

pub struct Replica {
    pub client: Client,
    pub context: Context,
    run: JoinHandle<anyhow::Result<()>>,
}

/// A live stream.
pub struct Live {
    stream: Streaming<SubscribeResponse>,
    pub token: Vec<u8>,
}

impl World {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(adapt: impl FnOnce(&mut Config)) -> Self {
        let parts = parts::shared().await;
        let name = parts::unique("notification");
        let (stop, stays, issuer) = (CancellationToken::new(), Stays::default(), Issuer::new());
        let mut config = Config::default();
        config.grpc.listen = "127.0.0.1:0".parse().unwrap();
        config.postgres.url = parts.create_database(&name).await.unwrap().into();
        config.postgres.pool_max = 4;
        config.kafka.brokers = parts.kafka_brokers();
        config.kafka.conversations.name = format!("{name}.events");
        config.kafka.conversations.partitions = PARTITIONS;
        config.kafka.dead_letters.name = format!("{name}.dead");
        config.kafka.typing.name = format!("{name}.typing");
        config.kafka.group.batch_linger_ms = 5;
        config.group_id = name;
        config.chat = mesh::client::Config::of([chat::serve(stays.clone(), stop.clone()).await]);
        config.resume_tokens.key = "a key that all replicas of a test share".into();
        issuer.configure(&mut config.auth);
        adapt(&mut config);
        let spec = TopicSpec {
            replication: 1,
            min_insync_replicas: 1,
            retention: Duration::from_hours(1),
        };
        ::events::ensure_topics(&config.kafka, spec).await.unwrap();
        App::migrate(&config).await.unwrap();
        let topic = Topic::new(&config.kafka.conversations);
        let producer = Producer::new(&config.kafka, &topic).unwrap();
        let typing = Producer::new(&config.kafka, &Topic::new(&config.kafka.typing)).unwrap();
        let clock = runtime::Clock::system();
        Self {
            config,
            topic,
            chat: stays,
            producer,
            typing,
            issuer,
            random: Random::system(),
            clock,
            _stop: stop.drop_guard(),
        }
    }

    pub fn person(&self) -> Person {
        self.issuer.person(&self.clock)
    }

    /// The same person, signed in once more.
    pub fn again(&self, person: &Person) -> Person {
        self.issuer.person_with_id(person.user_id, &self.clock)
    }

    /// Waits until a replica hears who types.
    pub async fn until_typing_is_followed(&self, replica: &Replica) {
        eventually("the replica follows the topic of typing", || async {
            let metrics = replica.context.metrics.encode();
            metrics.contains("typing_is_followed 1\n").then_some(())
        })
        .await;
    }

    /// Waits until a replica hears of sessions that end.
    pub async fn until_followed(&self, replica: &Replica) {
        eventually("the replica hears of sessions that end", || async {
            let metrics = replica.context.metrics.encode();
            metrics.contains("revocations_connected 1\n").then_some(())
        })
        .await;
    }

    /// Somebody whose access token has ended so long ago.
    pub fn person_expired_for(&self, age: Duration) -> Person {
        let person = self.person();
        let expires_at = self.clock.now() - age;
        let access_token = self
            .issuer
            .token(person.user_id, person.session_id, expires_at);
        Person {
            access_token,
            ..person
        }
    }

    pub async fn replica(&self) -> Replica {
        self.replica_with(|_| {}).await
    }

    pub async fn replica_with(&self, adapt: impl FnOnce(&mut Config)) -> Replica {
        let replica = self.starting_with(adapt).await;
        eventually("the replica is ready", || async {
            replica.context.readiness.is_ready().then_some(())
        })
        .await;
        replica
    }

    /// A replica that listens, ready or not.
    pub async fn starting_with(&self, adapt: impl FnOnce(&mut Config)) -> Replica {
        let mut config = self.config.clone();
        adapt(&mut config);
        let context = Context::for_tests();
        let app = App::build(config, context.clone()).await.unwrap();
        let address = format!("http://{}", app.local_addr());
        let run = tokio::spawn(app.run());
        Replica {
            client: connect(address).await,
            context,
            run,
        }
    }

    /// A group of these people, made by the first, on the log and in chat.
    pub async fn group(&self, people: &[&Person]) -> Group {
        let group = Group {
            id: self.random.uuid_v4(),
            revision: AtomicI64::new(1),
        };
        let created = ConversationCreated {
            kind: ConversationKind::Group.into(),
            title: "a group".to_owned(),
            created_by_user_id: people[0].user_id.to_string(),
            members: people.iter().map(|person| member(person.user_id)).collect(),
            hides_history_from_new_members: false,
        };
        let sequence = self
            .put(&group, 1, Said::ConversationCreated(created))
            .await;
        for person in people {
            self.settle_join(&group, person, 1, sequence);
        }
        group
    }

    pub async fn add(&self, group: &Group, by: &Person, person: &Person) -> i64 {
        let (revision, sequence) = self.add_unsettled(group, by, person).await;
        self.settle_join(group, person, revision, sequence);
        sequence
    }

    /// On the log, but chat has not noted it yet.
    pub async fn add_unsettled(&self, group: &Group, by: &Person, person: &Person) -> (i64, i64) {
        let revision = group.revision.fetch_add(1, Ordering::SeqCst) + 1;
        let members = vec![member(person.user_id)];
        let added = MembersAdded {
            members,
            added_by_user_id: by.user_id.to_string(),
        };
        (
            revision,
            self.put(group, revision, Said::MembersAdded(added)).await,
        )
    }

    pub async fn remove(&self, group: &Group, by: &Person, person: &Person) -> i64 {
        let revision = group.revision.fetch_add(1, Ordering::SeqCst) + 1;
        let removed = MemberRemoved {
            user_id: person.user_id.to_string(),
            removed_by_user_id: by.user_id.to_string(),
            new_owner_user_id: String::new(),
        };
        let sequence = self
            .put(group, revision, Said::MemberRemoved(removed))
            .await;
        self.chat
            .leave(person.user_id, group.id, revision, sequence);
        sequence
    }

    pub async fn say(&self, group: &Group, sender: &Person, text: &str) -> i64 {
        self.say_again(group, sender, text, self.random.uuid_v4())
            .await
    }

    pub async fn say_again(
        &self,
        group: &Group,
        sender: &Person,
        text: &str,
        message_id: Uuid,
    ) -> i64 {
        let sent = MessageSent {
            message_id: message_id.to_string(),
            sender_user_id: sender.user_id.to_string(),
            client_message_id: self.random.uuid_v4().to_string(),
            text: text.to_owned(),
        };
        self.put(group, 0, Said::MessageSent(sent)).await
    }

    pub async fn read(&self, group: &Group, reader: &Person, upto: i64) -> i64 {
        let moved = ReadMarkerMoved {
            user_id: reader.user_id.to_string(),
            last_read_sequence: upto,
        };
        self.put(group, 0, Said::ReadMarkerMoved(moved)).await
    }

    /// Now, for longer than a test takes.
    pub async fn types(&self, group: &Group, person: &Person) {
        self.types_by(&self.typing, group, person).await;
    }

    /// Now, on a topic of the caller's.
    pub async fn types_by(&self, producer: &Producer, group: &Group, person: &Person) {
        self.typed(producer, group, person, Duration::ZERO).await;
    }

    /// So long ago, for a minute.
    pub async fn typed_ago(&self, group: &Group, person: &Person, age: Duration) {
        self.typed(&self.typing, group, person, age).await;
    }

    async fn typed(&self, producer: &Producer, group: &Group, person: &Person, age: Duration) {
        let event = TypingEvent {
            conversation_id: group.id.to_string(),
            user_id: person.user_id.to_string(),
            said_at: Some(timestamp(self.clock.now() - age)),
            holds_for: Duration::from_mins(1).try_into().ok(),
        };
        let (key, payload) = envelope::encode_typing(group.id, &event);
        producer.produce(&key, &payload, PATIENCE).await.unwrap();
    }

    /// Something that nobody can read, where typing is told.
    pub async fn garbage_of_typing(&self, group: &Group) {
        self.typing
            .produce(group.id.as_bytes(), b"\xff\xff\xff", PATIENCE)
            .await
            .unwrap();
    }

    pub fn uuid(&self) -> Uuid {
        self.random.uuid_v4()
    }

    /// Something that nobody can read, where the group's events are.
    pub async fn garbage(&self, group: &Group) {
        self.producer
            .produce(group.id.as_bytes(), b"\xff\xff\xff", PATIENCE)
            .await
            .unwrap();
    }

    fn settle_join(&self, group: &Group, person: &Person, revision: i64, sequence: i64) {
        let membership = Membership {
            conversation_id: group.id.to_string(),
            joined_revision: revision,
            joined_sequence: sequence,
            ..Membership::default()
        };
        self.chat.join(person.user_id, membership);
    }

    async fn put(&self, group: &Group, revision: i64, said: Said) -> i64 {
        let event = ConversationEvent {
            conversation_id: group.id.to_string(),
            occurred_at: Some(timestamp(self.clock.now())),
            revision,
            event: Some(said),
        };
        let (key, payload) = envelope::encode(group.id, &event);
        let position = self
            .producer
            .produce(&key, &payload, PATIENCE)
            .await
            .unwrap();
        self.topic
            .sequence(position.offset.expect("a first try tells its offset"))
    }
}

impl Replica {
    pub async fn subscribe(&self, person: &Person, token: &[u8]) -> Live {
        self.try_subscribe(person, token).await.unwrap()
    }

    pub async fn try_subscribe(&self, person: &Person, token: &[u8]) -> Result<Live, Status> {
        let request = person.request(SubscribeRequest {
            resume_token: token.to_vec(),
        });
        let stream = self.client.clone().subscribe(request).await?.into_inner();
        Ok(Live {
            stream,
            token: token.to_vec(),
        })
    }

    /// Asks it to stop, as SIGTERM does.
    pub fn drain(&self) {
        self.context.lifecycle.drain();
    }

    pub async fn stop(self) {
        self.drain();
        let (lifecycle, run) = (self.context.lifecycle, self.run);
        // Its client holds a connection.
        drop(self.client);
        tokio::time::timeout(PATIENCE, run)
            .await
            .expect("the drain ends")
            .unwrap()
            .unwrap();
        lifecycle.finish(PATIENCE).await;
        assert!(lifecycle.failure().is_none(), "{:?}", lifecycle.failure());
    }
}

impl Live {
    /// The next event that is no heartbeat; none at the end.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            match self.next_any().await? {
                Event::Heartbeat(_) => {}
                event => return Some(event),
            }
        }
    }

    pub async fn next_any(&mut self) -> Option<Event> {
        let response = tokio::time::timeout(PATIENCE, self.stream.message())
            .await
            .expect("something comes")
            .unwrap()?;
        assert!((1..=512).contains(&response.resume_token.len()));
        self.token = response.resume_token;
        Some(response.event.expect("each response has an event"))
    }

    /// Expects Ready, and gives whether the stream was resumed.
    pub async fn ready(&mut self) -> bool {
        match self.next().await {
            Some(Event::Ready(ready)) => ready.resumed,
            other => panic!("Ready comes first, not {other:?}"),
        }
    }

    /// Expects to hear that somebody types: where, and who.
    pub async fn typing(&mut self) -> (String, String) {
        match self.next().await {
            Some(Event::Typing(typing)) => {
                let holds = Duration::try_from(typing.holds_for.unwrap()).unwrap();
                assert!(!holds.is_zero() && holds <= Duration::from_mins(1));
                assert!(typing.said_at.is_some());
                (typing.conversation_id, typing.user_id)
            }
            other => panic!("typing was expected, not {other:?}"),
        }
    }

    /// Expects a message and gives its text.
    pub async fn text(&mut self) -> String {
        match self.next().await {
            Some(Event::Message(message)) => message.text,
            other => panic!("a message was expected, not {other:?}"),
        }
    }

    pub async fn texts(&mut self, count: usize) -> Vec<String> {
        let mut texts = Vec::new();
        for _ in 0..count {
            texts.push(self.text().await);
        }
        texts
    }
}

/// With a small window, so that a client that does not read soon holds up its stream.
async fn connect(address: String) -> Client {
    let endpoint = Endpoint::from_shared(address).unwrap();
    Client::new(
        endpoint
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .connect()
            .await
            .unwrap(),
    )
}

/// Waits until `look` finds something.
pub async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut look: impl FnMut() -> F,
) -> T {
    let patience = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(POLL).await;
        }
    };
    tokio::time::timeout(PATIENCE, patience)
        .await
        .unwrap_or_else(|_| panic!("waited in vain: {what}"))
}

pub fn numbered(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|number| format!("message {number}")).collect()
}

fn timestamp(at: time::OffsetDateTime) -> Timestamp {
    Timestamp {
        seconds: at.unix_timestamp(),
        nanos: i32::try_from(at.nanosecond()).unwrap(),
    }
}

fn member(user: Uuid) -> Member {
    Member {
        user_id: user.to_string(),
        role: MemberRole::Member.into(),
    }
}
