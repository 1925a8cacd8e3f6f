SELECT EXISTS (
    SELECT
    FROM live_changes
    WHERE build = $1
      AND epoch = $2
      AND position <= $3
) AS "it!"
