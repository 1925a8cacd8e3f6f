# shellcheck shell=sh
# A private Postgres: TCP on 127.0.0.1 only, passwords, data under $data/postgres.

postgres_paths() {
    pg_data=$data/postgres
    pg_log=$data/postgres.log
    pg_mark="-D $pg_data"
}

# initdb refuses root, rightly.
pg_user() {
    if id postgres >/dev/null 2>&1; then echo postgres; else echo nobody; fi
}

as_pg() {
    if is_root; then
        su "$(pg_user)" -s /bin/sh -c 'cd / && exec "$@"' -- sh "$@"
    else
        "$@"
    fi
}

postgres_pid() { # prints the pid; fails when ours does not run
    pid=$(sed -n 1p "$pg_data/postmaster.pid" 2>/dev/null)
    runs "$pid" "$pg_mark" && echo "$pid"
}

postgres_sql() { # <database>; SQL on standard input
    PGPASSWORD=$(cat "$state/secrets/postgres_password") "$pg_bin/psql" -X -q -At -v ON_ERROR_STOP=1 \
        -h 127.0.0.1 -p "$(cat "$state/ports/postgres")" -U postgres -d "$1"
}

postgres_init() {
    printf 'Postgres: making a cluster with %s\n' "$pg_bin"
    # Made beside and then renamed: an interrupted initdb must not look like a cluster.
    rm -rf "$pg_data.new" "$data/password.new"
    mkdir -p "$pg_data.new"
    chmod 700 "$pg_data.new"
    (umask 077 && cat "$state/secrets/postgres_password" >"$data/password.new")
    if is_root; then chown "$(pg_user)" "$pg_data.new" "$data/password.new"; fi
    as_pg "$pg_bin/initdb" -D "$pg_data.new" -U postgres --pwfile="$data/password.new" -A scram-sha-256 \
        -E UTF8 --no-locale --data-checksums >"$state/initdb.log" 2>&1 ||
        fail "initdb failed: $(tail -n 3 "$state/initdb.log") (all of it: $state/initdb.log)"
    rm -f "$data/password.new"
    echo "include 'courtside.conf'" >>"$pg_data.new/postgresql.conf"
    mv "$pg_data.new" "$pg_data"
}

postgres_settings() {
    # fsync stays on: that an acknowledged command survives kill -9 is what we test.
    cat <<END
listen_addresses = '127.0.0.1'
port = $(cat "$state/ports/postgres")
# A socket path below a deep clone would be longer than the 107 bytes a socket may have.
unix_socket_directories = ''
max_connections = 300
shared_buffers = 256MB
max_wal_size = 512MB
timezone = 'UTC'
log_line_prefix = '%m [%p] %q%u@%d '
END
    # A container's /dev/shm is often 64 MB: too small for parallel queries.
    [ -d /dev/shm ] || return 0
    [ "$(df -Pk /dev/shm | awk 'NR == 2 { print $2 }')" -ge 524288 ] || echo 'dynamic_shared_memory_type = mmap'
}

postgres_start() {
    if pid=$(postgres_pid); then
        say "Postgres: already running (pid $pid, 127.0.0.1:$(cat "$state/ports/postgres"))"
        postgres_provision
        return
    fi
    [ -d "$pg_data" ] || postgres_init
    choose_port postgres 0
    postgres_settings >"$pg_data/courtside.conf"
    touch "$pg_log"
    if is_root; then chown "$(pg_user)" "$pg_data/courtside.conf" "$pg_log"; fi

    # A crash leaves postmaster.pid, and if another process has that pid by now Postgres refuses to
    # start. Not the file but only the pid is put out of the way: the rest of it is how Postgres
    # sees that orphaned backends still hold the old shared memory.
    if [ -f "$pg_data/postmaster.pid" ]; then
        { sh -c 'echo $$' && sed 1d "$pg_data/postmaster.pid"; } >"$state/postmaster.pid"
        cat "$state/postmaster.pid" >"$pg_data/postmaster.pid"
        rm -f "$state/postmaster.pid"
    fi

    printf 'Postgres: starting on 127.0.0.1:%s ' "$(cat "$state/ports/postgres")"
    tries=30
    until as_pg "$pg_bin/pg_ctl" start -s -w -t 60 -D "$pg_data" -l "$pg_log" >/dev/null 2>&1; do
        # Backends orphaned by kill -9 notice within seconds; until then the data is theirs.
        tail -n 5 "$pg_log" | grep -q 'pre-existing shared memory' && [ "$tries" -gt 0 ] || {
            say 'failed.'
            tail -n 15 "$pg_log" >&2
            fail "Postgres did not become ready within 60 s; its log is $pg_log."
        }
        tries=$((tries - 1))
        printf .
        sleep 1
    done
    say 'ready.'
    postgres_provision
}

# Idempotent, and run at every start: an earlier one may have been interrupted right before.
postgres_provision() {
    postgres_sql postgres <<END || fail "Postgres: making roles and databases failed; its log is $pg_log."
SET client_min_messages = warning;
SELECT format('CREATE ROLE %I LOGIN', name)
FROM unnest(ARRAY['courtside', 'courtside_vault', 'courtside_test']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE courtside PASSWORD '$(cat "$state/secrets/courtside_password")';
ALTER ROLE courtside_vault PASSWORD '$(cat "$state/secrets/courtside_vault_password")';
ALTER ROLE courtside_test SUPERUSER PASSWORD '$(cat "$state/secrets/courtside_test_password")';
SELECT format('CREATE DATABASE %I OWNER %I', name, owner)
FROM (VALUES ('courtside_log', 'courtside'), ('courtside_read', 'courtside'),
             ('courtside_edge', 'courtside'), ('courtside_vault', 'courtside_vault')) AS wanted(name, owner)
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = name) \gexec
-- Each role sees its own databases only: the keys lie apart from what they open.
REVOKE ALL ON DATABASE courtside_log, courtside_read, courtside_edge, courtside_vault FROM PUBLIC;
END
}

postgres_stop() {
    pid=$(postgres_pid) || { say 'Postgres: not running.'; return 0; }
    printf 'Postgres: stopping (pid %s) ' "$pid"
    kill -INT "$pid" # "fast": ends sessions, writes a checkpoint
    wait_until 60 gone "$pid" "$pg_mark" || kill -QUIT "$pid"
    wait_until 10 gone "$pid" "$pg_mark" || fail "Postgres (pid $pid) does not end; its log is $pg_log."
    say 'stopped.'
}

# As a power cut would: no process of the server gets to say a last word.
postgres_kill() {
    pid=$(postgres_pid) || fail 'Postgres: not running.'
    backends=$(children_of "$pid")
    kill -9 "$pid"
    # shellcheck disable=SC2086 # a list of pids; some go by themselves first
    kill -9 $backends 2>/dev/null
    wait_until 10 gone "$pid" "$pg_mark"
    say "Postgres: killed (pid $pid)."
}
