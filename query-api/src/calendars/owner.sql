SELECT id AS "id!"
FROM calendars_v1
WHERE digest = $1
