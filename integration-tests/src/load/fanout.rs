//! One conversation, many streams: how long until the last has a message, and what a stream costs while nothing happens.

use std::time::Duration;

use anyhow::{Context as _, Result};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use quicksync::{
    chat::v1::{ConversationKind, SendMessageRequest, chat_service_client::ChatServiceClient},
    notification::v1::{
        SubscribeRequest, SubscribeResponse,
        notification_service_client::NotificationServiceClient, subscribe_response::Event,
    },
};
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Instant, timeout},
};
use tonic::{Streaming, transport::Channel};

use super::{
    Target,
    cpu::resident_kib,
    latency::Latency,
    people::{Person, connect, create, random_uuid, register},
};

/// Head of the table whose rows `measure` prints.
pub const HEADER: &str = "| streams | first p50 ms | p99 | p99.9 | max | last p50 ms | p99 | p99.9 | max | gateway KiB/stream | notification KiB/stream |\n|---|---|---|---|---|---|---|---|---|---|---|";
const STREAMS_PER_PERSON: usize = 10;
const STREAMS_PER_CONNECTION: usize = 100;
/// Streams opened at once.
const OPENING_AT_ONCE: usize = 64;
const MESSAGES: usize = 20;
const PATIENCE: Duration = Duration::from_mins(1);

/// Opens the streams, sends one message after the other, and prints a row.
pub async fn measure(target: &Target, streams: usize) -> Result<()> {
    let connections = connect(&target.gateway, streams.div_ceil(STREAMS_PER_CONNECTION)).await?;
    let people = register(&connections[0], streams.div_ceil(STREAMS_PER_PERSON).max(2)).await?;
    let others: Vec<&Person> = people[1..].iter().collect();
    let conversation_id = create(
        &connections[0],
        &people[0],
        ConversationKind::Group,
        &others,
    )
    .await?;

    let before = (
        resident_kib(&target.processes, "gateway")?,
        resident_kib(&target.processes, "notification")?,
    );
    let opening = (0..streams).map(|index| {
        open(
            &connections[index / STREAMS_PER_CONNECTION],
            &people[index % people.len()],
        )
    });
    let open: Vec<Streaming<SubscribeResponse>> = stream::iter(opening)
        .buffer_unordered(OPENING_AT_ONCE)
        .try_collect()
        .await?;
    let after = (
        resident_kib(&target.processes, "gateway")?,
        resident_kib(&target.processes, "notification")?,
    );

    let (arrived, mut arrivals) = mpsc::channel(streams);
    let mut readers = JoinSet::new();
    for events in open {
        readers.spawn(read(events, arrived.clone()));
    }
    let (mut first, mut last) = (Latency::default(), Latency::default());
    for _ in 0..MESSAGES {
        let sent_at = Instant::now();
        let request = people[0].request(SendMessageRequest {
            conversation_id: conversation_id.clone(),
            client_message_id: random_uuid().to_string(),
            text: "to all".into(),
        });
        ChatServiceClient::new(connections[0].clone())
            .send_message(request)
            .await?;
        for index in 0..streams {
            let at: Instant = timeout(PATIENCE, arrivals.recv())
                .await
                .with_context(|| format!("{index} of {streams} streams had it"))?
                .context("all streams ended")?;
            if index == 0 {
                first.record(at.duration_since(sent_at));
            }
            if index + 1 == streams {
                last.record(at.duration_since(sent_at));
            }
        }
    }
    println!(
        "| {streams} | {} | {} | {} | {} |",
        first.row(),
        last.row(),
        per_stream(before.0, after.0, streams),
        per_stream(before.1, after.1, streams)
    );
    Ok(())
}

async fn open(connection: &Channel, person: &Person) -> Result<Streaming<SubscribeResponse>> {
    let request = person.request(SubscribeRequest::default());
    let mut events = NotificationServiceClient::new(connection.clone())
        .subscribe(request)
        .await?
        .into_inner();
    events
        .message()
        .await?
        .context("the stream ended at once")?;
    Ok(events)
}

async fn read(
    mut events: Streaming<SubscribeResponse>,
    arrived: mpsc::Sender<Instant>,
) -> Result<()> {
    while let Some(event) = events.message().await? {
        if matches!(event.event, Some(Event::Message(_))) {
            arrived.send(Instant::now()).await?;
        }
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn per_stream(before_kib: u64, after_kib: u64, streams: usize) -> String {
    format!(
        "{:.1}",
        after_kib.saturating_sub(before_kib) as f64 / streams as f64
    )
}
