INSERT INTO announcements AS known (stream, revision)
SELECT announced.stream, max(announced.revision)
FROM unnest($1::text[], $2::bigint[]) AS announced (stream, revision)
GROUP BY announced.stream
ON CONFLICT ON CONSTRAINT announcements_pkey DO UPDATE
SET revision = greatest(known.revision, excluded.revision)
