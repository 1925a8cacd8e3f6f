CREATE OR REPLACE VIEW public.receipts_v1 AS
SELECT
    event_id,
    subject,
    year,
    index
FROM receipts;
