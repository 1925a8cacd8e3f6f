//! What the double says of itself: a version, or that it does not know the question.
use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::BoxFuture;
use tonic::body::BoxBody;
use tonic::codec::ProstCodec;
use tonic::codegen::{Service, http};
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::{Request, Response, Status};

use super::Switches;
use super::messages::{Empty, Supported};

#[derive(Clone)]
pub struct Features(pub Arc<Switches>);

impl NamedService for Features {
    const NAME: &'static str = "event_store.client.server_features.ServerFeatures";
}

impl Service<http::Request<BoxBody>> for Features {
    type Response = http::Response<BoxBody>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<BoxBody>) -> Self::Future {
        let features = self.clone();
        async move { Ok(Grpc::new(ProstCodec::default()).unary(features, request).await) }.boxed()
    }
}

impl UnaryService<Empty> for Features {
    type Response = Supported;
    type Future = BoxFuture<'static, Result<Response<Supported>, Status>>;

    fn call(&mut self, _: Request<Empty>) -> Self::Future {
        let version = self.0.version.lock().unwrap().clone();
        let supported = version.map(|version| Response::new(Supported { version }));
        async move { supported.ok_or(Status::unimplemented("an old server")) }.boxed()
    }
}
