# shellcheck shell=sh
# shellcheck disable=SC2154 # root, state: of the script
# What every bench needs: servers of its own, its runner built, what it compares with installed. All of it lies in the
# state directory; nothing the product is built from knows of it.

# More callers come at once, each with a connection of its own, than a private server is made for.
bench_connections=600

bench_server() { # <service…>; starts them and says where they are, in the environment
    step attend ops/services start "$@" --state "$state"
    load_env
    if [ "$(bench_psql 'SHOW max_connections')" -lt "$bench_connections" ]; then
        bench_psql "ALTER SYSTEM SET max_connections = $bench_connections" >/dev/null || exit 1
        step attend ops/services stop postgres --state "$state"
        step attend ops/services start postgres --state "$state"
    fi
    # shellcheck disable=SC2034 # for find_postgres: of the version that made the data
    data=$state/data
    find_postgres || fail 'The programs of the Postgres that was just started are not found.'
}

bench_psql() { psql -X -q -At -v ON_ERROR_STOP=1 "$TEST_POSTGRES_URL" -c "$1"; } # <statement>

# A folder of its own: the product's own build is not made anew by a bench.
bench_target() {
    CARGO_TARGET_DIR=$state/target
    export CARGO_TARGET_DIR
}

# Optimised.
bench_runner() { # sets runner
    runner=$state/target/release/bench-runner
    [ -x "$runner" ] || say 'The first build of the bench takes about 5 minutes on two cores.'
    bench_target
    # Not --locked: when the log itself needs another crate, this lock follows by that one.
    step attend cargo build --release --quiet --manifest-path ops/bench/runner/Cargo.toml
}

# Beside it, as users build it but for the lines that perf shows.
bench_product() { # sets courtside
    # shellcheck disable=SC2034 # for the bench
    courtside=$state/target/release/courtside
    bench_target
    CARGO_PROFILE_RELEASE_DEBUG=line-tables-only
    export CARGO_PROFILE_RELEASE_DEBUG
    step attend cargo build --release --quiet --locked -p courtside
}

# Installed anew when what is asked for has changed, and only then: later runs need no network.
bench_install() { # <name> <what it is installed from> <command…>
    name=$1 from=$2
    shift 2
    wanted=$(cksum <"$from")
    if [ "$(cat "$state/$name/installed" 2>/dev/null)" != "$wanted" ]; then
        say "Installing $name, as pinned in ${from#"$root/"}."
        rm -rf "${state:?}/$name"
        mkdir -p "$state/$name"
        step "$@"
        say "$wanted" >"$state/$name/installed"
    fi
}

install_emmett() {
    have npm || refuse 'Node.js is not installed (no npm in PATH), emmett needs it: install version 20 or newer.'
    cp ops/bench/peers/emmett/package.json ops/bench/peers/emmett/package-lock.json "$state/emmett"
    attend npm --prefix "$state/emmett" ci --ignore-scripts --no-audit --no-fund --silent
}

install_eventsourcing() {
    have python3 || refuse 'Python is not installed (no python3 in PATH), eventsourcing needs it: install 3.10 or newer.'
    python3 -m venv "$state/eventsourcing" ||
        refuse "Python has no venv module: install it (on Debian, with: sudo apt-get install python3-venv)."
    attend "$state/eventsourcing/bin/python" -m pip install --quiet --no-deps \
        -r ops/bench/peers/eventsourcing/requirements.txt
}

bench_peers() {
    bench_install emmett "$root/ops/bench/peers/emmett/package-lock.json" install_emmett
    bench_install eventsourcing "$root/ops/bench/peers/eventsourcing/requirements.txt" install_eventsourcing
    # Node finds packages beside the file that asks for them.
    cp ops/bench/peers/emmett/worker.mjs "$state/emmett"
}
