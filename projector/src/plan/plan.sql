-- What a rebuild of $1 would make again, and how fast the last one was.
SELECT
    b.build,
    coalesce(t.bytes, 0) AS "bytes!",
    coalesce(t.rows, 0) AS "rows!",
    (
        SELECT r.events_per_second
        FROM rebuilds AS r
        WHERE r.projection = b.projection
          AND r.state = 'switched'
          AND r.events_per_second IS NOT NULL
        ORDER BY r.finished_at DESC
        LIMIT 1
    ) AS events_per_second
FROM builds AS b
LEFT JOIN LATERAL (
    SELECT
        sum(pg_total_relation_size(c.oid))::bigint AS bytes,
        -- As the planner knows them: nothing here is counted.
        sum(greatest(c.reltuples, 0))::bigint AS rows
    FROM pg_class AS c
    JOIN pg_namespace AS n
        ON n.oid = c.relnamespace
    WHERE n.nspname = b.projection || '_b' || b.build
      AND c.relkind = 'r'
) AS t ON true
WHERE b.projection = $1
  AND b.state = 'live'
