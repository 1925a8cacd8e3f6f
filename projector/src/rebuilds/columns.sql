-- The columns of table $3 in schemas $1 and $2, ready to be named in a statement, where each is, and which are of the key.
SELECT
    c.column_name::text AS "name!",
    quote_ident(c.column_name) AS "quoted!",
    bool_or(c.table_schema = $1) AS "is_live!",
    bool_or(c.table_schema = $2) AS "is_new!",
    bool_or(k.column_name IS NOT NULL) AS "is_key!"
FROM information_schema.columns AS c
LEFT JOIN (
    information_schema.key_column_usage AS k
    JOIN information_schema.table_constraints AS t
        ON t.constraint_schema = k.constraint_schema
        AND t.constraint_name = k.constraint_name
        AND t.table_name = k.table_name
        AND t.constraint_type = 'PRIMARY KEY'
)
    ON k.table_schema = c.table_schema
    AND k.table_name = c.table_name
    AND k.column_name = c.column_name
WHERE c.table_schema IN ($1, $2)
  AND c.table_name = $3
GROUP BY c.column_name
ORDER BY min(k.ordinal_position), c.column_name
