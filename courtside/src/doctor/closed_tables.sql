-- The tables in front of us that this role cannot use. Who migrates, and only he, has to see what was applied.
SELECT relname::text
FROM pg_class
WHERE relnamespace = current_schema()::regnamespace
  AND relkind IN ('r', 'p')
  AND relname <> '_sqlx_migrations'
  AND NOT (has_table_privilege(oid, 'SELECT')
           AND has_table_privilege(oid, 'INSERT')
           AND has_table_privilege(oid, 'UPDATE')
           AND has_table_privilege(oid, 'DELETE'))
ORDER BY relname
