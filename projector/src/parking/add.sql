INSERT INTO parked (projection, build, position, key, event, stream, revision, kind, data, meta, error)
SELECT
    $1,
    $2,
    e.position,
    e.key,
    e.event,
    e.stream,
    e.revision,
    e.kind,
    e.data,
    e.meta,
    $3
FROM unnest($4::bigint[], $5::text[], $6::uuid[], $7::text[], $8::bigint[], $9::text[], $10::bytea[], $11::bytea[])
    AS e (position, key, event, stream, revision, kind, data, meta)
