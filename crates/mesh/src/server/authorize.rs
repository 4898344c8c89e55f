//! The seat of authorization: what decides whether a call may go on, before anything of it is read.

use futures::future::BoxFuture;
use http::{Extensions, HeaderMap};
use tonic::Status;

/// Decides about each call but those to health and reflection, which show nothing of anybody.
pub trait Authorize: Send + Sync + 'static {
    /// Ok lets the call go on; whatever the handler needs to know about the caller goes into `call.extensions`. An error is
    /// the answer to the call. Dropped when the caller gives up or its deadline passes.
    fn authorize<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Result<(), Status>>;
}

/// What is known about a call before it is read. The identity of the peer (mTLS) will stand here too.
#[derive(Debug)]
#[non_exhaustive]
pub struct Call<'a> {
    /// `/package.Service/Method`.
    pub path: &'a str,
    /// The metadata that the caller sent.
    pub headers: &'a HeaderMap,
    /// What the handler finds in `tonic::Request::extensions`.
    pub extensions: &'a mut Extensions,
}

impl<'a> Call<'a> {
    /// For tests of an [`Authorize`].
    pub fn new(path: &'a str, headers: &'a HeaderMap, extensions: &'a mut Extensions) -> Self {
        Self {
            path,
            headers,
            extensions,
        }
    }
}
