//! How events look, with names for ids.

use std::collections::HashMap;

use quicksync::{
    chat::v1::{Conversation, ConversationKind, GetConversationRequest, Message},
    notification::v1::{
        ConversationCreated, MemberRemoved, MembersAdded, subscribe_response::Event,
    },
};
use serde_json::{Value, json};

use crate::{
    commands::{Context, history},
    connection::Gateway,
    conversations,
    failure::Failure,
    output::{plain, when},
};

/// Shows events, of one conversation or of all.
pub(super) struct Screen<'a> {
    context: &'a Context<'a>,
    my_user_id: String,
    only: Option<String>,
    labels: HashMap<String, String>,
}

impl<'a> Screen<'a> {
    pub(super) fn new(context: &'a Context<'a>, my_user_id: String, only: Option<String>) -> Self {
        Self {
            context,
            my_user_id,
            only,
            labels: HashMap::new(),
        }
    }

    /// Learns what a conversation is called.
    pub(super) async fn name(&mut self, conversation: &Conversation) -> Result<(), Failure> {
        self.context
            .directory
            .learn(
                &self.context.session,
                conversations::member_ids(conversation),
            )
            .await?;
        let label = conversations::label(conversation, &self.context.directory, &self.my_user_id);
        self.labels
            .insert(conversation.conversation_id.clone(), label);
        Ok(())
    }

    pub(super) fn ready(&self, resumed: bool) -> Result<(), Failure> {
        self.context
            .output
            .print_json(|| json!({ "type": "ready", "resumed": resumed }))
    }

    pub(super) async fn message(&mut self, message: &Message) -> Result<(), Failure> {
        if !self.is_wanted(&message.conversation_id) {
            return Ok(());
        }
        self.context
            .directory
            .learn(&self.context.session, [message.sender_user_id.clone()])
            .await?;
        let place = self.place(&message.conversation_id).await?;
        self.context.output.print(
            || {
                let time = when(message.sent_at, self.context.session.clock.now());
                let sender = self.context.directory.name(&message.sender_user_id);
                format!("{time}  {place}{sender}: {}", plain(&message.text))
            },
            || typed("message", history::json(self.context, message)),
        )
    }

    /// Everything but messages and the workings of the stream.
    pub(super) async fn change(&mut self, event: Event) -> Result<(), Failure> {
        match event {
            Event::ConversationCreated(created) => self.created(&created).await,
            Event::MembersAdded(added) => self.added(&added).await,
            Event::MemberRemoved(removed) => self.removed(&removed).await,
            Event::ReadMarkerMoved(moved) => {
                if !self.is_wanted(&moved.conversation_id) {
                    return Ok(());
                }
                self.context.output.print_json(|| {
                    json!({
                        "type": "read_marker_moved",
                        "conversation_id": moved.conversation_id,
                        "last_read_sequence": moved.last_read_sequence,
                    })
                })
            }
            // A line stays, and typing does not.
            Event::Typing(_)
            | Event::Message(_)
            | Event::Ready(_)
            | Event::Heartbeat(_)
            | Event::Reset(_)
            | Event::Ending(_) => Ok(()),
        }
    }

    async fn created(&mut self, created: &ConversationCreated) -> Result<(), Failure> {
        let Some(conversation) = &created.conversation else {
            return Ok(());
        };
        self.name(conversation).await?;
        let kind = if conversation.kind() == ConversationKind::Group {
            "group"
        } else {
            "direct"
        };
        let text = match conversation.kind() {
            ConversationKind::Group => format!("a new group of {}", conversation.member_count),
            ConversationKind::Direct | ConversationKind::Unspecified => {
                "a new conversation".to_owned()
            }
        };
        let value = json!({
            "kind": kind, "title": conversation.title, "sequence": created.sequence,
            "member_count": conversation.member_count,
        });
        self.show(
            "conversation_created",
            &conversation.conversation_id,
            &text,
            value,
        )
        .await
    }

