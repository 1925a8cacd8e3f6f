# shellcheck shell=sh
# shellcheck disable=SC2154 # state, data: of ops/services; pg_bin: of packages.sh
# A private Postgres: TCP on 127.0.0.1 only, passwords, data under $data/postgres.

postgres_paths() {
    pg_data=$data/postgres
    pg_log=$data/postgres.log
    pg_mark="-D $pg_data"
}

# initdb refuses root, rightly.
pg_user() { if id postgres >/dev/null 2>&1; then echo postgres; else echo nobody; fi; }

as_pg() {
    if is_root; then
        su "$(pg_user)" -s /bin/sh -c 'cd / && exec "$@"' -- sh "$@"
    else
        "$@"
    fi
}

give_to_pg() { if is_root; then chown "$(pg_user)" "$@"; fi; }

postgres_at() { say "127.0.0.1:$(cat "$state/ports/postgres" 2>/dev/null)"; }

postgres_pid() { # fails when ours does not run
    pid=$(sed -n 1p "$pg_data/postmaster.pid" 2>/dev/null)
    runs "$pid" "$pg_mark" && say "$pid"
}

postgres_start() {
    if pid=$(postgres_pid); then
        # Running is not ready: an interrupted start may have left it recovering.
        wait_until 60 postgres_ready || postgres_failed
        say "Postgres: already running (pid $pid, $(postgres_at))"
    else
        launched="$launched postgres"
        [ -d "$pg_data" ] || postgres_init
        choose_port postgres 0
        postgres_settings >"$pg_data/courtside.conf"
        trim_log "$pg_log"
        give_to_pg "$pg_data/courtside.conf" "$pg_log"
        printf 'Postgres: starting on %s ' "$(postgres_at)"
        forget_stale_pid
        postgres_launch
        wait_until 60 postgres_ready || postgres_failed
        say 'ready.'
    fi
    postgres_provision
}

postgres_ready() { "$pg_bin/pg_isready" -q -h 127.0.0.1 -p "$(cat "$state/ports/postgres")"; }

postgres_failed() {
    say 'failed.'
    tail -n 15 "$pg_log" >&2
    fail "Postgres did not become ready within 60 s; its log is $pg_log."
}

postgres_init() {
    say "Postgres: making a cluster with $pg_bin"
    # Made in a place of its own and then moved: what an interrupted initdb leaves must not look
    # like a cluster, and one whose start was killed may still be writing there.
    rm -rf "$data"/init.* 2>/dev/null
    init=$(mktemp -d "$data/init.XXXXXX")
    cat "$state/secrets/postgres_password" >"$init/password"
    give_to_pg "$init" "$init/password"
    as_pg "$pg_bin/initdb" -D "$init/postgres" -U postgres --pwfile="$init/password" -A scram-sha-256 \
        -E UTF8 --no-locale --data-checksums >"$data/initdb.log" 2>&1 ||
        fail "initdb failed: $(tail -n 3 "$data/initdb.log") (all of it: $data/initdb.log)"
    echo "include 'courtside.conf'" >>"$init/postgres/postgresql.conf"
    mv "$init/postgres" "$pg_data"
    rm -rf "$init"
}

postgres_settings() {
    # fsync stays on: that an acknowledged command survives kill -9 is what we test.
    cat <<END
listen_addresses = '127.0.0.1'
port = $(cat "$state/ports/postgres")
# A socket's path below a deep clone would be longer than the 107 bytes it may have.
unix_socket_directories = ''
max_connections = 300
shared_buffers = 256MB
max_wal_size = 512MB
timezone = 'UTC'
log_line_prefix = '%m [%p] %q%u@%d '
END
    # A container's /dev/shm is often 64 MB: too little for a parallel query.
    [ ! -d /dev/shm ] || [ "$(df -Pk /dev/shm | awk 'NR == 2 { print $2 }')" -ge 524288 ] ||
        echo 'dynamic_shared_memory_type = mmap'
}

# A crash leaves postmaster.pid, and if another process has that pid by now Postgres refuses to
# start. Not the file but only the pid in it is put out of the way (by that of a shell just ended):
# by the rest Postgres sees whether orphaned backends still hold the old shared memory.
forget_stale_pid() {
    if [ ! -f "$pg_data/postmaster.pid" ] || postgres_pid >/dev/null; then return; fi
    ended=$(sh -c 'echo $$')
    { say "$ended" && sed 1d "$pg_data/postmaster.pid"; } >"$data/postmaster.pid"
    cat "$data/postmaster.pid" >"$pg_data/postmaster.pid" # not mv: the owner stays
    rm -f "$data/postmaster.pid"
}

# pg_ctl gives the server a session of its own, and sees at once when it dies. That it answers is
# waited for apart, with dots: a recovery takes its time.
postgres_launch() {
    tries=30
    until as_pg "$pg_bin/pg_ctl" start -s -w -t 3 -D "$pg_data" -l "$pg_log" >/dev/null 2>&1 || postgres_pid >/dev/null; do
        # Backends orphaned by kill -9 notice within seconds; until then the data is theirs.
        if [ "$tries" -eq 0 ] || ! tail -n 5 "$pg_log" | grep -q 'pre-existing shared memory'; then postgres_failed; fi
        tries=$((tries - 1))
        printf .
        sleep 1
    done
}

# Idempotent, and run at every start: an earlier one may have been interrupted right before.
postgres_provision() {
    PGPASSWORD=$(cat "$state/secrets/postgres_password") PGCONNECT_TIMEOUT=60 \
        "$pg_bin/psql" -X -q -At -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$(cat "$state/ports/postgres")" \
        -U postgres -d postgres <<END || fail "Postgres: making roles and databases failed; its log is $pg_log."
-- One at a time: the psql of a start that was killed may still be at it.
SELECT pg_advisory_lock(2) \g /dev/null
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
-- Each role enters its own databases only: the keys lie apart from what they open.
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
    # shellcheck disable=SC2086 # a list of pids; some go by themselves as their parent does
    kill -9 "$pid" $backends 2>/dev/null
    wait_until 10 gone "$pid" "$pg_mark"
    say "Postgres: killed (pid $pid)."
}
