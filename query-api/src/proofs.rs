//! `/v1/audit/proofs/{event}`: that a login, a refresh or a logout is in the log, for whoever was told its event's id.
use std::collections::BTreeMap;

use access::{Caller, Permission};
use audit::proof::{self, Proof, TileId};
use audit::tiles;
use audit::tlog::{Hash, Unproven};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use runtime::Problem;
use runtime::http::Parsed;
use runtime::problem::{FORBIDDEN, Kind, NOT_FOUND};
use uuid::Uuid;

use crate::App;
use crate::readings::Reading;
use crate::snapshot::{MinPosition, Snapshot, away};

const NOT_YET_SIGNED: Kind =
    Kind::conflict("not-yet-signed", "The record is not under a signature yet");

/// A checkpoint is signed at most ten seconds after a record.
const RETRY_SECONDS: u32 = 5;

/// Where a record is in the log, and what is signed there.
struct Place {
    year: i16,
    index: u64,
    size: u64,
    note: String,
}

/// Proves that an event is in the login audit's log: the record, where it is, and the signed checkpoint it follows from
/// (c2sp.org/tlog-proof). `Audit-Event` in the answer to a login, a refresh or a logout is the event's id.
///
/// For auditors, whose reading is recorded, and for the person the record is of. Send the `Courtside-Position` of that
/// answer as `Courtside-Min-Position`, or an event just made may still be unknown here.
#[utoipa::path(get, path = "/v1/audit/proofs/{event}", operation_id = "get_audit_proof", tag = "audit",
    security(("bearer" = [])), params(("event" = Uuid, Path)),
    responses((status = 200, body = String, content_type = "text/plain"),
        (status = 404, description = "`not-found`: no such event, or not yours"),
        (status = 409, description = "`not-yet-signed`: within a minute it is; `Retry-After` says when to ask again"),
        (status = "default", description = "A problem (RFC 9457)")))]
pub async fn get(
    State(app): State<App>,
    caller: Caller,
    wanted: MinPosition,
    Parsed(event): Parsed<Uuid>,
) -> Result<Response, Problem> {
    let audits = caller.may(Permission::Audit);
    let mut snapshot = app.snapshot(&wanted, &["audit", "receipts"]).await?;
    let row = sqlx::query_file!("src/proofs/receipt.sql", event)
        .fetch_optional(&mut *snapshot.tx)
        .await
        .map_err(away)?;
    let own = caller.person().ok().map(|it| it.user.0);
    let is_own = own.is_some() && row.as_ref().is_some_and(|it| it.subject == own);
    match audits {
        Err(problem) if !is_own && problem.kind().name != FORBIDDEN.name => return Err(problem),
        // Somebody else's is not told from one that is not there.
        Err(_) if !is_own => return Err(unknown()),
        Ok(()) | Err(_) => {}
    }
    let row = row.ok_or_else(unknown)?;
    let place = row.year.zip(row.index).zip(row.size.zip(row.note));
    let place = place.map(|((year, index), (size, note))| Place {
        year,
        index: index.cast_unsigned(),
        size: size.cast_unsigned(),
        note,
    });
    let place = place.filter(|it| it.index < it.size).ok_or_else(|| {
        let detail = "the event is known, and its record is not in the signed log yet";
        Problem::new(NOT_YET_SIGNED, detail).retry_after(RETRY_SECONDS)
    })?;
    if !is_own {
        let reading = Reading::of(&format!("/v1/audit/proofs/{event}"));
        app.access.record_reading(&caller, reading.said()).await?;
    }
    let proof = prove(&mut snapshot, place).await?;
    let type_ = (CONTENT_TYPE, "text/plain; charset=utf-8");
    Ok(snapshot.seen.on(([type_], proof.write())))
}

async fn prove(snapshot: &mut Snapshot, place: Place) -> Result<Proof, Problem> {
    let Place { year, index, size, note } = place;
    let wanted = proof::tiles(size, index).map_err(broken)?;
    let (levels, numbers): (Vec<i16>, Vec<i64>) =
        wanted.into_iter().map(|(level, n)| (i16::from(level), n.cast_signed())).unzip();
    let rows = sqlx::query_file!("src/proofs/tiles.sql", year, &levels, &numbers)
        .fetch_all(&mut *snapshot.tx)
        .await
        .map_err(away)?;
    let tiles: BTreeMap<TileId, Vec<Hash>> = rows
        .into_iter()
        .filter_map(|it| {
            let level = u8::try_from(it.level).ok()?;
            Some(((level, it.n.cast_unsigned()), tiles::hashes(&it.hashes)?))
        })
        .collect();
    let hashes = proof::hashes(size, index, &tiles).map_err(broken)?;
    let at = index.cast_signed();
    let record = sqlx::query_file_scalar!("src/audit_log/entries.sql", year, at, at + 1)
        .fetch_one(&mut *snapshot.tx)
        .await
        .map_err(away)?;
    Ok(Proof { index, record: record.into_bytes(), hashes, checkpoint: note })
}

fn unknown() -> Problem {
    Problem::new(NOT_FOUND, "the audit log knows no such event, or it is not yours")
}

/// Tiles stand in the read models before the checkpoint that signs them.
fn broken(error: Unproven) -> Problem {
    away(sqlx::Error::Decode(error.into()))
}
