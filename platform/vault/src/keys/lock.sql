-- Nobody makes a key for a person while somebody destroys theirs: a key made in between would outlive the erasure.
SELECT pg_advisory_xact_lock(hashtextextended('courtside vault ' || $1, 0)) AS "locked!: ()"
