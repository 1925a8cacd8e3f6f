-- Parts of people that have a key and are older than part $1: at most $2.
SELECT DISTINCT subject AS "subject!"
FROM data_keys
WHERE split_part(subject, '/', 2) <> ''
    AND split_part(subject, '/', 2) < $1
LIMIT $2
