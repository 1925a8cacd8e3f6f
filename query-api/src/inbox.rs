//! `/dev/inbox`: mail and messages that the demo caught instead of sending. Not there outside the demo.
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use runtime::Problem;
use serde::Serialize;

use crate::App;
use crate::snapshot::away;

#[derive(Serialize)]
pub struct Message {
    pub id: uuid::Uuid,
    pub to: String,
    pub subject: String,
    pub text: String,
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
            at: it.at.to_jiff(),
        })
        .collect())
}

fn article(it: &Message) -> String {
    format!(
        "<article><h2>{}</h2><p>to {} · {}</p><pre>{}</pre></article>\n",
        escape(&it.subject),
        escape(&it.to),
        it.at.strftime("%Y-%m-%d %H:%M:%S UTC"),
        escape(&it.text)
    )
}

pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
