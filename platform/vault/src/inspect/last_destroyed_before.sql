SELECT floor(extract(epoch FROM clock_timestamp() - max(destroyed_at)))::bigint AS seconds
FROM tombstones
WHERE starts_with(subject, $1)
    AND subject < $2
