DELETE FROM pauses
WHERE projection = $1
