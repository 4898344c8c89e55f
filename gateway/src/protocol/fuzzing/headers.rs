//! Headers and trailers, as clients and services write them.

use std::{sync::LazyLock, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue};
use prost_reflect::DescriptorPool;

use crate::{
    protocol::{
        Protocol, connect, json, rest,
        status::{Types, add_trailers, take_status},
    },
    proxy::trailers_of,
};

static DETAILS: LazyLock<DescriptorPool> =
    LazyLock::new(|| crate::descriptors::of_details().expect("they are of this build"));
/// Above that, a deadline is written in whole seconds.
const EXACT_MAX: Duration = Duration::from_millis(99_999_999);
/// The longest deadline that can be written.
const LONGEST: Duration = Duration::from_secs(99_999_999);

/// Gives the headers that are in `input`, a line for each.
pub(crate) fn headers(input: &[u8]) -> HeaderMap {
    let lines = input.split(|byte| *byte == b'\n');
    let headers: HeaderMap = lines.filter_map(header).collect();
    let _ = Protocol::of(&headers);
    json::is_asked(&headers);
    json::take_encoding(&mut headers.clone());
    rest::fuzzing::headers(&headers);
    connect::fuzzing::headers(&headers);
    connect::fuzzing::query(input);
    deadlines_are_kept(&headers);
    a_status_comes_back(&headers);
    headers
}

fn header(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let at = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = (line[..at].trim_ascii(), line[at + 1..].trim_ascii());
    let name = HeaderName::from_bytes(name).ok()?;
    Some((name, HeaderValue::from_bytes(value).ok()?))
}

fn deadlines_are_kept(headers: &HeaderMap) {
    if let Ok(Some(timeout)) = mesh::deadline::read(headers) {
        deadline_comes_back(timeout);
    }
    let mut adopted = headers.clone();
    connect::adopt_timeout(&mut adopted);
    let timeout_ms = headers
        .get("connect-timeout-ms")
        .and_then(|value| value.to_str().ok()?.parse().ok());
    if let (Ok(Some(timeout)), Some(asked_ms)) = (mesh::deadline::read(&adopted), timeout_ms) {
        let asked = Duration::from_millis(asked_ms);
        assert!(timeout == asked || asked > EXACT_MAX, "{asked_ms}");
        deadline_comes_back(asked);
    }
}

/// Nobody waits longer than the client, and not much shorter.
fn deadline_comes_back(timeout: Duration) {
    let mut headers = HeaderMap::new();
    mesh::deadline::write(&mut headers, timeout);
    let again = mesh::deadline::read(&headers).expect("what is written can be read");
    let again = again.expect("a deadline was written");
    let lost = timeout.checked_sub(again).expect("no deadline grows");
    assert!(lost < Duration::from_secs(1) || timeout > LONGEST);
}

fn a_status_comes_back(trailers: &HeaderMap) {
    let types = Types {
        of_method: None,
        common: DETAILS.clone(),
    };
    let mut metadata = trailers.clone();
    let status = take_status(&mut metadata);
    let again = take_status(&mut trailers_of(&status));
    assert_eq!(again.code(), status.code());
    assert_eq!(again.message(), status.message());
    assert_eq!(again.details(), status.details());
    connect::fuzzing::status(trailers, &types);
    rest::fuzzing::status(&status, &types);
    let mut headers = HeaderMap::new();
    add_trailers(&mut headers, &metadata);
    assert_eq!(headers.len(), metadata.len());
}
