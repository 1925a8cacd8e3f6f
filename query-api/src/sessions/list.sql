-- The sessions of user $1 that live at $2. Ids are UUIDv7: their order is that of their beginnings.
SELECT
    id AS "id!",
    started_at AS "started_at!",
    refreshed_at,
    ends_at AS "ends_at!"
FROM sessions_v1
WHERE user_id = $1
  AND revoked_at IS NULL
  AND refresh_until > $2
  AND ends_at > $2
  AND ($3::uuid IS NULL OR id < $3)
ORDER BY id DESC
LIMIT $4
