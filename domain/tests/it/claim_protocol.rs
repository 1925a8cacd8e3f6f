//! One account per identifier, tried exhaustively with the deciders themselves.
mod changes;
mod registrations;
mod streams;
