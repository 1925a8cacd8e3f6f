-- No upper bound by arithmetic: should there ever be a hole, a follower must step over it and not stop before it.
SELECT position, stream_id, revision, event_id, type, data, meta
FROM events
WHERE position > $1
ORDER BY position
LIMIT $2
