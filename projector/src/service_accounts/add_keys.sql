INSERT INTO service_account_keys (id, account, issued_at, expires_at)
SELECT
    k.id,
    k.account,
    k.issued_at,
    k.expires_at
FROM jsonb_to_recordset($1::jsonb) AS k (
    id         uuid,
    account    uuid,
    issued_at  timestamptz,
    expires_at timestamptz
)
