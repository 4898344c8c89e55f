//! A live stream as a good client holds it: it keeps every event and its newest token, and comes back by itself.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use quicksync::{
    chat::v1::Message,
    notification::v1::{SubscribeRequest, SubscribeResponse, subscribe_response::Event},
};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tonic::Status;

use super::Person;
use crate::eventually::PATIENCE;

/// Between two tries to come back.
const RECONNECT_PAUSE: Duration = Duration::from_millis(100);

/// What a stream has seen since it was opened, over all its connections.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// All events but Ready and Heartbeat, in order of arrival, exactly as they came: repetitions too.
    pub events: Vec<SubscribeResponse>,
    /// How often Ready came.
    pub connections: usize,
    /// How often Ready said that the stream goes on without a gap.
    pub resumes: usize,
    /// How often Reset came.
    pub resets: usize,
    /// Why connections ended: errors and Ending events, as text.
    pub endings: Vec<String>,
    /// The newest resume token.
    pub token: Vec<u8>,
}

impl Seen {
    /// The messages among the events, repetitions included.
    pub fn messages(&self) -> Vec<&Message> {
        let message = |event: &'_ SubscribeResponse| matches!(event.event, Some(Event::Message(_)));
        let events = self.events.iter().filter(|event| message(event));
        events
            .filter_map(|event| {
                if let Some(Event::Message(message)) = &event.event {
                    Some(message)
                } else {
                    None
                }
            })
            .collect()
    }

    /// The messages of one conversation, repetitions included.
    pub fn messages_of(&self, conversation_id: &str) -> Vec<&Message> {
        self.messages()
            .into_iter()
            .filter(|message| message.conversation_id == conversation_id)
            .collect()
    }

    fn take(&mut self, response: SubscribeResponse) {
        if !response.resume_token.is_empty() {
            self.token.clone_from(&response.resume_token);
        }
        match &response.event {
            Some(Event::Ready(ready)) => {
                self.connections += 1;
                self.resumes += usize::from(ready.resumed);
                return;
            }
            Some(Event::Heartbeat(_)) => return,
            Some(Event::Reset(_)) => self.resets += 1,
            Some(Event::Ending(ending)) => self.endings.push(format!("{:?}", ending.reason())),
            _ => {}
        }
        self.events.push(response);
    }
}

/// A stream of one person. It ends when it is dropped.
#[derive(Debug)]
pub struct LiveStream {
    seen: watch::Receiver<Seen>,
    task: JoinHandle<()>,
}

impl Drop for LiveStream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl LiveStream {
    /// Subscribes from now on and waits for Ready.
    pub async fn open(person: &Person) -> Result<Self> {
        Self::resume(person, Vec::new()).await
    }

    /// Subscribes from `token` on and waits for Ready.
    pub async fn resume(person: &Person, token: Vec<u8>) -> Result<Self> {
        let (sender, seen) = watch::channel(Seen {
            token,
            ..Seen::default()
        });
        let person = person.clone();
        let sender = Arc::new(sender);
        let task = tokio::spawn(async move {
            loop {
                if let Err(status) = run(&person, &sender).await {
                    sender.send_modify(|seen| seen.endings.push(status.to_string()));
                }
                sleep(RECONNECT_PAUSE).await;
            }
        });
        let stream = Self { seen, task };
        stream
            .until("the stream is ready", |seen| seen.connections > 0)
            .await?;
        Ok(stream)
    }

    /// What was seen up to now.
    pub fn seen(&self) -> Seen {
        self.seen.borrow().clone()
    }

    /// Waits until `condition` holds, at most [`PATIENCE`]; then gives what was seen.
    pub async fn until(&self, what: &str, condition: impl FnMut(&Seen) -> bool) -> Result<Seen> {
        let mut seen = self.seen.clone();
        if let Ok(seen) = timeout(PATIENCE, seen.wait_for(condition)).await {
            return Ok(seen.context("the stream's task has ended")?.clone());
        }
        let seen = self.seen();
        anyhow::bail!(
            "waited {} s in vain until {what}: {} events, {} connections, {} resets, endings {:?}",
            PATIENCE.as_secs(),
            seen.events.len(),
            seen.connections,
            seen.resets,
            seen.endings
        )
    }

    /// Waits until there are `count` messages of one conversation.
    pub async fn until_messages(&self, conversation_id: &str, count: usize) -> Result<Seen> {
        let what = format!("{count} messages of {conversation_id} have come");
        // The first comparison spares the second for all but the last events.
        self.until(&what, |seen| {
            seen.events.len() >= count && seen.messages_of(conversation_id).len() >= count
        })
        .await
    }
}

async fn run(person: &Person, seen: &watch::Sender<Seen>) -> Result<(), Status> {
    let resume_token = seen.borrow().token.clone();
    let mut stream = person
        .notification()
        .subscribe(SubscribeRequest { resume_token })
        .await?
        .into_inner();
    while let Some(response) = stream.message().await? {
        seen.send_modify(|seen| seen.take(response));
    }
    Ok(())
}
