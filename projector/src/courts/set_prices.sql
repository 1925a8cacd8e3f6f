INSERT INTO court_prices (court, from_date, prices)
SELECT
    p.of,
    p.date,
    p.prices
FROM jsonb_to_recordset($1::jsonb) AS p (of text, date date, prices jsonb)
ON CONFLICT (court, from_date) DO UPDATE
SET prices = excluded.prices
