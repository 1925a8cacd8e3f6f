-- What a rebuild of $1 would make again, and how fast the last one was.
SELECT
    b.build,
    coalesce(t.bytes, 0) AS "bytes!",
    t.rows,
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
        -- As the planner knows them: nothing here is counted. It knows nothing of a table before that was analyzed, but that an
        -- empty one has none.
        CASE
            WHEN NOT bool_or(c.reltuples < 0 AND 0 < pg_relation_size(c.oid))
                THEN sum(greatest(c.reltuples, 0))::bigint
        END AS rows
    FROM pg_class AS c
    JOIN pg_namespace AS n
        ON n.oid = c.relnamespace
    WHERE n.nspname = b.projection || '_b' || b.build
      AND c.relkind = 'r'
) AS t ON true
WHERE b.projection = $1
  AND b.state = 'live'
