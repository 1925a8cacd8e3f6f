-- Ends the sessions that began before something ended all of their user's. Of several such events the first
-- counts, and the same whether they come in one batch or in many.
UPDATE sessions AS s
SET revoked_at = ended.at
FROM (
    SELECT
        s.id,
        min(e.at) AS at
    FROM jsonb_to_recordset($1::jsonb) AS e (user_id uuid, at timestamptz, position bigint)
    JOIN sessions AS s
        ON s.user_id = e.user_id
        AND s.position < e.position
        AND (s.revoked_at IS NULL OR e.at < s.revoked_at)
    GROUP BY s.id
) AS ended
WHERE s.id = ended.id
