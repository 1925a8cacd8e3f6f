SELECT DISTINCT key
FROM parked
WHERE projection = $1
  AND build = $2