    async fn added(&mut self, added: &MembersAdded) -> Result<(), Failure> {
        let ids: Vec<_> = added
            .members
            .iter()
            .map(|member| member.user_id.clone())
            .collect();
        let everybody = ids.iter().chain([&added.added_by_user_id]).cloned();
        self.context
            .directory
            .learn(&self.context.session, everybody)
            .await?;
        let directory = &self.context.directory;
        let names: Vec<_> = ids.iter().map(|id| self.who(id)).collect();
        let text = format!(
            "{} added {}",
            self.who(&added.added_by_user_id),
            names.join(", ")
        );
        let usernames: Vec<_> = ids.iter().map(|id| directory.username(id)).collect();
        let value = json!({
            "user_ids": ids, "usernames": usernames, "added_by_user_id": added.added_by_user_id,
            "revision": added.revision, "sequence": added.sequence,
        });
        self.show("members_added", &added.conversation_id, &text, value)
            .await
    }

    async fn removed(&mut self, removed: &MemberRemoved) -> Result<(), Failure> {
        let everybody = [
            &removed.user_id,
            &removed.removed_by_user_id,
            &removed.new_owner_user_id,
        ];
        self.context
            .directory
            .learn(&self.context.session, everybody.map(Clone::clone))
            .await?;
        let mut text = if removed.user_id == removed.removed_by_user_id {
            format!("{} left", self.who(&removed.user_id))
        } else {
            format!(
                "{} removed {}",
                self.who(&removed.removed_by_user_id),
                self.who(&removed.user_id)
            )
        };
        if !removed.new_owner_user_id.is_empty() {
            text = format!(
                "{text}; the owner is now {}",
                self.who(&removed.new_owner_user_id)
            );
        }
        let value = json!({
            "user_id": removed.user_id, "username": self.context.directory.username(&removed.user_id),
            "removed_by_user_id": removed.removed_by_user_id, "new_owner_user_id": removed.new_owner_user_id,
            "revision": removed.revision, "sequence": removed.sequence,
        });
        self.show("member_removed", &removed.conversation_id, &text, value)
            .await
    }

    async fn show(
        &mut self,
        kind: &str,
        conversation_id: &str,
        text: &str,
        mut value: Value,
    ) -> Result<(), Failure> {
        if !self.is_wanted(conversation_id) {
            return Ok(());
        }
        let place = self.place(conversation_id).await?;
        value["conversation_id"] = conversation_id.into();
        self.context
            .output
            .print(|| format!("       {place}* {text}"), || typed(kind, value))
    }

    fn who(&self, user_id: &str) -> String {
        if user_id == self.my_user_id {
            "you".to_owned()
        } else {
            self.context.directory.name(user_id)
        }
    }

    fn is_wanted(&self, conversation_id: &str) -> bool {
        self.only
            .as_deref()
            .is_none_or(|only| only == conversation_id)
    }

    /// `[Lunch] `, or nothing where there is only one conversation to watch.
    async fn place(&mut self, conversation_id: &str) -> Result<String, Failure> {
        if self.only.is_some() {
            return Ok(String::new());
        }
        if !self.labels.contains_key(conversation_id) {
            let message = GetConversationRequest {
                conversation_id: conversation_id.to_owned(),
            };
            let send =
                async |gateway: &Gateway, request| gateway.chat().get_conversation(request).await;
            match self.context.session.call(message, send).await {
                Ok(answer) => self.name(&answer.conversation.unwrap_or_default()).await?,
                // Left meanwhile, or the service is away: the message itself is worth more than its place.
                Err(Failure::Status(..)) => return Ok(String::new()),
                Err(failure) => return Err(failure),
            }
        }
        Ok(self
            .labels
            .get(conversation_id)
            .map_or_else(String::new, |label| format!("[{label}] ")))
    }
}

fn typed(kind: &str, mut value: Value) -> Value {
    value["type"] = kind.into();
    value
}
