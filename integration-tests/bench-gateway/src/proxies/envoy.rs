//! Envoy with what the gateway does for these calls: grpc-web, access tokens checked (and remembered, as ours are), statistics
//! by method. Without an access log and without tracing, which is to its advantage.

use std::{fs, path::PathBuf};

use anyhow::Result;
use serde_json::{Value, json};

use super::Place;

/// As many tokens as the gateway remembers by default.
const TOKENS_REMEMBERED: u32 = 20_000;
/// The gateway's `public.connections_max` by default.
const CONNECTIONS_MAX: u32 = 20_000;

/// Its file; JSON is YAML.
pub(crate) fn configuration(place: &Place<'_>) -> Result<PathBuf> {
    let configuration = json!({
        "admin": { "address": address(place.admin_port) },
        "static_resources": {
            "listeners": [listener(place)],
            "clusters": [cluster(place.upstream_port)],
        },
    });
    let path = place.folder.join("envoy.json");
    fs::write(&path, serde_json::to_vec_pretty(&configuration)?)?;
    Ok(path)
}

fn listener(place: &Place<'_>) -> Value {
    let manager = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "codec_type": "AUTO",
        "stat_prefix": "bench",
        // A stream may be silent for as long as it likes, as at the gateway.
        "stream_idle_timeout": "0s",
        "route_config": { "virtual_hosts": [{
            "name": "all",
            "domains": ["*"],
            "routes": [{ "match": { "prefix": "/" }, "route": { "cluster": "upstream", "timeout": "0s" } }],
        }] },
        "http_filters": [
            filter("grpc_web", "grpc_web.v3.GrpcWeb", json!({})),
            filter("jwt_authn", "jwt_authn.v3.JwtAuthentication", tokens(place.issuer)),
            filter("grpc_stats", "grpc_stats.v3.FilterConfig", json!({ "stats_for_all_methods": true })),
            filter("router", "router.v3.Router", json!({})),
        ],
    });
    json!({
        "name": "public",
        "address": address(place.port),
        "filter_chains": [{ "filters": [{
            "name": "envoy.filters.network.http_connection_manager",
            "typed_config": manager,
        }] }],
    })
}

fn filter(name: &str, message: &str, mut settings: Value) -> Value {
    settings["@type"] = json!(format!(
        "type.googleapis.com/envoy.extensions.filters.http.{message}"
    ));
    json!({ "name": format!("envoy.filters.http.{name}"), "typed_config": settings })
}

fn tokens(issuer: &auth::testing::Issuer) -> Value {
    let expected = auth::Config::default();
    json!({
        "providers": { "quicksync": {
            "issuer": expected.issuer,
            "audiences": [expected.audience],
            "clock_skew_seconds": expected.leeway_s,
            "local_jwks": { "inline_string": issuer.jwks_json() },
            "forward": true,
            "jwt_cache_config": { "jwt_cache_size": TOKENS_REMEMBERED },
        } },
        "rules": [{ "match": { "prefix": "/" }, "requires": { "provider_name": "quicksync" } }],
    })
}

fn cluster(port: u16) -> Value {
    let limits = json!([{
        "max_connections": CONNECTIONS_MAX,
        "max_requests": CONNECTIONS_MAX,
        "max_pending_requests": CONNECTIONS_MAX,
    }]);
    json!({
        "name": "upstream",
        "type": "STATIC",
        "circuit_breakers": { "thresholds": limits },
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                "explicit_http_config": { "http2_protocol_options": {} },
            },
        },
        "load_assignment": {
            "cluster_name": "upstream",
            "endpoints": [{ "lb_endpoints": [{ "endpoint": { "address": address(port) } }] }],
        },
    })
}

fn address(port: u16) -> Value {
    json!({ "socket_address": { "address": "127.0.0.1", "port_value": port } })
}
