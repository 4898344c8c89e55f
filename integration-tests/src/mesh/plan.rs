//! Which processes there are and where each listens.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

/// What a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    /// Accounts and tokens.
    User,
    /// Conversations and sending.
    Chat,
    /// History.
    Messaging,
    /// Live streams.
    Notification,
    /// The public door.
    Gateway,
}

impl Service {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 5] = [
        Self::Gateway,
        Self::User,
        Self::Chat,
        Self::Messaging,
        Self::Notification,
    ];

    /// Lower-case name: of its crate, its metrics and its database.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Chat => "chat",
            Self::Messaging => "messaging",
            Self::Notification => "notification",
            Self::Gateway => "gateway",
        }
    }

    /// File name of its program.
    pub fn program(self) -> String {
        format!("quicksync-{}", self.name())
    }

    /// Whether it has tables.
    pub fn has_database(self) -> bool {
        self != Self::Gateway
    }

    fn replicas(self) -> u16 {
        match self {
            Self::User | Self::Chat | Self::Notification => 2,
            Self::Messaging | Self::Gateway => 1,
        }
    }
}

/// The place of one process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// What runs there.
    pub service: Service,
    /// From 1.
    pub number: u16,
    /// Port of gRPC; of the gateway the public one.
    pub port: u16,
    /// Port of /readyz and /metrics.
    pub admin_port: u16,
}

impl Seat {
    /// `chat-1`.
    pub fn name(&self) -> String {
        format!("{}-{}", self.service.name(), self.number)
    }
}

/// All processes of one mesh, and the names by which it is told from others on the same parts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// Prefix of databases, keys, topics and groups: a-z, 0-9 and `_`.
    pub namespace: String,
    /// Where each process listens.
    pub seats: Vec<Seat>,
    /// Where the OpenID provider listens. Plans of earlier builds have none.
    #[serde(default)]
    pub provider_port: u16,
}

const FILE: &str = "plan.json";
/// The most that a plan has.
const SEATS: usize = 9;
const PORTS: usize = SEATS * 2;
/// Of each service, where each is to have somebody to stand in.
const REDUNDANT: u16 = 2;

impl Plan {
    /// The plan of the mesh in `dir`; `None` where there is none.
    pub fn load(dir: &Path) -> Result<Option<Self>> {
        let path = dir.join(FILE);
        let Ok(text) = fs::read_to_string(&path) else {
            return Ok(None);
        };
        serde_json::from_str(&text)
            .map(Some)
            .with_context(|| format!("{} is damaged", path.display()))
    }

    pub(super) fn save(&self, dir: &Path) -> Result<()> {
        let path = dir.join(FILE);
        // Whoever reads it meanwhile finds the one before, whole.
        let unfinished = path.with_added_extension("new");
        fs::write(&unfinished, serde_json::to_string_pretty(self)?)
            .and_then(|()| fs::rename(&unfinished, &path))
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// The ports that people can remember: the gateway's, and from `first_port` on two for each process. The first of them would be
    /// the gateway's: the OpenID provider takes it.
    pub fn fixed(namespace: &str, gateway_port: u16, first_port: u16) -> Self {
        let ports: Vec<u16> = (first_port..).take(PORTS).collect();
        let mut plan = Self::with_ports(namespace, Service::replicas, &ports, first_port);
        for seat in &mut plan.seats {
            if seat.service == Service::Gateway {
                seat.port = gateway_port;
            }
        }
        plan
    }

    /// Free ports, for tests.
    pub fn random(namespace: &str) -> Result<Self> {
        Self::on_free_ports(namespace, Service::replicas)
    }

    /// The same with two replicas of each service behind the gateway, for tests that restart one after the other.
    pub fn redundant(namespace: &str) -> Result<Self> {
        Self::on_free_ports(namespace, |service| match service {
            Service::Gateway => service.replicas(),
            _ => REDUNDANT,
        })
    }

    fn on_free_ports(namespace: &str, replicas: fn(Service) -> u16) -> Result<Self> {
        let [provider_port, ports @ ..] = parts::ports::pick::<{ PORTS + 1 }>()?;
        Ok(Self::with_ports(namespace, replicas, &ports, provider_port))
    }

    fn with_ports(
        namespace: &str,
        replicas: fn(Service) -> u16,
        ports: &[u16],
        provider_port: u16,
    ) -> Self {
        let seats = Service::ALL
            .into_iter()
            .flat_map(|service| (1..=replicas(service)).map(move |number| (service, number)))
            .zip(ports.chunks_exact(2))
            .map(|((service, number), pair)| Seat {
                service,
                number,
                port: pair[0],
                admin_port: pair[1],
            })
            .collect();
        Self {
            namespace: namespace.to_owned(),
            seats,
            provider_port,
        }
    }

    /// Base URLs of all replicas of `service`.
    pub fn endpoints(&self, service: Service) -> Vec<String> {
        let seats = self.seats.iter().filter(|seat| seat.service == service);
        seats
            .map(|seat| format!("http://127.0.0.1:{}", seat.port))
            .collect()
    }

    /// What browsers see: not the number but the name of this machine, as cookies and providers take it.
    pub fn origin(&self) -> String {
        let gateway = self
            .seats
            .iter()
            .find(|seat| seat.service == Service::Gateway);
        let port = gateway.map_or(0, |seat| seat.port);
        format!("http://localhost:{port}")
    }

    /// Name of the database of `service`.
    pub fn database(&self, service: Service) -> String {
        format!("{}_{}", self.namespace, service.name())
    }
}
