-- $2: what one request costs, $3: how far ahead of now a bucket may be; both in seconds.
WITH taken AS (
    INSERT INTO rate_limits AS it (bucket, whole_at)
    VALUES ($1, clock_timestamp() + make_interval(secs => $2))
    ON CONFLICT (bucket) DO UPDATE
        SET whole_at = greatest(it.whole_at, clock_timestamp()) + make_interval(secs => $2)
        WHERE greatest(it.whole_at, clock_timestamp()) + make_interval(secs => $2)
              <= clock_timestamp() + make_interval(secs => $3)
    RETURNING whole_at
)
SELECT EXISTS (SELECT FROM taken) AS "allowed!",
       extract(epoch FROM coalesce(
           (SELECT whole_at FROM taken),
           -- Of before this statement; one that was made meanwhile is as full as it can be.
           (SELECT whole_at FROM rate_limits WHERE bucket = $1),
           clock_timestamp() + make_interval(secs => $3)
       ) - clock_timestamp())::float8 AS "ahead!"
