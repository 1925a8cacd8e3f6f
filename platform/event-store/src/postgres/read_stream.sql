SELECT revision, event_id, type, data, meta
FROM events
WHERE stream_id = $1
  AND revision >= $2
ORDER BY revision
LIMIT $3
