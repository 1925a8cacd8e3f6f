UPDATE builds
SET state = 'old'
WHERE projection = $1
  AND state = 'live'
