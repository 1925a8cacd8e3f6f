-- Of the moment it runs, not of the transaction's beginning; in microseconds since 1970.
SELECT (extract(EPOCH FROM clock_timestamp()) * 1000000)::bigint
