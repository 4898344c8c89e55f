//! Sends at a fixed rate (open loop) or as fast as answers come (closed loop), with a live reader for each conversation.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use quicksync::{
    chat::v1::{SendMessageRequest, chat_service_client::ChatServiceClient},
    notification::v1::{SubscribeRequest, subscribe_response::Event},
};
use tokio::{
    sync::{Semaphore, mpsc, watch},
    task::JoinSet,
    time::{Instant, timeout},
};
use tonic::transport::Channel;

use super::{
    Target,
    cpu::Reading,
    latency::Latency,
    pace::Pace,
    people::{Pair, Room, random_uuid},
};

/// Head of the table whose rows the phases print.
pub const HEADER: &str = "| phase | acked/s | ack p50 ms | p99 | p99.9 | max | delivery p50 ms | p99 | p99.9 | max |\n|---|---|---|---|---|---|---|---|---|---|";
const WARM_UP: Duration = Duration::from_secs(3);
const WARM_UP_RATE: u64 = 500;
/// How long the last messages of a phase may take to arrive.
const ARRIVAL_PATIENCE: Duration = Duration::from_secs(30);
/// The open loop stops being one beyond this many unanswered sends.
const OPEN_LOOP_IN_FLIGHT_MAX: usize = 20_000;
const POLL: Duration = Duration::from_millis(1);
/// Length of a message's text, in bytes; the record on the log is about 300.
const TEXT_BYTES: usize = 100;

/// What one phase gave.
#[derive(Debug)]
pub struct Phase {
    /// Column head in the CPU table.
    pub name: String,
    /// Sends that were answered OK.
    pub acked: u64,
    /// CPU used meanwhile.
    pub cpu: Reading,
}

/// Fills caches and connections; prints nothing.
pub async fn warm_up(target: &Target, room: &Room) -> Result<()> {
    let mut run = Run::start(target, room).await?;
    run.send_at(WARM_UP_RATE, WARM_UP).await?;
    run.finish().await.map(drop)
}

/// Sends at `rate` per second whatever the answers do. Latency counts from the moment at which a message was due.
pub async fn open_loop(target: &Target, room: &Room, rate: u64, length: Duration) -> Result<Phase> {
    let mut run = Run::start(target, room).await?;
    run.send_at(rate, length).await?;
    run.report(format!("{rate}/s")).await
}

/// Keeps `in_flight` sends unanswered at all times.
pub async fn closed_loop(
    target: &Target,
    room: &Room,
    in_flight: usize,
    length: Duration,
) -> Result<Phase> {
    let mut run = Run::start(target, room).await?;
    run.send_closed(in_flight, length).await?;
    run.report(format!("closed loop, {in_flight} in flight"))
        .await
}

struct Run<'a> {
    target: &'a Target,
    room: &'a Room,
    begin: Instant,
    cpu: Reading,
    acks: Latency,
    readers: JoinSet<Result<Latency>>,
    expected: watch::Sender<Option<u64>>,
    arrived: Arc<AtomicU64>,
    elapsed: Duration,
}

impl<'a> Run<'a> {
    async fn start(target: &'a Target, room: &'a Room) -> Result<Self> {
        let begin = Instant::now();
        let (expected, _) = watch::channel(None);
        let arrived = Arc::new(AtomicU64::new(0));
        let mut readers = JoinSet::new();
        let (ready, mut is_ready) = mpsc::channel(room.pairs.len());
        for (index, pair) in room.pairs.iter().enumerate() {
            let reader = Reader {
                begin,
                arrived: arrived.clone(),
                expected: expected.subscribe(),
            };
            let mut client = room.notification(index);
            let request = pair.reader.request(SubscribeRequest::default());
            let ready = ready.clone();
            readers.spawn(async move {
                let mut events = client.subscribe(request).await?.into_inner();
                let first = events
                    .message()
                    .await?
                    .context("the stream ended at once")?;
                ensure!(
                    matches!(first.event, Some(Event::Ready(_))),
                    "the first event is not Ready"
                );
                ready.send(()).await?;
                reader.read(events).await
            });
        }
        for _ in &room.pairs {
            timeout(ARRIVAL_PATIENCE, is_ready.recv())
                .await
                .context("streams did not open")?;
        }
        let cpu = Reading::take(&target.processes)?;
        Ok(Self {
            target,
            room,
            begin,
            cpu,
            acks: Latency::default(),
            readers,
            expected,
            arrived,
            elapsed: Duration::ZERO,
        })
    }

