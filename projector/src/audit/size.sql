-- How many records of year $1 are there.
SELECT coalesce(max(index) + 1, 0) AS "size!"
FROM audit_records
WHERE year = $1
