-- Takes out event $3, if it is what the others of its key wait for, and them with it.
DELETE FROM parked AS p
USING parked AS culprit
WHERE culprit.projection = $1
  AND culprit.build = $2
  AND culprit.event = $3
  AND culprit.error IS NOT NULL
  AND p.projection = culprit.projection
  AND p.build = culprit.build
  AND p.key = culprit.key
RETURNING
    p.position,
    p.key,
    p.event,
    p.stream,
    p.revision,
    p.kind,
    p.data,
    p.meta
