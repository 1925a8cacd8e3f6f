//! What is true of every answer, whoever gives it.
mod answers;
mod bodies;
mod limits;
mod logs;
mod metrics;
mod origins;
mod parameters;
mod probes;
mod rate_limits;
mod serving;
mod status;
mod traces;
mod world;
