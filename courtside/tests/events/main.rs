//! `courtside events` as operators run it: the binary, on real logs.
mod shown;
mod verified;
mod world;
