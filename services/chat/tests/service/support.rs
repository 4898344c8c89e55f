//! A world of its own for each test: parts, a fake user service, replicas of chat, people.

use std::{
    collections::HashSet,
    future::Future,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use auth::testing::Issuer;
pub use auth::testing::Person;
use chat::{Chat, Config};
use events::admin::TopicSpec;
use parking_lot::Mutex;
use quicksync::{
    chat::v1::{
        Conversation, ConversationKind, CreateConversationRequest, SendMessageRequest,
        SendMessageResponse, chat_service_client::ChatServiceClient,
        membership_service_client::MembershipServiceClient,
    },
    user::v1::{
        GetMeRequest, GetMeResponse, GetUsersRequest, GetUsersResponse, SearchUsersRequest,
        SearchUsersResponse, UpdateProfileRequest, UpdateProfileResponse, User,
        user_service_server::{UserService, UserServiceServer},
    },
};
use runtime::{App as _, Clock, Context, Secret};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status, transport::Channel};
use uuid::Uuid;

pub const PATIENCE: Duration = Duration::from_secs(30);
const PARTITIONS: i32 = 3;

pub type Client = ChatServiceClient<Channel>;

/// Polls until `condition` gives something.
pub async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut condition: impl FnMut() -> F,
) -> T {
    let poll = async {
        loop {
            if let Some(value) = condition().await {
                return value;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, poll)
        .await
        .unwrap_or_else(|_| panic!("never: {what}"))
}

pub struct World {
    pub config: Config,
    pub issuer: Issuer,
    pub clock: Clock,
    absent: Arc<Mutex<Absent>>,
}

pub struct Replica {
    pub context: Context,
    pub address: SocketAddr,
    task: JoinHandle<anyhow::Result<()>>,
}

impl World {
    /// On the parts that all tests share.
    pub async fn new() -> Self {
        let shared = parts::shared().await;
        Self::on(shared.parts()).await
    }

    pub async fn on(parts: &parts::Parts) -> Self {
        let log = runtime::config::Log {
            filter: "error".to_owned(),
            ..Default::default()
        };
        // Only the first test installs it.
        let _ = runtime::telemetry::init("chat", &log);
        let name = parts::unique("chat");
        let issuer = Issuer::new();
        let mut config = Config::default();
        config.postgres.url = Secret::new(parts.postgres().create_database(&name).await.unwrap());
        config.postgres.pool_max = 8;
        config.chat.publications_max = 4;
        config.redis.url = Secret::new(parts.redis().url());
        config.kafka.brokers = parts.kafka().brokers();
        config.redis.prefix = format!("{name}:");
        config.kafka.conversations.name = name.clone();
        config.kafka.conversations.epoch = 3;
        config.kafka.conversations.partitions = PARTITIONS;
        config.kafka.dead_letters.name = format!("{name}.dead-letters");
        config.kafka.typing.name = format!("{name}.typing");
        config.grpc.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        issuer.configure(&mut config.auth);
        let absent = Arc::default();
        config.user.endpoints = vec![format!("http://{}", serve_users(Arc::clone(&absent)).await)];
        Chat::migrate(&config).await.unwrap();
        let world = Self {
            config,
            issuer,
            clock: Clock::system(),
            absent,
        };
        world.make_topics().await;
        world
    }

    pub async fn make_topics(&self) {
        let spec = TopicSpec {
            replication: 1,
            min_insync_replicas: 1,
            retention: Duration::from_hours(1),
        };
        events::ensure_topics(&self.config.kafka, spec)
            .await
            .unwrap();
    }

    pub fn person(&self) -> Person {
        self.issuer.person(&self.clock)
    }

    /// An id that the user service does not know.
    pub fn nobody(&self) -> Uuid {
        let id = self.person().user_id;
        self.absent.lock().nobody.insert(id);
        id
    }

    /// The id of an account that was deleted.
    pub fn deleted(&self) -> Uuid {
        let id = self.person().user_id;
        self.absent.lock().deleted.insert(id);
        id
    }

    pub async fn replica(&self) -> Replica {
        self.replica_with(self.config.clone()).await
    }

    pub async fn replica_with(&self, config: Config) -> Replica {
        let replica = Replica::start(config).await;
        eventually("the replica is ready", async || {
            replica.context.readiness.is_ready().then_some(())
        })
        .await;
        replica
    }

    pub async fn redis(&self) -> redis_client::aio::MultiplexedConnection {
        let client = redis_client::Client::open(self.config.redis.url.expose()).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    }

    /// What an emptied Redis is to this world alone.
    pub async fn empty_redis(&self) {
        let mut redis = self.redis().await;
        let pattern = format!("{}*", self.config.redis.prefix);
        let keys: Vec<String> = redis_client::cmd("KEYS")
            .arg(pattern)
            .query_async(&mut redis)
            .await
            .unwrap();
        for key in keys {
            let _: i64 = redis_client::cmd("DEL")
                .arg(key)
                .query_async(&mut redis)
                .await
                .unwrap();
        }
    }

    /// Everything on the log, partition by partition.
    pub async fn log(&self) -> Vec<(i64, quicksync::events::v1::ConversationEvent)> {
        let topic = events::Topic::new(&self.config.kafka.conversations);
        let start = events::Start::Back {
            records_max: 1_000_000,
            age_max: Duration::from_hours(1),
        };
        let mut tail = events::Tail::open(&self.config.kafka, &topic, start)
            .await
            .unwrap();
        let mut log = Vec::new();
        while !tail.is_seeded() {
            for record in tail.next_batch().await.unwrap().records {
                let (_, event) = events::envelope::decode(&record).unwrap();
                log.push((topic.sequence(record.offset), event));
            }
        }
        log
    }

    /// Sequences of the records of one message.
    pub async fn records_of(&self, message_id: &str) -> Vec<i64> {
        use quicksync::events::v1::conversation_event::Event;
        let is_it = |event: &Option<Event>| matches!(event, Some(Event::MessageSent(sent)) if sent.message_id == message_id);
        self.log()
            .await
            .into_iter()
            .filter(|(_, event)| is_it(&event.event))
            .map(|(sequence, _)| sequence)
            .collect()
    }
}

pub use store::redis::client as redis_client;

impl Replica {
    pub async fn start(config: Config) -> Self {
        let context = Context::for_tests();
        let app = Chat::build(config, context.clone()).await.unwrap();
        let address = app.local_addr();
        Self {
            context,
            address,
            task: tokio::spawn(app.run()),
        }
    }

    pub async fn chat(&self) -> Client {
        ChatServiceClient::connect(format!("http://{}", self.address))
            .await
            .unwrap()
    }

    pub async fn memberships(&self) -> MembershipServiceClient<Channel> {
        MembershipServiceClient::connect(format!("http://{}", self.address))
            .await
            .unwrap()
    }

    pub async fn stop(self) {
        self.context.lifecycle.drain();
        self.task.await.unwrap().unwrap();
        self.context.lifecycle.finish(PATIENCE).await;
    }
}

pub fn direct(other: &Person) -> CreateConversationRequest {
    CreateConversationRequest {
        kind: ConversationKind::Direct.into(),
        member_user_ids: vec![other.user_id.to_string()],
        ..CreateConversationRequest::default()
    }
}

pub fn group(others: &[&Person], client_conversation_id: Uuid) -> CreateConversationRequest {
    CreateConversationRequest {
        kind: ConversationKind::Group.into(),
        title: "Tea".to_owned(),
        member_user_ids: others
            .iter()
            .map(|other| other.user_id.to_string())
            .collect(),
        hides_history_from_new_members: false,
        client_conversation_id: client_conversation_id.to_string(),
    }
}

pub async fn create(
    client: &mut Client,
    by: &Person,
    request: CreateConversationRequest,
) -> Conversation {
    client
        .create_conversation(by.request(request))
        .await
        .unwrap()
        .into_inner()
        .conversation
        .unwrap()
}

pub fn message(conversation_id: &str, client_message_id: Uuid, text: &str) -> SendMessageRequest {
    SendMessageRequest {
        conversation_id: conversation_id.to_owned(),
        client_message_id: client_message_id.to_string(),
        text: text.to_owned(),
    }
}

pub async fn send(
    client: &mut Client,
    by: &Person,
    request: SendMessageRequest,
) -> SendMessageResponse {
    client
        .send_message(by.request(request))
        .await
        .unwrap()
        .into_inner()
}

/// A number that no other test of this process has; as id it is as good as random.
pub fn fresh_id() -> Uuid {
    runtime::Random::system().uuid_v4()
}

pub fn ids(people: &[&Person]) -> Vec<String> {
    people
        .iter()
        .map(|person| person.user_id.to_string())
        .collect()
}

pub fn member_ids(conversation: &Conversation) -> Vec<String> {
    conversation
        .members
        .iter()
        .map(|member| member.user_id.clone())
        .collect()
}

pub fn reason(status: &Status) -> String {
    mesh::status::reason_of(status).unwrap_or_default()
}

/// Who is not there.
#[derive(Default)]
struct Absent {
    nobody: HashSet<Uuid>,
    deleted: HashSet<Uuid>,
}

/// `UserService` in which everybody exists but a few.
struct FakeUsers {
    absent: Arc<Mutex<Absent>>,
}

async fn serve_users(absent: Arc<Mutex<Absent>>) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tonic::transport::Server::builder()
        .add_service(UserServiceServer::new(FakeUsers { absent }));
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    address
}

#[tonic::async_trait]
impl UserService for FakeUsers {
    async fn get_users(
        &self,
        request: Request<GetUsersRequest>,
    ) -> Result<Response<GetUsersResponse>, Status> {
        if request.metadata().get("authorization").is_none() {
            return Err(Status::unauthenticated(
                "the caller's token was not forwarded",
            ));
        }
        let user_ids = request.into_inner().user_ids;
        if user_ids.is_empty() || user_ids.len() > 200 {
            return Err(Status::invalid_argument("1 to 200 ids"));
        }
        let absent = self.absent.lock();
        let parse = |id: &String| Uuid::try_parse(id).unwrap();
        let users = user_ids
            .into_iter()
            .filter(|id| !absent.nobody.contains(&parse(id)))
            .map(|user_id| User {
                is_deleted: absent.deleted.contains(&parse(&user_id)),
                user_id,
                ..User::default()
            })
            .collect();
        Ok(Response::new(GetUsersResponse { users }))
    }

    async fn get_me(&self, _: Request<GetMeRequest>) -> Result<Response<GetMeResponse>, Status> {
        Err(Status::unimplemented("not needed by chat"))
    }

    async fn update_profile(
        &self,
        _: Request<UpdateProfileRequest>,
    ) -> Result<Response<UpdateProfileResponse>, Status> {
        Err(Status::unimplemented("not needed by chat"))
    }

    async fn search_users(
        &self,
        _: Request<SearchUsersRequest>,
    ) -> Result<Response<SearchUsersResponse>, Status> {
        Err(Status::unimplemented("not needed by chat"))
    }
}
