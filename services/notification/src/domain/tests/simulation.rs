//! Two hubs that read the model's log, and clients that come, take, go and resume.

use std::{cell::RefCell, collections::HashSet, rc::Rc, sync::Arc, time::Duration};

use bytes::Bytes;
use quicksync::notification::v1::{EndingReason, ResetReason};

use super::{
    super::{
        changes,
        hub::{Hub, Key, Limits, Live, Outlet, Start},
        outbox::{Kind, Outbox},
        record::{Change, Entry},
        token::{Codec, Token},
        typing::{Said, Told},
        window,
    },
    model::{self, Id, Log, Op},
};

pub const CLIENTS: usize = 5;
const NOW_MS: i64 = 1_000_000;

#[derive(Clone, Debug)]
pub enum Step {
    Append(Op),
    /// Hub, partition, records.
    Read(usize, usize, usize),
    /// Client, hub, age of the snapshot.
    Connect(usize, usize, proptest::sample::Index),
    /// Client takes so many deliveries.
    Take(usize, usize),
    Disconnect(usize),
    Heartbeat(usize),
    /// Hub, conversation, who types.
    Type(usize, usize, usize),
}

#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub window_bytes_max: usize,
    pub replay_events_max: usize,
    pub live_max: usize,
    /// Records of the log before the second hub's beginning.
    pub start: usize,
}

#[derive(Clone)]
struct Shared(Rc<RefCell<Outbox>>);

impl Outlet for Shared {
    fn event(&self, event: &Arc<Live>) -> bool {
        self.0.borrow_mut().push_event(event)
    }

    fn typing(&self, told: &Arc<Told>) -> bool {
        self.0.borrow_mut().push_typing(told)
    }

    fn heartbeat(&self, token: &Bytes) {
        self.0.borrow_mut().push_heartbeat(token);
    }

    fn end(&self, reason: EndingReason, token: &Bytes) {
        self.0.borrow_mut().end(reason, token);
    }
}

#[derive(Default)]
struct Client {
    stream: Option<(usize, Key, Shared)>,
    token: Option<Bytes>,
    /// Positions from which on it must have everything.
    since: Vec<i64>,
    received: Vec<(usize, i64, Id)>,
    last_reset: Option<ResetReason>,
    ended: Option<EndingReason>,
    typing_heard: usize,
}

pub struct Simulation {
    settings: Settings,
    log: Log,
    codec: Arc<Codec>,
    hubs: Vec<Hub<Shared>>,
    /// The second hub begins when the log is so long; before, nobody connects to it.
    starts: [usize; 2],
    clients: Vec<Client>,
    pub resets: usize,
    pub repetitions: usize,
}

impl Simulation {
    pub fn new(settings: Settings) -> Self {
        let codec = Arc::new(Codec::new(b"a key that all replicas share ...", 0));
        let mut simulation = Self {
            settings,
            log: Log::default(),
            codec,
            hubs: Vec::new(),
            starts: [0, settings.start],
            clients: (0..CLIENTS).map(|_| Client::default()).collect(),
            resets: 0,
            repetitions: 0,
        };
        simulation.add_hubs();
        simulation
    }

    pub fn run(settings: Settings, steps: &[Step]) -> Self {
        let mut simulation = Self::new(settings);
        for step in steps {
            simulation.step(step);
        }
        simulation.settle();
        simulation
    }

    pub fn append(&mut self, op: Op) {
        self.step(&Step::Append(op));
    }

    pub fn append_and_read(&mut self, op: Op) {
        self.append(op);
        self.read_all();
    }

    pub fn connect_now(&mut self, client: usize) {
        self.connect(client, 0, self.log.records.len());
    }

    pub fn take_all(&mut self, client: usize) {
        self.take(client, usize::MAX);
    }

    pub fn disconnect(&mut self, client: usize) {
        if let Some((hub, key, _)) = self.clients[client].stream.take() {
            self.hubs[hub].remove(key);
        }
    }

    pub fn drain(&mut self) {
        self.hubs[0].drain();
    }

    /// The log forgets what the first hub has not read.
    pub fn skip_unread(&mut self) {
        let unread = self.unread(0, 0).len();
        assert!(unread > 0);
        self.log.append(&Op::Unknown(0));
        let last = self.log.records.last().expect("just appended").record(0);
        self.hubs[0].apply(last, NOW_MS);
        for client in &mut self.clients {
            client.received.clear();
        }
    }

