//! Ports for processes that are told where to listen.
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::net::TcpListener;
use std::ops::Range;
use std::path::PathBuf;

/// Below those of ops/services, and below those that the system gives to whoever connects somewhere.
const PORTS: Range<u16> = 10_000..20_000;

/// A port that nobody listens on, and that no other test is given meanwhile: between being given and being listened on lies the
/// start of a process. So they are given in order, over all tests that run, and come again after all the others.
pub fn free_port() -> u16 {
    let state = std::env::var_os("COURTSIDE_TEST_STATE").map(PathBuf::from);
    let file = state.unwrap_or_else(std::env::temp_dir).join("courtside-next-port");
    let mut file = File::options()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&file)
        .unwrap_or_else(|error| panic!("{} cannot be written: {error}", file.display()));
    file.lock().expect("files can be locked");
    let mut text = String::new();
    file.read_to_string(&mut text).expect("what was written is text");
    // Whoever begins does not begin where another folder's tests did.
    let anywhere = || PORTS.start + u16::try_from(std::process::id() % 10_000).unwrap_or(0);
    let first = text.trim().parse().ok().filter(|it| PORTS.contains(it)).unwrap_or_else(anywhere);
    let mut ports = (first..PORTS.end).chain(PORTS.start..first);
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let port = ports.find(is_free).expect("loopback has free ports");
    file.set_len(0).and_then(|()| file.rewind()).expect("the file can be written");
    write!(file, "{}", port + 1).expect("the file can be written");
    port
}
