//! Rules without I/O: what a record means, what a batch changes, how a page is put together.

pub mod batch;
pub mod page;
pub mod projection;
pub mod record;
