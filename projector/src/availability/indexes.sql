-- What lies over a stretch of time on a court. A search names the earliest it can begin as well, by `taken_length`; a GiST index
-- would not need that, and takes many times as long to make.
CREATE INDEX IF NOT EXISTS taken_during
    ON taken (court, lower(during), upper(during));

CREATE INDEX IF NOT EXISTS taken_by_day
    ON taken (court, date);
