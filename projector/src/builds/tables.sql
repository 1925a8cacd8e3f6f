-- The tables of schema $1, ready to be named in a statement.
SELECT string_agg(format('%I.%I', schemaname, tablename), ', ' ORDER BY tablename)
FROM pg_tables
WHERE schemaname = $1
