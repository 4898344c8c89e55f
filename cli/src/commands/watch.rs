//! watch: what happens, as it happens, also over lost connections.
//!
//! ```text
//! open --Ready--> live --event--> live          each event's token is kept
//!  ^                |
//!  |                +--Reset--> reload what was missed from history --> live
//!  +---wait---------+--broken, silent, ended by the server
//! ```

mod screen;
mod seen;

use std::time::Duration;

use quicksync::notification::v1::{
    Ending, EndingReason, Ready, SubscribeRequest, SubscribeResponse, subscribe_response::Event,
};
use tokio::time::timeout;
use tonic::{Code, Status, Streaming};

use super::{Context, history};
use crate::{backoff::Backoff, conversations, failure::Failure, session::is_token_refused};
use screen::Screen;
use seen::Seen;

/// How long the stream may take to open.
const OPEN_TIMEOUT: Duration = Duration::from_secs(10);
/// A stream that is silent for so many heartbeats, in halves, is dead.
const SILENT_HALF_HEARTBEATS: u32 = 5;
/// Until the server says how often it beats.
const HEARTBEAT_DEFAULT: Duration = Duration::from_secs(15);
/// Conversations whose state is known when the watch begins.
const BASELINE_MAX: usize = 1_000;

/// Shows what happens until Ctrl-C.
pub(super) async fn watch(context: &Context<'_>, only: Option<&str>) -> Result<(), Failure> {
    let mut watch = Watch::new(context, only).await?;
    tokio::select! {
        outcome = watch.run() => outcome,
        interrupted = tokio::signal::ctrl_c() => interrupted.map_err(Failure::from),
    }
}

struct Watch<'a> {
    context: &'a Context<'a>,
    screen: Screen<'a>,
    seen: Seen,
    resume_token: Vec<u8>,
    heartbeat: Duration,
    backoff: Backoff,
    was_lost: bool,
}

/// Why a stream is over.
enum End {
    /// Open another one after this time.
    Again(Duration),
    /// The access token is not good any longer.
    TokenRefused,
}

impl<'a> Watch<'a> {
    async fn new(context: &'a Context<'a>, only: Option<&str>) -> Result<Self, Failure> {
        let session = &context.session;
        let only = match only {
            Some(reference) => {
                Some(conversations::find_or_begin(session, &context.directory, reference).await?)
            }
            None => None,
        };
        let mut seen = Seen::default();
        let mut screen = Screen::new(
            context,
            session.me()?.user_id,
            only.map(|only| only.conversation_id),
        );
        for row in conversations::list(session, BASELINE_MAX).await? {
            let Some(conversation) = row.conversation else {
                continue;
            };
            let newest = row.last_message.map_or(0, |message| message.sequence);
            seen.begin(&conversation.conversation_id, newest);
            screen.name(&conversation).await?;
        }
        Ok(Self {
            context,
            screen,
            seen,
            resume_token: Vec::new(),
            heartbeat: HEARTBEAT_DEFAULT,
            backoff: Backoff::new(session.random.clone()),
            was_lost: false,
        })
    }

    async fn run(&mut self) -> Result<(), Failure> {
        let mut refused = None;
        loop {
            let token = self.context.session.access_token(refused.as_deref()).await;
            let end = match token {
                Ok(token) => {
                    let end = self.follow(&token).await?;
                    refused = matches!(end, End::TokenRefused).then_some(token);
                    end
                }
                Err(Failure::Status(status, _)) => self.broken(*status)?,
                Err(failure) => return Err(failure),
            };
            if let End::Again(delay) = end {
                self.lost();
                tokio::time::sleep(delay).await;
            }
        }
    }

    /// One stream, from its opening to its end.
    async fn follow(&mut self, access_token: &str) -> Result<End, Failure> {
        let session = &self.context.session;
        let message = SubscribeRequest {
            resume_token: self.resume_token.clone(),
        };
        let request = crate::session::signed(tonic::Request::new(message), access_token)?;
        let mut client = session.gateway.notifications();
        let opened = timeout(OPEN_TIMEOUT, client.subscribe(request)).await;
        let mut stream = match opened {
            Err(_) => return Ok(End::Again(self.backoff.next())),
            Ok(Err(status)) => return self.broken(status),
            Ok(Ok(response)) => response.into_inner(),
        };
        loop {
            match self.next(&mut stream).await {
                Ok(Some(event)) => {
                    if let Some(end) = self.take(event).await? {
                        return Ok(end);
                    }
                }
                Ok(None) => return Ok(End::Again(self.backoff.next())),
                Err(status) => return self.broken(status),
            }
        }
    }

