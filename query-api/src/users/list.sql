-- Accounts in the order of their ids, with the lock that wrong guesses have made and that has not ended at $1, or now.
SELECT
    u.id AS "id!",
    u.email,
    u.username,
    u.display_name,
    u.phone,
    u.role AS "role!",
    u.venues AS "venues!",
    u.verified AS "verified!",
    u.disabled AS "disabled!",
    u.second_factor AS "second_factor!",
    u.erased AS "erased!",
    u.registered_at AS "registered_at!",
    -- What comes out of an outer join may be missing, whatever the table says of its columns.
    locks.until AS "locked_until?"
FROM users_v1 AS u
LEFT JOIN LATERAL (
    -- A success or an unlock ends a lock before its time.
    SELECT
        l.outcome,
        l.until
    FROM logins_v1 AS l
    WHERE l.user_id = u.id
      AND l.outcome IN ('locked', 'unlocked', 'succeeded')
    ORDER BY l.position DESC
    LIMIT 1
) AS locks ON locks.outcome = 'locked' AND coalesce($1::timestamptz, now()) < locks.until
WHERE ($2::uuid IS NULL OR u.id = $2)
  AND ($3::text IS NULL OR u.role = $3)
  AND ($4::boolean IS NULL OR u.disabled = $4)
  AND ($5::boolean IS NULL OR (locks.until IS NOT NULL) = $5)
  AND ($6::text IS NULL OR lower(u.username) = lower($6))
  AND ($7::text IS NULL OR lower(u.email) = lower($7))
  AND ($8::uuid IS NULL OR $8 < u.id)
ORDER BY u.id
LIMIT $9
