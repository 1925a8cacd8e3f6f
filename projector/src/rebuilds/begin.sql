UPDATE rebuilds
SET
    build = $2,
    state = 'building'
WHERE id = $1
