CREATE INDEX IF NOT EXISTS sales_by_day
    ON sales (venue, date);
