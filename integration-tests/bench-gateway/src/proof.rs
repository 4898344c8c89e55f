//! One call whose answer is looked at, before many are made whose answers are only counted.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use http::{Request, Version};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use tokio::time::timeout;

use crate::call::{Call, Format};

const PATIENCE: Duration = Duration::from_secs(10);

/// An error where the answer of `call` is not whole.
pub(crate) async fn require(port: u16, call: Call, is_http1: bool, token: &str) -> Result<()> {
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new())
        .http2_only(!is_http1)
        .build_http();
    let mut request = Request::post(format!("http://127.0.0.1:{port}{}", call.path()))
        .header("authorization", format!("Bearer {token}"));
    if !is_http1 {
        request = request.version(Version::HTTP_2);
    }
    for (name, value) in call.headers() {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::from(call.body()))?;
    let exchange = async {
        let response = client.request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?;
        let trailers = body.trailers().cloned().unwrap_or_default();
        anyhow::Ok((status, trailers, body.to_bytes()))
    };
    let (status, trailers, body) = timeout(PATIENCE, exchange)
        .await
        .context("no answer in time")??;
    let said = String::from_utf8_lossy(&body);
    ensure!(status.is_success(), "{call:?} is answered {status}: {said}");
    let proof = call.proof();
    let has_message = body.windows(proof.len()).any(|bytes| bytes == proof);
    ensure!(has_message, "{call:?} is answered otherwise: {said}");
    let is_ok = match call.format {
        Format::Grpc => trailers.get("grpc-status").is_some_and(|code| code == "0"),
        // Some write a space behind the colon.
        Format::GrpcWeb => said.replace(' ', "").contains("grpc-status:0"),
        Format::ConnectProto | Format::ConnectJson => true,
    };
    ensure!(is_ok, "{call:?} does not end with OK: {said}");
    Ok(())
}
