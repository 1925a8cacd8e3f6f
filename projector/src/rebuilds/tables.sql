-- The tables of schemas $1 and $2.
SELECT DISTINCT tablename::text AS "name!"
FROM pg_tables
WHERE schemaname IN ($1, $2)
ORDER BY 1
