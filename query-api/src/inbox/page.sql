SELECT html AS "html!"
FROM inbox
WHERE id = $1
  AND html IS NOT NULL
