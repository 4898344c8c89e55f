//! How fast messaging turns the log into rows: it is stopped, records are put on the log, and it catches up.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use prost::Message as _;
use quicksync::{
    chat::v1::ConversationKind,
    events::v1::{ConversationEvent, MessageSent, conversation_event::Event},
};
use rdkafka::{
    ClientConfig,
    producer::{FutureProducer, FutureRecord, Producer as _},
    util::Timeout,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, sleep},
};
use uuid::Uuid;

use super::{
    Messaging, Target,
    cpu::Reading,
    people::{Person, connect, create, random_uuid, register},
};

/// Counter of messaging that the progress is read from.
const ROWS_METRIC: &str = "messaging_messages_persisted_total";
const CONVERSATIONS: usize = 20;
const TEXT_BYTES: usize = 100;
const POLL: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_mins(5);
const PRODUCER_QUEUE_MESSAGES_MAX: &str = "1000000";

/// Prints rows per second, and CPU per row by process.
pub async fn measure(target: &mut Target, messaging: &mut impl Messaging, rows: u64) -> Result<()> {
    let connection = connect(&target.gateway, 1).await?.remove(0);
    let people = register(&connection, 2).await?;
    let mut conversations = Vec::with_capacity(CONVERSATIONS);
    for _ in 0..CONVERSATIONS {
        let id = create(
            &connection,
            &people[0],
            ConversationKind::Group,
            &[&people[1]],
        )
        .await?;
        conversations.push(Uuid::parse_str(&id)?);
    }
    messaging.stop().await?;
    fill(target, &conversations, &people[0], rows).await?;
    let (processes, admin) = messaging.start().await?;
    target.processes = processes;
    target.messaging_admin = admin;

    let (cpu, start, first) = loop {
        let persisted = persisted(&target.messaging_admin).await?;
        if persisted > 0 {
            break (Reading::take(&target.processes)?, Instant::now(), persisted);
        }
        sleep(POLL).await;
    };
    while persisted(&target.messaging_admin).await? < rows {
        if start.elapsed() > PATIENCE {
            bail!(
                "messaging has {} of {rows} rows after {PATIENCE:?}",
                persisted(&target.messaging_admin).await?
            );
        }
        sleep(POLL).await;
    }
    let (elapsed, used) = (
        start.elapsed(),
        Reading::take(&target.processes)?.since(&cpu).total(),
    );
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let counted = rows.saturating_sub(first) as f64;
    println!(
        "{:.0} rows per second, {:.0} us of CPU per row in all processes.",
        counted / elapsed.as_secs_f64(),
        used.as_secs_f64() * 1e6 / counted
    );
    Ok(())
}

/// Puts messages on the log as chat would.
async fn fill(target: &Target, conversations: &[Uuid], sender: &Person, rows: u64) -> Result<()> {
    let producer: FutureProducer = ClientConfig::new()
        .set("bootstrap.servers", &target.kafka_brokers)
        .set("enable.idempotence", "true")
        .set("partitioner", "murmur2_random")
        .set("queue.buffering.max.messages", PRODUCER_QUEUE_MESSAGES_MAX)
        .create()?;
    let topic = format!(
        "{}.{}",
        target.conversations_topic.0, target.conversations_topic.1
    );
    for index in 0..rows {
        let conversation = conversations[usize::try_from(index)? % conversations.len()];
        let payload = event(conversation, sender, index).encode_to_vec();
        let record = FutureRecord::to(&topic)
            .key(conversation.as_bytes())
            .payload(&payload);
        drop(
            producer
                .send_result(record)
                .map_err(|(error, _)| error)
                .context("the producer's queue is full")?,
        );
    }
    tokio::task::spawn_blocking(move || producer.flush(Timeout::After(PATIENCE))).await??;
    Ok(())
}

fn event(conversation: Uuid, sender: &Person, index: u64) -> ConversationEvent {
    ConversationEvent {
        conversation_id: conversation.to_string(),
        occurred_at: Some(prost_types::Timestamp {
            seconds: 1_700_000_000,
            nanos: 0,
        }),
        revision: 0,
        event: Some(Event::MessageSent(MessageSent {
            message_id: random_uuid().to_string(),
            sender_user_id: sender.user_id.clone(),
            client_message_id: random_uuid().to_string(),
            text: format!("{index:<TEXT_BYTES$}"),
        })),
    }
}

/// Rows persisted since the replicas started, by their metrics.
async fn persisted(admin: &[String]) -> Result<u64> {
    let mut sum = 0;
    for address in admin {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").await?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await?;
        for line in text.lines().filter(|line| line.starts_with(ROWS_METRIC)) {
            sum += line
                .rsplit(' ')
                .next()
                .context("a metric without a value")?
                .parse::<u64>()?;
        }
    }
    Ok(sum)
}
