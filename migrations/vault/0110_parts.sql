-- Keys of quarters long gone are looked for once an hour, among those of everybody.
CREATE INDEX data_keys_part_idx
    ON data_keys (split_part(subject, '/', 2))
    WHERE split_part(subject, '/', 2) <> '';

CREATE INDEX tombstones_part_idx
    ON tombstones (split_part(subject, '/', 2))
    WHERE split_part(subject, '/', 2) <> '';
