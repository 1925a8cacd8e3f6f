-- What builds of $1 other than $2 had parked: $2 begins with none.
DELETE FROM parked
WHERE projection = $1
  AND build <> $2
