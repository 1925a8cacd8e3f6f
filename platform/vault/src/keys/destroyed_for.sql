-- Whole seconds, rounded down, since the last key of subject $1 and of its parts gave way to a tombstone.
SELECT floor(extract(epoch FROM clock_timestamp() - max(destroyed_at)))::bigint AS seconds
FROM tombstones
WHERE subject = $1 OR starts_with(subject, $1 || '/')
