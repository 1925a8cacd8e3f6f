-- Whether build $2 of $1 goes in lockstep with build $3, and that is the live one.
SELECT count(*) = 2 AS "in_step!"
FROM builds
WHERE projection = $1
  AND (
      (build = $2 AND lockstep)
      OR (build = $3 AND state = 'live')
  )
