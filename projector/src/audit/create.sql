-- The login audit's log, by year. It names nobody and opens nothing: the records are as they were recorded.
CREATE TABLE audit_records (
    year   smallint NOT NULL,
    index  bigint   NOT NULL,
    record text     NOT NULL,
    CONSTRAINT audit_records_pkey PRIMARY KEY (year, index)
);

-- `hashes` are 1 to 256 nodes of 32 bytes. A partial tile is the beginning of the full one, and so one row is all of them.
CREATE TABLE audit_tiles (
    year   smallint NOT NULL,
    level  smallint NOT NULL,
    n      bigint   NOT NULL,
    hashes bytea    NOT NULL,
    CONSTRAINT audit_tiles_pkey PRIMARY KEY (year, level, n),
    CONSTRAINT audit_tiles_hashes CHECK (octet_length(hashes) BETWEEN 32 AND 8192 AND octet_length(hashes) % 32 = 0)
);

-- The tiles that records are added to: at most one a level.
CREATE INDEX audit_tiles_partial
    ON audit_tiles (year, level)
    WHERE octet_length(hashes) < 8192;

-- The last one of each year.
CREATE TABLE audit_checkpoints (
    year smallint NOT NULL,
    size bigint   NOT NULL,
    note text     NOT NULL,
    CONSTRAINT audit_checkpoints_pkey PRIMARY KEY (year)
);
