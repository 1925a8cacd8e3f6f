//! `courtside events` and `courtside audit` as operators run them: the binary, on real logs.
mod copied;
mod parked;
mod replayed;
mod restored;
mod shown;
mod system;
mod verified;
mod world;
