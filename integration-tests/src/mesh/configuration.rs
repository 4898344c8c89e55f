//! What each process is told: one TOML file per process, made from the plan, the parts and the secrets.

use std::{
    fs,
    num::NonZero,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use parts::Parts;
use serde_json::{Value, json};

use super::{
    Visitors,
    plan::{Plan, Seat, Service},
    programs, provider,
    secrets::Secrets,
};

/// Enough for two replicas to share and for tests to spread over, few enough for one machine: librdkafka makes a request of its own for
/// each partition.
const CONVERSATION_PARTITIONS: i32 = 4;
const DEAD_LETTER_PARTITIONS: i32 = 1;
const TYPING_PARTITIONS: i32 = 1;
/// In the workspace.
const WEB_APP_DIR: &str = "web/dist";
const MODE_PRIVATE: u32 = 0o600;
const CPUS_PER_WORKER_THREAD: usize = 4;

/// Everything that configurations are made of.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) plan: &'a Plan,
    pub(super) parts: &'a Parts,
    pub(super) secrets: &'a Secrets,
    pub(super) visitors: Visitors,
    /// Where mail is written.
    pub(super) mail_dir: &'a Path,
    pub(super) log_filter: &'a str,
}

impl Facts<'_> {
    /// Kafka's side of the configuration, which the topics are made from too.
    pub(super) fn events(&self) -> events::Config {
        let namespace = &self.plan.namespace;
        let mut config = events::Config {
            brokers: self.parts.kafka().brokers(),
            ..Default::default()
        };
        config.conversations.name = format!("{namespace}.conversation-events");
        config.conversations.partitions = CONVERSATION_PARTITIONS;
        config.dead_letters.name = format!("{namespace}.dead-letters");
        config.dead_letters.partitions = DEAD_LETTER_PARTITIONS;
        config.typing.name = format!("{namespace}.typing");
        config.typing.partitions = TYPING_PARTITIONS;
        config
    }

    /// Writes the file of one process, where its content is new.
    pub(super) fn write(&self, seat: &Seat, path: &Path) -> Result<()> {
        let text = toml::to_string(&self.of(seat))?;
        if fs::read_to_string(path).is_ok_and(|present| present == text) {
            return Ok(());
        }
        // Made before it has its content, so that nobody else reads the passwords in it.
        fs::write(path, "").with_context(|| format!("cannot write {}", path.display()))?;
        fs::set_permissions(path, fs::Permissions::from_mode(MODE_PRIVATE))?;
        Ok(fs::write(path, text)?)
    }

    fn of(&self, seat: &Seat) -> Value {
        let listen = |port: u16| format!("127.0.0.1:{port}");
        let mut config = json!({
            "process": {
                "admin": { "listen": listen(seat.admin_port) },
                "log": { "filter": self.log_filter },
                "worker_threads": worker_threads(),
            },
        });
        let own = match seat.service {
            Service::Gateway => {
                json!({
                    "public": { "listen": listen(seat.port), "origin": self.plan.origin() },
                    // Pages that were opened by the number of this machine.
                    "cors": { "origins": self.plan.endpoints(Service::Gateway) },
                    "web": { "dir": web_app() },
                    "upstreams": self.upstreams(),
                })
            }
            _ => json!({
                "grpc": { "listen": listen(seat.port) },
                "postgres": { "url": self.parts.postgres().url(&self.plan.database(seat.service)) },
            }),
        };
        merge(&mut config, own);
        merge(&mut config, self.special(seat.service));
        config
    }

    fn special(&self, service: Service) -> Value {
        let revocations = json!({ "revocations": { "redis": self.redis_of("auth") } });
        let mut verify = json!({ "user": self.client(Service::User) });
        merge(&mut verify, revocations.clone());
        match service {
            Service::User => {
                let mut config = json!({
                    "auth": revocations,
                    "redis": self.redis(),
                    "keys": { "encryption_keys": [self.secrets.encryption_key] },
                    "mail": { "spool_dir": self.mail_dir },
                    "links": { "base_url": self.plan.origin() },
                    "providers": provider::configuration(self.plan, self.secrets),
                });
                merge(&mut config, self.room_for_visitors());
                config
            }
            Service::Chat => json!({
                "auth": verify,
                "kafka": self.topics(),
                "redis": self.redis(),
                "user": self.client(Service::User),
            }),
            Service::Messaging => json!({
                "auth": verify,
                "kafka": self.topics(),
                "chat": self.client(Service::Chat),
            }),
            Service::Notification => json!({
                "auth": verify,
                "kafka": self.topics(),
                "chat": self.client(Service::Chat),
                "group_id": format!("{}.notification", self.plan.namespace),
                "resume_tokens": { "key": self.secrets.resume_token_key },
            }),
            Service::Gateway => json!({ "auth": verify, "limits": self.limits() }),
        }
    }

    fn room_for_visitors(&self) -> Value {
        let no_end = json!({ "tries_max": 1_000_000, "period_s": 3_600 });
        match self.visitors {
            Visitors::People => json!({}),
            Visitors::Tests => json!({
                // The weakest that argon2 allows.
                "passwords": { "memory_kib": 8, "passes": 1 },
                // Nobody waits until a spent refresh token can only be a stolen one.
                "tokens": { "late_request_s": 0 },
                // They all come from one address.
                "throttling": {
                    "registrations_per_address": no_end,
                    "wrong_passwords_per_address": no_end,
                    "wrong_tokens_per_address": no_end,
                    "sign_in_starts_per_address": no_end,
                    "resets_per_address": no_end,
                },
                // A rotation is over while a test looks on.
                "keys": { "publish_lead_s": 8, "reload_interval_ms": 200 },
            }),
            Visitors::Load => json!({
                "throttling": {
                    "registrations_per_address": no_end,
                    "wrong_passwords_per_address": no_end,
                    "wrong_passwords_per_account_and_address": no_end,
                },
            }),
        }
    }

    /// Tests and load come from one address, and few people make all calls; what counting costs is to be seen all the same.
    fn limits(&self) -> Value {
        let no_end = json!({ "calls_max": 1_000_000_000, "period_s": 3_600 });
        let quotas =
            json!({ "read": no_end, "write": no_end, "expensive": no_end, "stream": no_end });
        let mut limits = json!({ "redis": self.redis_of("limits") });
        match self.visitors {
            Visitors::People => {}
            Visitors::Tests | Visitors::Load => {
                merge(
                    &mut limits,
                    json!({ "per_user": quotas, "per_address": quotas }),
                );
            }
        }
        limits
    }

    fn redis(&self) -> Value {
        json!({ "url": self.parts.redis().url(), "prefix": format!("{}:", self.plan.namespace) })
    }

    /// Of a purpose that several services share.
    fn redis_of(&self, purpose: &str) -> Value {
        let prefix = format!("{}:{purpose}:", self.plan.namespace);
        json!({ "url": self.parts.redis().url(), "prefix": prefix })
    }

    fn topics(&self) -> Value {
        let events::Config {
            brokers,
            conversations,
            dead_letters,
            typing,
            ..
        } = self.events();
        json!({
            "brokers": brokers,
            "conversations": conversations,
            "dead_letters": dead_letters,
            "typing": typing,
        })
    }

    fn client(&self, service: Service) -> Value {
        json!({ "endpoints": self.plan.endpoints(service) })
    }

    fn upstreams(&self) -> Value {
        let services = Service::ALL
            .into_iter()
            .filter(|service| *service != Service::Gateway);
        services
            .map(|service| {
                (
                    service.name().to_owned(),
                    json!({ "client": self.client(service) }),
                )
            })
            .collect()
    }
}

/// Where the web app lies; nowhere before its first build, since a gateway does not start on a folder without one.
fn web_app() -> PathBuf {
    let dir = programs::workspace().join(WEB_APP_DIR);
    if dir.join("index.html").is_file() {
        dir
    } else {
        PathBuf::new()
    }
}

/// The processes of a mesh share the machine's CPUs.
fn worker_threads() -> usize {
    let cpus = std::thread::available_parallelism().map_or(1, NonZero::get);
    (cpus / CPUS_PER_WORKER_THREAD).max(1)
}

/// Lays `more` over `base`, table by table.
fn merge(base: &mut Value, more: Value) {
    match (base, more) {
        (Value::Object(base), Value::Object(more)) => {
            for (key, value) in more {
                merge(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base, more) => *base = more,
    }
}
