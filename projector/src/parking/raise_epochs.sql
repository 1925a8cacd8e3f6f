-- The live build of $1 applies events late: what listeners were told so far, by it or by what is told with it, is not the
-- whole any more.
UPDATE builds
SET epoch = epoch + 1
WHERE state = 'live'
  AND (projection = $1 OR (projection = 'availability' AND $1 = 'courts'))
