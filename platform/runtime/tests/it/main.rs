//! One binary for all of them: what takes time is linking.
mod clock;
mod follow;
mod http;
mod migrations;
mod platform;
mod rabbitmq;
mod settings;