    pub fn received(&self, client: usize) -> usize {
        self.clients[client].received.len()
    }

    pub fn typing_heard(&self, client: usize) -> usize {
        self.clients[client].typing_heard
    }

    pub fn last_reset(&self, client: usize) -> Option<ResetReason> {
        self.clients[client].last_reset
    }

    pub fn ended(&self, client: usize) -> Option<EndingReason> {
        self.clients[client].ended
    }

    fn add_hubs(&mut self) {
        while let Some(&start) = self
            .starts
            .get(self.hubs.len())
            .filter(|&&start| start <= self.log.records.len())
        {
            let limits = Limits {
                window: window::Limits {
                    bytes_max: self.settings.window_bytes_max,
                    age_max_ms: NOW_MS * 2,
                },
                changes: changes::Limits {
                    entries_max: usize::MAX,
                    age_max_ms: NOW_MS * 2,
                },
                replay_events_max: self.settings.replay_events_max,
                typing_streams_max: usize::MAX,
            };
            self.hubs.push(Hub::new(
                Arc::clone(&self.codec),
                limits,
                self.log.ends(start),
            ));
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Append(op) => {
                self.log.append(op);
                self.add_hubs();
            }
            Step::Read(hub, partition, count) => self.read(*hub, *partition, *count),
            Step::Connect(client, hub, age) => {
                // As old as the beginning of the hub's own knowledge, as new as the log's end.
                let oldest = self.starts[*hub].min(self.log.records.len());
                let upto = oldest + age.index(self.log.records.len() - oldest + 1);
                self.connect(*client, *hub, upto);
            }
            Step::Take(client, count) => self.take(*client, *count),
            Step::Disconnect(client) => self.disconnect(*client),
            Step::Heartbeat(hub) => {
                if let Some(hub) = self.hubs.get_mut(*hub) {
                    for slot in 0..super::super::hub::HEARTBEAT_SLOTS {
                        hub.heartbeat(slot, NOW_MS);
                    }
                }
            }
            Step::Type(hub, conversation, user) => self.say_typing(*hub, *conversation, *user),
        }
    }

    pub fn say_typing(&self, hub: usize, conversation: usize, user: usize) {
        let said = Said {
            conversation: model::conversation(conversation),
            user: model::user(user),
            said_ms: NOW_MS,
            holds: Duration::from_secs(6),
        };
        if let (Some(hub), Some(told)) = (self.hubs.get(hub), said.told_at(NOW_MS)) {
            hub.tell_typing(&Arc::new(told));
        }
    }

    fn unread(&self, hub: usize, partition: usize) -> Vec<usize> {
        let position = self.hubs[hub].positions()[partition];
        let records = self.log.records.iter().enumerate();
        records
            .filter(|(_, r)| r.partition == partition && r.offset >= position)
            .map(|(index, _)| index)
            .collect()
    }

    fn read(&mut self, hub: usize, partition: usize, count: usize) {
        if hub >= self.hubs.len() {
            return;
        }
        for index in self.unread(hub, partition).into_iter().take(count) {
            let record = self.log.records[index].record(index);
            self.hubs[hub].apply(record, NOW_MS);
        }
        self.hubs[hub].evict(NOW_MS);
    }

    fn read_all(&mut self) {
        for hub in 0..self.hubs.len() {
            for partition in 0..model::PARTITIONS {
                self.read(hub, partition, usize::MAX);
            }
        }
    }

    fn connect(&mut self, client: usize, hub: usize, snapshot_upto: usize) {
        if hub >= self.hubs.len() {
            return;
        }
        self.disconnect(client);
        let user = client % model::USERS;
        let start = match &self.clients[client].token {
            None => Start::Now(self.hubs[hub].positions().to_vec()),
            Some(token) => {
                let Ok(Token::Positions(positions)) = self.codec.decode(token) else {
                    panic!("a token of ours")
                };
                if !self.hubs[hub].has_reached(&positions) {
                    return;
                }
                Start::Token {
                    token: token.clone(),
                    positions,
                }
            }
        };
        let snapshot = self.log.snapshot(user, snapshot_upto);
        let mut shared = None;
        let (codec, live_max) = (Arc::clone(&self.codec), self.settings.live_max);
        let key =
            self.hubs[hub].register(model::user(user), snapshot, start, i64::MAX, |opening| {
                let outlet = Shared(Rc::new(RefCell::new(Outbox::new(opening, codec, live_max))));
                shared = Some(outlet.clone());
                outlet
            });
        let shared = shared.expect("an outlet is always made");
        self.clients[client].stream = Some((hub, key, shared));
        self.clients[client].ended = None;
    }

