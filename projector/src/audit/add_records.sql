INSERT INTO audit_records (year, index, record)
SELECT
    $1,
    r.index,
    r.record
FROM unnest($2::bigint[], $3::text[]) AS r (index, record)
