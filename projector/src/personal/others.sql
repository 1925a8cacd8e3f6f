-- Table $2 in every other build of projection $1, for the live one to write to: nobody else reaches them all.
SELECT format('%I.%I', others.schema, $2::text) AS "table!"
FROM (
    SELECT projection || '_b' || build AS schema
    FROM builds
    WHERE projection = $1
      AND state <> 'live'
      AND dropped_at IS NULL
) AS others
WHERE to_regclass(format('%I.%I', others.schema, $2::text)) IS NOT NULL
  AND EXISTS (
      SELECT
      FROM builds AS live
      WHERE live.projection = $1
        AND live.state = 'live'
        AND live.projection || '_b' || live.build = current_schema()
  )
ORDER BY others.schema
