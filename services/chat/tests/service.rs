//! chat on real PostgreSQL, Redis and Kafka. Each test makes its own database, key prefix and topic.
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

#[path = "service/support.rs"]
mod support;

#[path = "service/changes.rs"]
mod changes;
#[path = "service/claims.rs"]
mod claims;
#[path = "service/creating.rs"]
mod creating;
#[path = "service/indexes.rs"]
mod indexes;
#[path = "service/memberships.rs"]
mod memberships;
#[path = "service/outages.rs"]
mod outages;
#[path = "service/recent.rs"]
mod recent;
#[path = "service/refusals.rs"]
mod refusals;
#[path = "service/sending.rs"]
mod sending;
#[path = "service/typing.rs"]
mod typing;
