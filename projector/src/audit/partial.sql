-- The tiles of year $1 that are not full: at most one a level.
SELECT
    level,
    hashes
FROM audit_tiles
WHERE year = $1
  AND octet_length(hashes) < 8192
