//! The HTTP edge: what is true of every answer, whoever gives it.
//!
//! From the outside in: [`serve()`] takes connections; `answer` names the request, writes problems and headers, counts
//! and logs; `limits` bounds what a request may take; the routes follow.
mod address;
mod answer;
mod body;
mod cors;
mod edge;
mod extract;
mod headers;
mod https;
mod json;
mod limits;
mod pages;
mod parameters;
mod probes;
mod render;
mod scrape;
mod serve;
mod status;
mod tls;

pub use address::{Origin, Proxies};
pub use edge::{Edge, RequestId};
pub use extract::Body;
pub use parameters::{Parameters, Parsed, ParsedPair, form};
pub use scrape::metrics_router;
pub use serve::{serve, serve_tls};
pub use status::status_router;
pub use tls::{Term, Tls, TlsError};
