//! What is true of every answer, whoever gives it.
mod answers;
mod bodies;
mod limits;
mod logs;
mod metrics;
mod parameters;
mod probes;
mod serving;
mod world;
