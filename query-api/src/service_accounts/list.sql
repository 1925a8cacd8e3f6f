-- Service accounts in the order of their ids, or one of them.
SELECT
    id AS "id!",
    name AS "name!",
    scopes AS "scopes!",
    venues,
    created_at AS "created_at!",
    revision AS "revision!"
FROM service_accounts_v1
WHERE ($1::uuid IS NULL OR id = $1)
  AND ($2::uuid IS NULL OR $2 < id)
ORDER BY id
LIMIT $3
