-- Times in microseconds, as the database keeps them.
SELECT
    id,
    user_id,
    (extract(epoch FROM started_at) * 1000000)::bigint AS started_at,
    (extract(epoch FROM refreshed_at) * 1000000)::bigint AS refreshed_at,
    (extract(epoch FROM refresh_until) * 1000000)::bigint AS refresh_until,
    (extract(epoch FROM ends_at) * 1000000)::bigint AS ends_at,
    (extract(epoch FROM revoked_at) * 1000000)::bigint AS revoked_at
FROM sessions_v1
ORDER BY id
