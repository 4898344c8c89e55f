//! The gateway as production has it: tokens checked, ended sessions known from Redis, calls counted against their limits,
//! metrics, traces and logs on. The echo
//! service is one of another team, known from a file of descriptors.

use std::{fs, path::PathBuf};

use anyhow::Result;
use serde_json::json;

use super::Place;
use crate::protos::FILE_DESCRIPTOR_SET;

/// Its file.
pub(crate) fn configuration(place: &Place<'_>) -> Result<PathBuf> {
    let descriptors = place.folder.join("echo.binpb");
    fs::write(&descriptors, FILE_DESCRIPTOR_SET)?;
    // One person at one address makes all calls; what counting them costs is to be seen all the same.
    let no_end = json!({ "calls_max": 1_000_000_000, "period_s": 3_600 });
    let quotas = json!({ "read": no_end, "write": no_end, "expensive": no_end, "stream": no_end });
    let configuration = json!({
        "process": {
            "admin": { "listen": format!("127.0.0.1:{}", place.admin_port) },
            "worker_threads": 1,
        },
        "public": {
            "listen": format!("127.0.0.1:{}", place.port),
            "origin": format!("http://localhost:{}", place.port),
        },
        "auth": {
            "static_jwks_json": place.issuer.jwks_json(),
            "revocations": { "redis": { "url": place.redis_url } },
        },
        "limits": {
            "redis": { "url": place.redis_url },
            "per_user": quotas,
            "per_address": quotas,
        },
        "upstreams": { "bench": {
            "services": ["quicksync.bench.v1.EchoService"],
            "descriptors": descriptors,
            "unmarked_access": "user",
            "client": { "endpoints": [format!("http://127.0.0.1:{}", place.upstream_port)] },
        } },
    });
    let path = place.folder.join("gateway.toml");
    fs::write(&path, toml::to_string(&configuration)?)?;
    Ok(path)
}
