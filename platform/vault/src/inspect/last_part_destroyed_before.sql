SELECT floor(extract(epoch FROM clock_timestamp() - max(destroyed_at)))::bigint AS seconds
FROM tombstones
WHERE split_part(subject, '/', 2) <> ''
    AND split_part(subject, '/', 2) < $1
