SELECT EXISTS (
    SELECT
    FROM outbox
    WHERE intent = $1
      AND state = 'dead'
) AS "it!"
