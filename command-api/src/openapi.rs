//! What the routes alone do not say of themselves: whose document it is, how to be known, what a problem looks like.
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder,
};

use crate::routes::documented;

/// RFC 9457, as every refusal and failure is answered.
#[derive(utoipa::ToSchema)]
#[schema(as = Problem)]
#[expect(dead_code, reason = "the shape of what the HTTP edge writes, for the document only")]
pub struct ProblemBody {
    /// Its kind, a page to read: branch on this and on nothing else.
    #[schema(rename = "type", format = "uri")]
    r#type: String,
    title: String,
    status: u16,
    detail: String,
    /// `urn:uuid:<request id>`, also in our log.
    instance: String,
    /// Where the request is wrong.
    errors: Vec<FieldErrorBody>,
}

/// One of `pointer`, `parameter` and `header`.
#[derive(utoipa::ToSchema)]
#[schema(as = FieldError)]
#[expect(dead_code, reason = "the shape of what the HTTP edge writes, for the document only")]
pub struct FieldErrorBody {
    #[schema(example = "#/starts_at")]
    pointer: Option<String>,
    parameter: Option<String>,
    header: Option<String>,
    /// A machine-readable reason.
    #[schema(example = "off-grid")]
    code: String,
    detail: String,
}

const PROBLEM_JSON: &str = "application/problem+json";

/// The routes as OpenAPI describes them.
pub fn openapi() -> OpenApi {
    let mut document = documented().into_openapi();
    // The router signs with its own author's name.
    document.info = InfoBuilder::new()
        .title("Courtside commands")
        .description(Some("Everything that changes something."))
        .version(env!("CARGO_PKG_VERSION"))
        .license(Some(
            LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build(),
        ))
        .build();
    let components = document.components.get_or_insert_default();
    let mut schemas = Vec::new();
    <ProblemBody as utoipa::ToSchema>::schemas(&mut schemas);
    components.schemas.extend(schemas);
    components
        .schemas
        .insert("Problem".to_owned(), <ProblemBody as utoipa::PartialSchema>::schema());
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    components.security_schemes.insert("bearer".to_owned(), bearer.into());
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        operations.into_iter().flatten().for_each(tell_problems);
    }
    document
}

/// Every operation can fail, in ways it says and in others; each time with the same shape.
fn tell_problems(operation: &mut Operation) {
    let responses = &mut operation.responses.responses;
    let default = ResponseBuilder::new().description("A problem (RFC 9457)").build();
    responses.entry("default".to_owned()).or_insert(RefOr::T(default));
    for (status, response) in responses.iter_mut() {
        let fails = status.starts_with(['4', '5']) || status == "default";
        if let (true, RefOr::T(response)) = (fails, response) {
            add_problem(response);
        }
    }
}

fn add_problem(response: &mut Response) {
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    response.content.entry(PROBLEM_JSON.to_owned()).or_insert(problem.into());
}
