//! A service of the double's that is asked one thing, always the same.
use std::convert::Infallible;
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::BoxFuture;
use tonic::body::BoxBody;
use tonic::codec::ProstCodec;
use tonic::codegen::{Service, http};
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::{Request, Response, Status};

use super::messages::Empty;

pub trait Question: Clone + Send + Sync + 'static {
    const SERVICE: &'static str;
    type Answer: prost::Message + Default + 'static;

    /// `None`: the server is too old for the question.
    fn answer(&self) -> Option<Self::Answer>;
}

#[derive(Clone)]
pub struct Asked<Q>(pub Q);

impl<Q: Question> NamedService for Asked<Q> {
    const NAME: &'static str = Q::SERVICE;
}

impl<Q: Question> Service<http::Request<BoxBody>> for Asked<Q> {
    type Response = http::Response<BoxBody>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<BoxBody>) -> Self::Future {
        let asked = self.clone();
        async move { Ok(Grpc::new(ProstCodec::default()).unary(asked, request).await) }.boxed()
    }
}

impl<Q: Question> UnaryService<Empty> for Asked<Q> {
    type Response = Q::Answer;
    type Future = BoxFuture<'static, Result<Response<Q::Answer>, Status>>;

    fn call(&mut self, _: Request<Empty>) -> Self::Future {
        let answer = self.0.answer().map(Response::new);
        async move { answer.ok_or_else(|| Status::unimplemented("an old server")) }.boxed()
    }
}
