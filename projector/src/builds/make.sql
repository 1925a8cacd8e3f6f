-- Numbers are never used twice: a position that was read under one always meant the same tables.
INSERT INTO builds (projection, build, state)
SELECT
    $1,
    coalesce(max(build), 0) + 1,
    'building'
FROM builds
WHERE projection = $1
RETURNING build
