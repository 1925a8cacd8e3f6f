//! `/dev/inbox`: mail and messages that the demo caught instead of sending. Not there outside the demo.
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use runtime::Problem;
use runtime::html::escape;
use runtime::http::Parsed;
use runtime::problem::NOT_FOUND;
use serde::Serialize;
use uuid::Uuid;

use crate::App;
use crate::snapshot::away;

#[derive(Serialize)]
pub struct Message {
    pub id: Uuid,
    pub to: String,
    pub subject: String,
    pub text: String,
    /// Whether `/dev/inbox/{id}` shows it as a page.
    pub has_page: bool,
    pub at: Timestamp,
}

/// The newest messages first.
pub async fn json(State(app): State<App>) -> Result<Response, Problem> {
    Ok(Json(messages(&app).await?).into_response())
}

/// The same as a page that needs no script.
pub async fn page(State(app): State<App>) -> Result<Response, Problem> {
    let messages = messages(&app).await?;
    let items = match messages.as_slice() {
        [] => "<p>Nothing was sent yet.</p>".to_owned(),
        some => some.iter().map(article).collect(),
    };
    let page = include_str!("inbox/page.html").replace("{{items}}", &items);
    // The one page with a style of its own, and nothing else: no script, no image, no form.
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
    Ok(([(header::CONTENT_SECURITY_POLICY, policy)], Html(page)).into_response())
}

async fn messages(app: &App) -> Result<Vec<Message>, Problem> {
    let rows = sqlx::query_file!("src/inbox/list.sql").fetch_all(&app.edge).await.map_err(away)?;
    Ok(rows
        .into_iter()
        .map(|it| Message {
            id: it.id,
            to: it.recipient,
            subject: it.subject,
            text: it.body,
            has_page: it.has_page,
            at: it.at.to_jiff(),
        })
        .collect())
}

/// A mail as programs show it that show pages.
pub async fn mail(State(app): State<App>, Parsed(id): Parsed<Uuid>) -> Result<Response, Problem> {
    let mail = sqlx::query_file_scalar!("src/inbox/page.sql", id).fetch_optional(&app.edge).await;
    let page = mail.map_err(away)?.ok_or_else(|| {
        Problem::new(NOT_FOUND, "the inbox has no such mail, or has it as text alone")
    })?;
    // Shut in as those programs do it.
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox allow-popups allow-top-navigation-by-user-activation";
    Ok(([(header::CONTENT_SECURITY_POLICY, policy)], Html(page)).into_response())
}

fn article(it: &Message) -> String {
    let link = format!(" · <a href=\"/dev/inbox/{}\">as a page</a>", it.id);
    format!(
        "<article><h2>{}</h2><p>to {} · {}{}</p><pre>{}</pre></article>\n",
        escape(&it.subject),
        escape(&it.to),
        it.at.strftime("%Y-%m-%d %H:%M:%S UTC"),
        if it.has_page { &link } else { "" },
        escape(&it.text)
    )
}
