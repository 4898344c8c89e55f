use std::{io, time::Duration};

use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::{DOMAIN, REQUEST_ID, Report, error, internal, reason_of, unavailable};
use crate::{Context, context};

#[derive(Debug, thiserror::Error)]
#[error("cannot store")]
struct StoreError(#[source] io::Error);

#[test]
fn a_status_carries_its_reason_and_details() {
    let status: Status = Report::new(
        Code::NotFound,
        "CONVERSATION_NOT_FOUND",
        "no such conversation",
    )
    .resource("conversation", "7")
    .metadata("hint", "it may be private")
    .into();
    let info = status.get_details_error_info().unwrap();
    assert_eq!(
        (info.reason.as_str(), info.domain.as_str()),
        ("CONVERSATION_NOT_FOUND", DOMAIN)
    );
    assert_eq!(info.metadata["hint"], "it may be private");
    assert_eq!(
        status.get_details_resource_info().unwrap().resource_name,
        "7"
    );
    let status = unavailable("LOG_UNAVAILABLE", "the log is away", Duration::from_secs(1));
    assert_eq!(
        status.get_details_retry_info().unwrap().retry_delay,
        Some(Duration::from_secs(1))
    );
    assert_eq!(
        reason_of(&error(Code::Aborted, "A", "b")).as_deref(),
        Some("A")
    );
    assert_eq!(reason_of(&Status::aborted("without")), None);
}

#[tokio::test]
async fn internal_tells_a_request_id_and_nothing_else() {
    let context = Context::background();
    let cause = StoreError(io::Error::other("password hunter2"));
    assert_eq!(super::chain(&cause), "cannot store: password hunter2");
    let status = context::scope(context.clone(), async { internal(&cause) }).await;
    assert_eq!(status.code(), Code::Internal);
    assert_eq!(
        status.message(),
        format!("internal error; request id {}", context.request_id())
    );
    let info = status.get_details_error_info().unwrap();
    assert_eq!(info.metadata[REQUEST_ID], context.request_id());
    assert!(!String::from_utf8_lossy(status.details()).contains("hunter2"));
}