    async fn send_at(&mut self, rate: u64, length: Duration) -> Result<()> {
        let slots = Arc::new(Semaphore::new(OPEN_LOOP_IN_FLIGHT_MAX));
        let mut sends: JoinSet<Result<Duration>> = JoinSet::new();
        let mut pace = Pace::new(rate, length);
        while let Some((number, due_at)) = pace.next().await {
            let slot = slots
                .clone()
                .try_acquire_owned()
                .context("answers fall behind the rate")?;
            let index = usize::try_from(number)?;
            let pair = &self.room.pairs[index % self.room.pairs.len()];
            let answer = self.send(index, pair, due_at);
            sends.spawn(async move {
                let took = answer.await;
                drop(slot);
                took
            });
            while let Some(done) = sends.try_join_next() {
                self.acks.record(done??);
            }
        }
        while let Some(done) = sends.join_next().await {
            self.acks.record(done??);
        }
        self.elapsed = pace.elapsed();
        Ok(())
    }

    async fn send_closed(&mut self, in_flight: usize, length: Duration) -> Result<()> {
        let start = Instant::now();
        let end = start + length;
        let mut workers: JoinSet<Result<Latency>> = JoinSet::new();
        for worker in 0..in_flight {
            let mut client = self.room.chat(worker);
            let pair = &self.room.pairs[worker % self.room.pairs.len()];
            let (conversation_id, sender) = (pair.conversation_id.clone(), pair.sender.clone());
            let begin = self.begin;
            workers.spawn(async move {
                let mut acks = Latency::default();
                while Instant::now() < end {
                    let sent_at = Instant::now();
                    client
                        .send_message(sender.request(message(&conversation_id, begin, sent_at)))
                        .await?;
                    acks.record(sent_at.elapsed());
                }
                Ok(acks)
            });
        }
        while let Some(done) = workers.join_next().await {
            self.acks.add(&done??);
        }
        self.elapsed = start.elapsed();
        Ok(())
    }

    fn send(
        &self,
        index: usize,
        pair: &Pair,
        due_at: Instant,
    ) -> impl Future<Output = Result<Duration>> + 'static {
        let mut client: ChatServiceClient<Channel> = self.room.chat(index);
        let request = pair
            .sender
            .request(message(&pair.conversation_id, self.begin, due_at));
        async move {
            client.send_message(request).await?;
            Ok(due_at.elapsed())
        }
    }

    /// Waits until every acked message has arrived once.
    async fn finish(&mut self) -> Result<Latency> {
        let acked = self.acks.count();
        let arrival = async {
            while self.arrived.load(Ordering::Relaxed) < acked {
                tokio::time::sleep(POLL).await;
            }
        };
        timeout(ARRIVAL_PATIENCE, arrival).await.with_context(|| {
            format!(
                "{} of {acked} messages arrived",
                self.arrived.load(Ordering::Relaxed)
            )
        })?;
        self.expected.send_replace(Some(acked));
        let mut deliveries = Latency::default();
        while let Some(reader) = self.readers.join_next().await {
            deliveries.add(&reader??);
        }
        ensure!(
            deliveries.count() == acked,
            "{acked} messages were acked and {} were delivered",
            deliveries.count()
        );
        Ok(deliveries)
    }

    async fn report(mut self, name: String) -> Result<Phase> {
        let deliveries = self.finish().await?;
        let cpu = Reading::take(&self.target.processes)?.since(&self.cpu);
        let acked = self.acks.count();
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let rate = acked as f64 / self.elapsed.as_secs_f64();
        println!(
            "| {name} | {rate:.0} | {} | {} |",
            self.acks.row(),
            deliveries.row()
        );
        Ok(Phase { name, acked, cpu })
    }
}

struct Reader {
    begin: Instant,
    arrived: Arc<AtomicU64>,
    expected: watch::Receiver<Option<u64>>,
}

impl Reader {
    /// Reads until the run knows that all has arrived.
    async fn read(
        mut self,
        mut events: tonic::Streaming<quicksync::notification::v1::SubscribeResponse>,
    ) -> Result<Latency> {
        let mut latency = Latency::default();
        loop {
            tokio::select! {
                event = events.message() => {
                    let event = event?.context("the stream ended")?.event;
                    if let Some(Event::Message(message)) = event {
                        let due: u64 = message.text.split(' ').next().unwrap_or_default().parse()?;
                        latency.record(self.begin.elapsed().saturating_sub(Duration::from_nanos(due)));
                        self.arrived.fetch_add(1, Ordering::Relaxed);
                    }
                }
                _ = self.expected.wait_for(Option::is_some) => return Ok(latency),
            }
        }
    }
}

/// A message that carries the moment at which it was due, in nanoseconds since `begin`.
fn message(conversation_id: &str, begin: Instant, due_at: Instant) -> SendMessageRequest {
    let due = due_at.duration_since(begin).as_nanos();
    SendMessageRequest {
        conversation_id: conversation_id.to_owned(),
        client_message_id: random_uuid().to_string(),
        text: format!("{due:<TEXT_BYTES$}"),
    }
}
