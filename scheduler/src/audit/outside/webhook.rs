//! A POST of the signed note to a server of somebody else's.
use std::time::Duration;

use async_trait::async_trait;
use http::{Method, Request, Uri, header};

use super::{CopyError, Outside, SignedCheckpoint};
use crate::https::{self, Https};

pub struct Webhook {
    url: Uri,
    client: Https,
    patience: Duration,
}

/// From the first byte to the answer's head. A receiver that is slower has to take the next one.
const PATIENCE: Duration = Duration::from_secs(10);

impl Webhook {
    /// An error where the machine has no certificates to trust.
    pub fn new(url: Uri) -> std::io::Result<Self> {
        Ok(Self { url, client: https::client()?, patience: PATIENCE })
    }

    /// For tests, which have less.
    #[must_use]
    pub fn patient_for(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }
}

#[async_trait]
impl Outside for Webhook {
    fn name(&self) -> &'static str {
        "webhook"
    }

    /// Any answer of 2xx is a promise to keep it. What it says is not read.
    async fn keep(&mut self, checkpoint: &SignedCheckpoint) -> Result<(), CopyError> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(self.url.clone())
            .header(header::CONTENT_TYPE, "text/plain; charset=utf-8")
            .header(header::USER_AGENT, "courtside-audit")
            .body(checkpoint.note.clone())
            .map_err(|it| CopyError::Unreachable(it.into()))?;
        let answer = tokio::time::timeout(self.patience, self.client.request(request)).await;
        let answer = answer
            .map_err(|it| CopyError::Unreachable(it.into()))?
            .map_err(|it| CopyError::Unreachable(it.into()))?;
        let status = answer.status();
        if status.is_success() { Ok(()) } else { Err(CopyError::Refused(status.as_u16())) }
    }
}