    fn take(&mut self, client: usize, count: usize) {
        for _ in 0..count {
            let Some((_, _, outbox)) = &self.clients[client].stream else {
                return;
            };
            let delivery = outbox.0.borrow_mut().pop();
            let Some(delivery) = delivery else { break };
            let Ok(Token::Positions(positions)) = self.codec.decode(&delivery.token) else {
                panic!("a token of ours")
            };
            let of = &mut self.clients[client];
            if let Kind::Typing(told) = &delivery.kind {
                assert_eq!(
                    of.token.as_ref(),
                    Some(&delivery.token),
                    "typing moves no token"
                );
                assert_ne!(told.user, model::user(client % model::USERS));
                of.typing_heard += 1;
                continue;
            }
            let is_first = of.token.replace(delivery.token).is_none();
            match delivery.kind {
                Kind::Ready { resumed } => {
                    assert!(!(is_first && resumed));
                    if is_first {
                        of.since = positions;
                    }
                }
                Kind::Reset(reason) => {
                    self.resets += 1;
                    of.last_reset = Some(reason);
                    of.received.clear();
                    of.since = positions;
                }
                Kind::Replayed(entry) => self.receive(client, &entry),
                Kind::Live(live) => self.receive(client, &live.entry),
                Kind::Typing(_) | Kind::Heartbeat => {}
                Kind::Ending(reason) => {
                    of.ended = Some(reason);
                    of.stream = None;
                }
            }
            self.check(client);
        }
    }

    fn receive(&mut self, client: usize, entry: &Entry) {
        let conversation = usize::try_from(entry.fact.conversation.as_u128()).expect("a small id");
        let id = match entry.fact.change {
            Change::Message { id } => Id::Message(id.as_u128()),
            Change::Joined { revision, .. } | Change::Left { revision, .. } => {
                Id::Change(conversation, revision)
            }
            Change::Read { .. } => Id::Read(conversation, entry.offset),
        };
        let first = self
            .log
            .records
            .iter()
            .find(|record| record.id() == Some(id))
            .expect("it is on the log");
        let is_repetition = first.offset != entry.offset;
        if is_repetition {
            // The first record is beyond this replica's memory: the client knows it, or had a Reset since.
            self.repetitions += 1;
            return;
        }
        self.clients[client]
            .received
            .push((entry.partition, entry.offset, id));
    }

    /// What was received is what is visible between the client's beginning and its token: each once, in order.
    fn check(&self, client: usize) {
        let of = &self.clients[client];
        let Some(Ok(Token::Positions(upto))) =
            of.token.as_ref().map(|token| self.codec.decode(token))
        else {
            return;
        };
        if of.since.is_empty() {
            return;
        }
        for conversation in 0..model::CONVERSATIONS {
            let records = self.log.records.iter().filter(|record| {
                record.conversation == conversation
                    && of.since[record.partition] <= record.offset
                    && record.offset < upto[record.partition]
                    && self.log.is_visible(record, client % model::USERS)
            });
            let expected: Vec<Id> = records.filter_map(model::Logged::id).collect();
            let of_conversation = |id: &Id| {
                self.log
                    .records
                    .iter()
                    .any(|r| r.conversation == conversation && r.id() == Some(*id))
            };
            let received: Vec<Id> = of
                .received
                .iter()
                .map(|&(_, _, id)| id)
                .filter(of_conversation)
                .collect();
            assert_eq!(
                received, expected,
                "client {client}, conversation {conversation}"
            );
            assert_eq!(
                received.iter().collect::<HashSet<_>>().len(),
                received.len()
            );
        }
    }

    /// Everything is read; each client comes back once more and takes all.
    fn settle(&mut self) {
        self.read_all();
        for client in 0..CLIENTS {
            if self.hubs.len() == 2 {
                self.take_all(client);
                self.connect(client, 1, self.log.records.len());
            } else {
                self.connect_now(client);
            }
            self.take_all(client);
        }
    }
}
