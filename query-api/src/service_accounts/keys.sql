SELECT
    id AS "id!",
    account AS "account!",
    issued_at AS "issued_at!",
    expires_at
FROM service_account_keys_v1
WHERE account = ANY ($1)
ORDER BY issued_at, id
