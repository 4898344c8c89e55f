//! The gateway against an upstream in this process, with clients that speak HTTP by hand where it matters.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod access;
mod access_log;
mod compression;
mod connect;
mod cookies;
mod cors;
mod deadline;
mod descriptors;
mod drain;
mod framing;
mod grpc;
mod grpc_go;
mod headers;
mod limits;
mod openapi;
mod other_teams;
mod pages;
mod proxy_protocol;
mod rates;
mod rest;
mod rest_streams;
mod rolling;
mod sign_in;
mod streams;
mod support;
mod tls;
mod web_app;
