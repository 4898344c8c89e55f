//! `MarkRead`: a person has read up to a message.

use auth::Caller;
use events::envelope;
use mesh::Violations;
use quicksync::messaging::v1::{MarkReadRequest, MarkReadResponse};
use tonic::Request;

use super::{Messaging, SEQUENCE_MAX};
use crate::{Error, db, events::read_marker_moved};

/// First the log, then the row: where the second fails, the log brings the row anyway, and a repeated call is harmless.
pub(super) async fn mark_read(
    service: &Messaging,
    request: &Request<MarkReadRequest>,
) -> Result<MarkReadResponse, Error> {
    let caller = Caller::of(request)?;
    let message = request.get_ref();
    let mut violations = Violations::new();
    let conversation_id = violations.uuid("conversation_id", &message.conversation_id);
    violations.check(
        (1..=SEQUENCE_MAX).contains(&message.sequence),
        "sequence",
        "must be 1 to 2^53 - 1",
    );
    violations.finish()?;

    let access = service.access(conversation_id, caller.user_id).await?;
    service
        .check_reached(
            "sequence",
            message.sequence,
            conversation_id,
            access.stored_before,
        )
        .await?;
    if message.sequence <= access.last_read {
        return Ok(MarkReadResponse {
            last_read_sequence: access.last_read,
        });
    }
    let event = read_marker_moved(
        conversation_id,
        caller.user_id,
        message.sequence,
        service.clock.now(),
    );
    let (key, payload) = envelope::encode(conversation_id, &event);
    service
        .producer
        .produce(
            &key,
            &payload,
            mesh::context::patience(service.read_markers.produce_timeout()),
        )
        .await?;
    let mut conn = service.pool.get().await?;
    let last_read_sequence =
        db::read_markers::advance(&mut conn, caller.user_id, conversation_id, message.sequence)
            .await?;
    Ok(MarkReadResponse { last_read_sequence })
}
