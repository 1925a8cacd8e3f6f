SELECT position, stream_id, revision, event_id, type, data, meta
FROM events
WHERE position < $1
ORDER BY position DESC
LIMIT $2
