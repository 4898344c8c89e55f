//! Deadlines: `grpc-timeout` read and written, and what happens when one passes.
//!
//! tonic's own timeouts are not used anywhere: they end in CANCELLED and let go of a stream once its headers are out
//! (tonic 0.14.9, read in source and run). Here a passed deadline is `DEADLINE_EXCEEDED` on both sides, for streams too.

use std::{future::Future, time::Duration};

use futures::{FutureExt, future::Either};
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::{Instant, error::Elapsed, timeout_at};
use tonic::Status;

use crate::status;

/// The header that carries the time that is left.
pub const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// The specification allows 8 digits.
const DIGITS_MAX: usize = 8;
const VALUE_MAX: u128 = 99_999_999;
/// What is left of the time is rounded on its way, and timers are no finer.
const CLOCK_STEP: Duration = Duration::from_millis(1);

/// The time that the caller gives. None where it gives none; a value that cannot be read is `INVALID_ARGUMENT`.
pub fn read(headers: &HeaderMap) -> Result<Option<Duration>, Status> {
    let Some(value) = headers.get(GRPC_TIMEOUT) else {
        return Ok(None);
    };
    match parse(value.as_bytes()) {
        Some(timeout) => Ok(Some(timeout)),
        None => Err(status::error(
            tonic::Code::InvalidArgument,
            status::reason::INVALID_TIMEOUT,
            "grpc-timeout must be 1 to 8 digits and one of H, M, S, m, u, n",
        )),
    }
}

/// Writes the time that is left, in the finest unit that holds it.
pub fn write(headers: &mut HeaderMap, timeout: Duration) {
    headers.insert(GRPC_TIMEOUT, format(timeout));
}

/// Gives a call `timeout` to finish, streams included. The channel sends what is left of it, or less where the call that is
/// being handled has less.
pub fn set<T>(request: &mut tonic::Request<T>, timeout: Duration) {
    request.set_timeout(timeout);
}

/// What a passed deadline looks like. It does not say that nothing was done.
pub fn exceeded() -> Status {
    status::error(
        tonic::Code::DeadlineExceeded,
        status::reason::DEADLINE_EXCEEDED,
        "the deadline passed before the call was done",
    )
}

/// True where a server that keeps `deadline` too may have ended the call at it.
pub fn has_passed(deadline: Option<Instant>) -> bool {
    deadline.is_some_and(|deadline| deadline <= Instant::now() + CLOCK_STEP)
}

/// Lets `work` run until the deadline. A timer is only set where there is one. Not an `async fn`, which would keep room for
/// `work` twice.
pub(crate) fn hold<F: Future>(
    deadline: Option<Instant>,
    work: F,
) -> impl Future<Output = Result<F::Output, Elapsed>> {
    match deadline {
        Some(deadline) => Either::Left(timeout_at(deadline, work)),
        None => Either::Right(work.map(Ok)),
    }
}

fn parse(text: &[u8]) -> Option<Duration> {
    let (unit, digits) = text.split_last()?;
    let is_number =
        (1..=DIGITS_MAX).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    if !is_number {
        return None;
    }
    let value = digits
        .iter()
        .fold(0, |value: u64, digit| value * 10 + u64::from(digit - b'0'));
    Some(match unit {
        b'H' => Duration::from_hours(value),
        b'M' => Duration::from_mins(value),
        b'S' => Duration::from_secs(value),
        b'm' => Duration::from_millis(value),
        b'u' => Duration::from_micros(value),
        b'n' => Duration::from_nanos(value),
        _ => return None,
    })
}

fn format(timeout: Duration) -> HeaderValue {
    let units = [
        (timeout.as_micros(), 'u'),
        (timeout.as_millis(), 'm'),
        (u128::from(timeout.as_secs()), 'S'),
    ];
    let (value, unit) = units
        .into_iter()
        .find(|(value, _)| *value <= VALUE_MAX)
        .unwrap_or((VALUE_MAX, 'S'));
    HeaderValue::try_from(format!("{value}{unit}")).expect("digits and a letter are a header value")
}

#[cfg(test)]
mod tests;
