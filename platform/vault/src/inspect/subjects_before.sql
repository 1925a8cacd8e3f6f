SELECT DISTINCT subject AS "subject!"
FROM data_keys
WHERE starts_with(subject, $1)
    AND subject < $2
ORDER BY 1
