SELECT EXISTS (
    SELECT
    FROM parked
    WHERE projection = $1
      AND event = $2
      AND error IS NOT NULL
) AS "it!"
