SELECT
    id AS "id!",
    started_at AS "started_at!",
    refreshed_at,
    ends_at AS "ends_at!",
    revoked_at
FROM sessions_v1
WHERE user_id = $1
ORDER BY id
