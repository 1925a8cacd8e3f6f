-- The first $4 bytes of a tile: a partial one is the beginning of what is there by now.
SELECT substring(hashes FROM 1 FOR $4::integer) AS "hashes!"
FROM audit_tiles_v1
WHERE year = $1
  AND level = $2
  AND n = $3
