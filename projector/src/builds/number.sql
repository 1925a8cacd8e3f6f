SELECT build
FROM builds
WHERE projection = $1
  AND state = 'live'
