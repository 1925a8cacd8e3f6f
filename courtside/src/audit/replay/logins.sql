-- Times in microseconds, as the database keeps them.
SELECT
    position,
    event_id,
    (extract(epoch FROM at) * 1000000)::bigint AS at,
    user_id,
    identifier,
    outcome,
    reason,
    session,
    (extract(epoch FROM until) * 1000000)::bigint AS until
FROM logins_v1
ORDER BY position
