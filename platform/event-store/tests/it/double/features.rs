//! What the double says of itself: a version, or that it does not know the question.
use std::sync::Arc;

use super::Switches;
use super::messages::Supported;
use super::question::Question;

#[derive(Clone)]
pub struct Features(pub Arc<Switches>);

impl Question for Features {
    const SERVICE: &'static str = "event_store.client.server_features.ServerFeatures";
    type Answer = Supported;

    fn answer(&self) -> Option<Supported> {
        let version = self.0.version.lock().unwrap().clone();
        version.map(|version| Supported { version })
    }
}
