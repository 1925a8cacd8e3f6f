SELECT
    event_id AS "event_id!",
    at AS "at!",
    outcome AS "outcome!",
    reason,
    ip,
    user_agent,
    session
FROM logins_v1
WHERE user_id = $1
ORDER BY position
