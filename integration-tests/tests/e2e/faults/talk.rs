//! People who talk without pause while things break, and what must have become of their words.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use integration_tests::{
    client::{Person, live::LiveStream, new_id},
    eventually::{PATIENCE, eventually},
};
use quicksync::chat::v1::{Message, SendMessageResponse};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};
use tonic::{Code, Status};
use uuid::Uuid;

/// Between two messages of one person: an outage of ten seconds should not become a test of throughput.
pub const BREATH: Duration = Duration::from_millis(10);
/// Before a call is repeated that was UNAVAILABLE.
const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// What a talker does about errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// There must be none.
    Undisturbed,
    /// UNAVAILABLE is repeated with the same id; there must be no other.
    Persistent,
}

/// What was said and acknowledged.
#[derive(Clone, Debug, Default)]
pub struct Transcript {
    /// Sequence to text.
    pub said: BTreeMap<i64, String>,
    /// What was UNAVAILABLE and worked when it was repeated.
    pub repeated: Vec<Status>,
}

/// Several people who talk in one conversation until [`Talk::end`].
pub struct Talk {
    acked: watch::Receiver<usize>,
    ending: watch::Sender<bool>,
    talkers: Vec<JoinHandle<Result<Transcript, Status>>>,
}

impl Talk {
    /// Each of `people` begins to talk.
    pub fn begin(conversation_id: &str, people: &[&Person], manner: Manner) -> Self {
        let (acked_sender, acked) = watch::channel(0);
        let acked_sender = Arc::new(acked_sender);
        let (ending, end) = watch::channel(false);
        let talkers = people.iter().map(|person| {
            let talker = Talker {
                person: (*person).clone(),
                conversation_id: conversation_id.to_owned(),
                manner,
                acked: Arc::clone(&acked_sender),
                end: end.clone(),
            };
            tokio::spawn(talker.talk())
        });
        Self {
            acked,
            ending,
            talkers: talkers.collect(),
        }
    }

    /// How many messages are acknowledged.
    pub fn acked(&self) -> usize {
        *self.acked.borrow()
    }

    /// Waits until `count` more messages are acknowledged.
    pub async fn until_more(&self, count: usize) {
        let goal = self.acked() + count;
        let mut acked = self.acked.clone();
        let reached = timeout(PATIENCE, acked.wait_for(|acked| *acked >= goal)).await;
        assert!(
            matches!(reached, Ok(Ok(_))),
            "{} of {goal} messages were acknowledged; then {}",
            self.acked(),
            if reached.is_err() {
                "nothing more"
            } else {
                "all talkers gave up"
            }
        );
    }

    /// Everybody finishes the message that they are at, and what they said is put together.
    pub async fn end(self) -> Transcript {
        self.ending.send_replace(true);
        let mut whole = Transcript::default();
        for talker in self.talkers {
            let transcript = talker.await.unwrap().unwrap();
            for (sequence, text) in transcript.said {
                let before = whole.said.insert(sequence, text);
                assert_eq!(before, None, "sequence {sequence} was given twice");
            }
            whole.repeated.extend(transcript.repeated);
        }
        whole
    }
}

struct Talker {
    person: Person,
    conversation_id: String,
    manner: Manner,
    acked: Arc<watch::Sender<usize>>,
    end: watch::Receiver<bool>,
}

impl Talker {
    async fn talk(self) -> Result<Transcript, Status> {
        let mut transcript = Transcript::default();
        for number in 0.. {
            if *self.end.borrow() {
                break;
            }
            let text = format!("{} says {number}", self.person.user.username);
            let answer = match self.manner {
                Manner::Undisturbed => self.person.send(&self.conversation_id, &text).await?,
                Manner::Persistent => self.insist(&text, &mut transcript.repeated).await?,
            };
            let before = transcript.said.insert(answer.sequence, text);
            assert_eq!(before, None, "a sequence was given twice");
            self.acked.send_modify(|acked| *acked += 1);
            sleep(BREATH).await;
        }
        Ok(transcript)
    }

    async fn insist(
        &self,
        text: &str,
        repeated: &mut Vec<Status>,
    ) -> Result<SendMessageResponse, Status> {
        let id = new_id();
        persist(repeated, || {
            self.person.send_as(&self.conversation_id, id, text)
        })
        .await
    }
}

/// Repeats a call as long as it is UNAVAILABLE, at most for [`PATIENCE`]; notes each such answer.
pub async fn persist<T, F>(
    repeated: &mut Vec<Status>,
    mut call: impl FnMut() -> F,
) -> Result<T, Status>
where
    F: Future<Output = Result<T, Status>>,
{
    let deadline = Instant::now() + PATIENCE;
    loop {
        match call().await {
            Err(status) if status.code() == Code::Unavailable && Instant::now() < deadline => {
                repeated.push(status);
                sleep(RETRY_PAUSE).await;
            }
            answer => return answer,
        }
    }
}

/// Sends one message three times at once, past the gateway too; gives the one answer that all three had.
pub async fn send_thrice(
    ways: [&Person; 3],
    conversation_id: &str,
    client_message_id: Uuid,
    text: &str,
) -> SendMessageResponse {
    let sends = ways.map(|person| person.send_as(conversation_id, client_message_id, text));
    let answers = futures::future::try_join_all(sends).await.unwrap();
    assert!(
        answers.windows(2).all(|pair| pair[0] == pair[1]),
        "one message has several answers: {answers:?}"
    );
    answers[0].clone()
}

impl Transcript {
    /// Panics unless `messages` are exactly what was said, in order. `whose`: for the error.
    pub fn assert_is<'a>(&self, messages: impl IntoIterator<Item = &'a Message>, whose: &str) {
        let told: Vec<(i64, &str)> = messages
            .into_iter()
            .map(|message| (message.sequence, message.text.as_str()))
            .collect();
        let said: Vec<(i64, &str)> = self
            .said
            .iter()
            .map(|(sequence, text)| (*sequence, text.as_str()))
            .collect();
        if told == said {
            return;
        }
        let missing: Vec<_> = said.iter().filter(|entry| !told.contains(entry)).collect();
        let foreign: Vec<_> = told.iter().filter(|entry| !said.contains(entry)).collect();
        let unordered: Vec<_> = told
            .windows(2)
            .filter(|pair| pair[0].0 >= pair[1].0)
            .collect();
        panic!(
            "{whose}: {} messages instead of {}; missing {missing:?}; never said {foreign:?}; out of order or twice {unordered:?}",
            told.len(),
            said.len()
        );
    }

    /// Waits until a stream has it all, and nothing twice.
    pub async fn assert_live(&self, stream: &LiveStream, conversation_id: &str, whose: &str) {
        let seen = stream
            .until_messages(conversation_id, self.said.len())
            .await
            .unwrap();
        self.assert_is(seen.messages_of(conversation_id), whose);
        assert_eq!(seen.resets, 0, "{whose}: a Reset came");
    }

    /// Waits until history has caught up, and has it all, once.
    pub async fn assert_in_history(&self, person: &Person, conversation_id: &str) {
        let history = eventually("history has caught up", || async {
            let history = person.history(conversation_id).await.ok()?;
            (history.len() >= self.said.len()).then_some(history)
        })
        .await;
        let history = match history {
            Ok(history) => history,
            // Tells what is missing, or why it cannot be read.
            Err(_) => person.history(conversation_id).await.unwrap(),
        };
        self.assert_is(&history, "history");
    }
}
