-- Build $2 of $1 applies events late: what listeners were told so far is not the whole any more.
UPDATE builds
SET epoch = epoch + 1
WHERE projection = $1
  AND build = $2
