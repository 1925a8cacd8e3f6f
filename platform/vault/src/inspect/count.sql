SELECT count(*) AS "count!"
FROM data_keys
