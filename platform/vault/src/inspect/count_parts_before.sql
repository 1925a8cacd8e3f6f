SELECT
    split_part(subject, '/', 2) AS "part!",
    count(*) AS "keys!"
FROM data_keys
WHERE split_part(subject, '/', 2) <> ''
    AND split_part(subject, '/', 2) < $1
GROUP BY 1
ORDER BY 1
