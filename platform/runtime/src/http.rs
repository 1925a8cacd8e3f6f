//! The HTTP edge: what is true of every answer, whoever gives it.
mod edge;
mod extract;

pub use edge::{Edge, RequestId, serve};
pub use extract::{Body, Parameters, Parsed};
