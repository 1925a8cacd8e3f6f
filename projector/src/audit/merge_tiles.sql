INSERT INTO audit_tiles (year, level, n, hashes)
SELECT
    $1,
    t.level,
    t.n,
    t.hashes
FROM unnest($2::smallint[], $3::bigint[], $4::bytea[]) AS t (level, n, hashes)
ON CONFLICT ON CONSTRAINT audit_tiles_pkey DO UPDATE
SET hashes = EXCLUDED.hashes
