//! `/v1/audit/log/{year}`: the login audit's log, laid out as C2SP tlog-tiles has it below one prefix a year.
use access::{Caller, Permission};
use audit::tiles::{self, Of, Tile, WIDTH};
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::Response;
use runtime::Problem;
use runtime::problem::{NOT_FOUND, UNAUTHENTICATED};

use crate::App;
use crate::snapshot::{MinPosition, Snapshot, away};

/// A new checkpoint comes every ten seconds, and whoever asks for one wants to know what is new.
const CHANGES: &str = "no-cache";
/// What is full never changes, under this path or any other.
const PUBLIC_FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Records are for auditors: their own machine may keep them, a proxy may not.
const PRIVATE_FOR_EVER: &str = "private, max-age=31536000, immutable";
const BYTES: &str = "application/octet-stream";

/// Gives the year's last signed checkpoint (c2sp.org/tlog-checkpoint).
#[utoipa::path(get, path = "/v1/audit/log/{year}/checkpoint", operation_id = "get_audit_checkpoint", tag = "audit",
    params(("year" = i16, Path)),
    responses((status = 200, body = String, content_type = "text/plain"),
        (status = "default", description = "A problem (RFC 9457)")))]
pub async fn checkpoint(
    State(app): State<App>,
    wanted: MinPosition,
    Path(year): Path<String>,
) -> Result<Response, Problem> {
    let year = number(&year)?;
    let mut snapshot = app.snapshot(&wanted, &["audit"]).await?;
    let (_, note) = signed(&mut snapshot, year).await?;
    let type_ = (CONTENT_TYPE, "text/plain; charset=utf-8");
    Ok(snapshot.seen.on(([type_, (CACHE_CONTROL, CHANGES)], note)))
}

/// Gives a tile (c2sp.org/tlog-tiles): `<level>/<n>[.p/<width>]` to everybody, `entries/<n>[.p/<width>]` to auditors, whose
/// reading is itself recorded.
#[utoipa::path(get, path = "/v1/audit/log/{year}/tile/{*path}", operation_id = "get_audit_tile", tag = "audit",
    security((), ("bearer" = [])),
    params(("year" = i16, Path), ("path" = String, Path, description = "`0/000`, `1/x001/067.p/8`, `entries/000.p/12`")),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = "default", description = "A problem (RFC 9457)")))]
pub async fn tile(
    State(app): State<App>,
    caller: Option<Caller>,
    wanted: MinPosition,
    Path((year, path)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let year = number(&year)?;
    let tile = Tile::parse(&format!("tile/{path}")).ok_or_else(|| nothing("no path of a tile"))?;
    let auditor = match tile.of {
        Of::Entries => Some(auditor(caller)?),
        Of::Level(_) => None,
    };
    let mut snapshot = app.snapshot(&wanted, &["audit"]).await?;
    let (size, _) = signed(&mut snapshot, year).await?;
    if !tile.is_in(size) {
        return Err(nothing(&format!("beyond the {size} records that are signed")));
    }
    if let Some(caller) = auditor {
        let what = format!("/v1/audit/log/{year}/{}", tile.path());
        app.access.record_reading(&caller, what).await?;
    }
    let bytes = match tile.of {
        Of::Entries => records(&mut snapshot, year, tile).await?,
        Of::Level(level) => hashes(&mut snapshot, year, level, tile).await?,
    };
    let kept = match tile.of {
        Of::Entries => PRIVATE_FOR_EVER,
        Of::Level(_) => PUBLIC_FOR_EVER,
    };
    let kept = if tile.is_full() { kept } else { CHANGES };
    Ok(snapshot.seen.on(([(CONTENT_TYPE, BYTES), (CACHE_CONTROL, kept)], bytes)))
}

/// Records say who logged in when.
fn auditor(caller: Option<Caller>) -> Result<Caller, Problem> {
    let caller = caller.ok_or_else(|| {
        Problem::new(UNAUTHENTICATED, "records are for auditors: an access token is missing")
    })?;
    caller.may(Permission::Audit)?;
    Ok(caller)
}

/// How many records are signed, and the note that says so.
async fn signed(snapshot: &mut Snapshot, year: i16) -> Result<(u64, String), Problem> {
    let row = sqlx::query_file!("src/audit_log/checkpoint.sql", year)
        .fetch_optional(&mut *snapshot.tx)
        .await
        .map_err(away)?;
    let row = row.ok_or_else(|| nothing("a year of which nothing is signed"))?;
    Ok((row.size.cast_unsigned(), row.note))
}

async fn hashes(
    snapshot: &mut Snapshot,
    year: i16,
    level: u8,
    tile: Tile,
) -> Result<Vec<u8>, Problem> {
    let (level, n, bytes) = (i16::from(level), tile.n.cast_signed(), 32 * i32::from(tile.width));
    let row = sqlx::query_file_scalar!("src/audit_log/tile.sql", year, level, n, bytes)
        .fetch_optional(&mut *snapshot.tx)
        .await
        .map_err(away)?;
    row.ok_or_else(|| nothing("not there yet"))
}

async fn records(snapshot: &mut Snapshot, year: i16, tile: Tile) -> Result<Vec<u8>, Problem> {
    let from = (tile.n * WIDTH).cast_signed();
    let to = from.saturating_add(tile.width.into());
    let rows = sqlx::query_file_scalar!("src/audit_log/entries.sql", year, from, to)
        .fetch_all(&mut *snapshot.tx)
        .await
        .map_err(away)?;
    tiles::bundle(rows.iter().map(String::as_bytes))
        .map_err(|error| away(sqlx::Error::Decode(error.into())))
}

fn number(year: &str) -> Result<i16, Problem> {
    let known = year.len() == 4 && year.bytes().all(|it| it.is_ascii_digit());
    year.parse().ok().filter(|_| known).ok_or_else(|| nothing("no year"))
}

fn nothing(what: &str) -> Problem {
    Problem::new(NOT_FOUND, format!("there is no such tile in the audit log: {what}"))
}
