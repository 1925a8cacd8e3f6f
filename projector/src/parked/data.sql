SELECT data
FROM parked
WHERE projection = $1
  AND build = $2
  AND position = $3
