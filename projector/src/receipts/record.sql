UPDATE receipts
SET
    year = r.year,
    index = r.index
FROM unnest($1::uuid[], $2::smallint[], $3::bigint[]) AS r (event_id, year, index)
WHERE receipts.event_id = r.event_id
