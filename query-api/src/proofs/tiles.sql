SELECT
    tiles.level AS "level!",
    tiles.n AS "n!",
    tiles.hashes AS "hashes!"
FROM unnest($2::smallint[], $3::bigint[]) AS wanted (level, n)
JOIN audit_tiles_v1 AS tiles ON tiles.level = wanted.level AND tiles.n = wanted.n
WHERE tiles.year = $1
