SELECT
    logins.position AS "position!",
    logins.event_id AS "event_id!",
    logins.at AS "at!",
    logins.user_id,
    logins.identifier,
    users.username,
    logins.outcome AS "outcome!",
    logins.reason,
    logins.ip,
    logins.user_agent,
    logins.session,
    logins.until
FROM logins_v1 AS logins
LEFT JOIN users_v1 AS users ON users.id = logins.user_id
WHERE ($1::timestamptz IS NULL OR logins.at >= $1)
  AND ($2::timestamptz IS NULL OR logins.at < $2)
  AND ($3::uuid IS NULL OR logins.user_id = $3)
  AND ($4::text IS NULL OR logins.outcome = $4)
  AND ($5::text IS NULL OR logins.ip = $5)
  AND logins.position > $6
  AND logins.position <= $7
ORDER BY logins.position
LIMIT $8