    async fn next(
        &self,
        stream: &mut Streaming<SubscribeResponse>,
    ) -> Result<Option<SubscribeResponse>, Status> {
        let silence_max = self.heartbeat * SILENT_HALF_HEARTBEATS / 2;
        timeout(silence_max, stream.message())
            .await
            .unwrap_or_else(|_| Err(Status::unavailable("silent")))
    }

    /// Shows one event; says so where it is the last of its stream.
    async fn take(&mut self, event: SubscribeResponse) -> Result<Option<End>, Failure> {
        let mut end = None;
        match event.event {
            Some(Event::Ready(ready)) => self.ready(&ready)?,
            Some(Event::Ending(ending)) => end = Some(self.ending(&ending)?),
            Some(Event::Reset(_)) => self.reload().await?,
            Some(Event::Message(message)) => {
                self.backoff.reset();
                if self.seen.is_new(&message) {
                    self.screen.message(&message).await?;
                }
            }
            Some(Event::Heartbeat(_)) => self.backoff.reset(),
            Some(event) => self.screen.change(event).await?,
            // A kind that this build does not know.
            None => {}
        }
        // After it was shown: what fails to be shown is asked for again.
        if !event.resume_token.is_empty() {
            self.resume_token = event.resume_token;
        }
        Ok(end)
    }

    fn ready(&mut self, ready: &Ready) -> Result<(), Failure> {
        let interval = ready
            .heartbeat_interval
            .and_then(|interval| Duration::try_from(interval).ok());
        self.heartbeat = interval
            .filter(|interval| !interval.is_zero())
            .unwrap_or(HEARTBEAT_DEFAULT);
        self.screen.ready(ready.resumed)?;
        let note = if std::mem::take(&mut self.was_lost) {
            "connected again"
        } else {
            "watching (Ctrl-C ends it)"
        };
        self.context.output.note(note);
        Ok(())
    }

    fn ending(&mut self, ending: &Ending) -> Result<End, Failure> {
        if ending.reason() == EndingReason::SignedOut {
            return Err(Failure::SignIn(
                "this sign-in has ended: log in again".to_owned(),
            ));
        }
        let delay = ending
            .reconnect_after
            .and_then(|delay| Duration::try_from(delay).ok());
        Ok(End::Again(delay.unwrap_or_else(|| self.backoff.next())))
    }

    /// Shows what was missed, from history, where the server could not replay it.
    async fn reload(&mut self) -> Result<(), Failure> {
        let rows = conversations::list(&self.context.session, BASELINE_MAX).await?;
        for row in rows.iter().rev() {
            let (Some(conversation), Some(newest)) = (&row.conversation, &row.last_message) else {
                continue;
            };
            let known = self.seen.newest(&conversation.conversation_id);
            if newest.sequence <= known {
                continue;
            }
            self.screen.name(conversation).await?;
            for message in
                history::load_after(self.context, &conversation.conversation_id, known).await?
            {
                if self.seen.is_new(&message) {
                    self.screen.message(&message).await?;
                }
            }
        }
        Ok(())
    }

    /// What a failed stream means: try again, or tell the user.
    fn broken(&mut self, status: Status) -> Result<End, Failure> {
        if is_token_refused(&status) {
            return Ok(End::TokenRefused);
        }
        match status.code() {
            Code::InvalidArgument if !self.resume_token.is_empty() => {
                // The token of another installation: begin anew, and take from history what is missing.
                self.resume_token.clear();
                Ok(End::Again(self.backoff.next()))
            }
            Code::InvalidArgument
            | Code::PermissionDenied
            | Code::Unimplemented
            | Code::Unauthenticated => Err(self.context.session.failed(status)),
            _ => Ok(End::Again(self.backoff.next())),
        }
    }

    fn lost(&mut self) {
        if !std::mem::replace(&mut self.was_lost, true) {
            self.context
                .output
                .note("connection lost; connecting again");
        }
    }
}
