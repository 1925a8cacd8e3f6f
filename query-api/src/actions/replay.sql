-- What was asked for is a kind, or all kinds of a feature.
SELECT
    actions.position AS "position!",
    actions.event_id AS "event_id!",
    actions.at AS "at!",
    actions.by AS "by!",
    actions.actor,
    users.username,
    actions.role,
    actions.kind AS "kind!",
    actions.about,
    actions.reason,
    actions.details AS "details!"
FROM actions_v1 AS actions
LEFT JOIN users_v1 AS users ON users.id = actions.actor
WHERE ($1::timestamptz IS NULL OR actions.at >= $1)
  AND ($2::timestamptz IS NULL OR actions.at < $2)
  AND ($3::uuid IS NULL OR actions.actor = $3)
  AND ($4::text IS NULL OR actions.by = $4)
  AND ($5::text IS NULL OR actions.kind = $5 OR split_part(actions.kind, '.', 1) = $5)
  AND ($6::text IS NULL OR actions.about = $6)
  AND actions.position > $7
  AND actions.position <= $8
ORDER BY actions.position
LIMIT $9
