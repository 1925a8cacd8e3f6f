SELECT record AS "record!"
FROM audit_records_v1
WHERE year = $1
  AND index >= $2
  AND index < $3
ORDER BY index
