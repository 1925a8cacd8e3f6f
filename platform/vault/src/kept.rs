//! Secrets that are no person's: the private parts of signing keys.
use sqlx::PgPool;

use crate::VaultError;
use crate::cipher::bound;
use crate::keks::Keks;

pub(crate) async fn keep(
    db: &PgPool,
    keks: &Keks,
    name: &str,
    secret: &[u8],
) -> Result<(), VaultError> {
    let wrapped = keks.wrap(&wrapping(name), secret);
    sqlx::query_file!("src/kept/keep.sql", name, wrapped).execute(db).await?;
    Ok(())
}

pub(crate) async fn forget(db: &PgPool, name: &str) -> Result<(), VaultError> {
    sqlx::query_file!("src/kept/forget.sql", name).execute(db).await?;
    Ok(())
}

pub(crate) async fn kept(
    db: &PgPool,
    keks: &Keks,
    name: &str,
) -> Result<Option<Vec<u8>>, VaultError> {
    let Some(wrapped) =
        sqlx::query_file_scalar!("src/kept/kept.sql", name).fetch_optional(db).await?
    else {
        return Ok(None);
    };
    match keks.unwrap(&wrapping(name), &wrapped) {
        Some(secret) => Ok(Some(secret.to_vec())),
        None => Err(VaultError::WrongKek { what: format!("secret {name}") }),
    }
}

pub(crate) fn wrapping(name: &str) -> Vec<u8> {
    bound(&[b"secret", name.as_bytes()])
}
