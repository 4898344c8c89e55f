//! Bad input to every method: refused with the right code and the right field, and nothing is written.
//!
//! What is tried comes from the descriptors: each field of each request is given each of its bad values, while the rest of the
//! request is good. A method or a field that is new fails the test until it is told here what is bad for it.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod fields;
mod texts;
mod tokens;
mod values;
mod wire;
mod world;
