//! What a request of `ListMessages` asks for, and its page tokens.

use mesh::Violations;
use quicksync::messaging::v1::{ListMessagesRequest, list_messages_request};
use store::page::{Invalid, Query, Token};
use uuid::Uuid;

use super::SEQUENCE_MAX;
use crate::{Error, domain::page::Position};

const PAGE_SIZE_DEFAULT: u32 = 50;
const PAGE_SIZE_MAX: u32 = 200;

const OLDER: i64 = 0;
const NEWER: i64 = 1;

/// A checked request.
#[derive(Clone, Copy, Debug)]
pub(super) struct HistoryQuery {
    /// Whose history.
    pub(super) conversation_id: Uuid,
    /// Most messages of the page.
    pub(super) size: u32,
    /// Where the page lies.
    pub(super) position: Position,
}

impl HistoryQuery {
    /// Checks a request.
    pub(super) fn of(request: &ListMessagesRequest) -> Result<Self, Error> {
        let mut violations = Violations::new();
        let conversation_id = violations.uuid("conversation_id", &request.conversation_id);
        let size = violations.page_size(
            "page_size",
            request.page_size,
            PAGE_SIZE_DEFAULT,
            PAGE_SIZE_MAX,
        );
        let position = match &request.position {
            None => Position::Newest,
            Some(list_messages_request::Position::BeforeSequence(sequence)) => {
                violations.check(
                    (1..=SEQUENCE_MAX).contains(sequence),
                    "before_sequence",
                    "must be 1 to 2^53 - 1",
                );
                Position::Before(*sequence)
            }
            Some(list_messages_request::Position::AfterSequence(sequence)) => {
                violations.check(
                    (0..=SEQUENCE_MAX).contains(sequence),
                    "after_sequence",
                    "must be 0 to 2^53 - 1",
                );
                Position::After(*sequence)
            }
            Some(list_messages_request::Position::PageToken(token)) => read(token, conversation_id)
                .unwrap_or_else(|Invalid| {
                    violations.add(
                        "page_token",
                        "must be a token of an answer about this conversation",
                    );
                    Position::Newest
                }),
        };
        violations.finish()?;
        Ok(Self {
            conversation_id,
            size: u32::try_from(size).unwrap_or(PAGE_SIZE_DEFAULT),
            position,
        })
    }

    /// The field of the request that said where the page lies.
    pub(super) fn position_field(request: &ListMessagesRequest) -> &'static str {
        match &request.position {
            Some(list_messages_request::Position::PageToken(_)) => "page_token",
            Some(list_messages_request::Position::BeforeSequence(_)) => "before_sequence",
            Some(list_messages_request::Position::AfterSequence(_)) | None => "after_sequence",
        }
    }

    /// The token of the page before `sequence`.
    pub(super) fn older_token(&self, sequence: i64) -> String {
        Token::new(query(self.conversation_id))
            .int(OLDER)
            .int(sequence)
            .encode()
    }

    /// The token of the page after `sequence`.
    pub(super) fn newer_token(&self, sequence: i64) -> String {
        Token::new(query(self.conversation_id))
            .int(NEWER)
            .int(sequence)
            .encode()
    }
}

fn query(conversation_id: Uuid) -> Query {
    Query::new("messaging.ListMessages", &[conversation_id.as_bytes()])
}

fn read(token: &str, conversation_id: Uuid) -> Result<Position, Invalid> {
    let mut fields = Token::decode(token, query(conversation_id))?;
    let (direction, sequence) = (fields.int()?, fields.int()?);
    fields.finish()?;
    match direction {
        OLDER if (1..=SEQUENCE_MAX).contains(&sequence) => Ok(Position::Before(sequence)),
        NEWER if (0..=SEQUENCE_MAX).contains(&sequence) => Ok(Position::After(sequence)),
        _ => Err(Invalid),
    }
}
