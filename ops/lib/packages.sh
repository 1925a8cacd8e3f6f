# shellcheck shell=sh
# Finding the servers' binaries, and as root on Debian installing them.

# Newest first. Debian keeps Postgres out of PATH, Homebrew keeps its versioned ones out.
find_postgres() { # [major]; sets pg_bin
    wanted=${1:-}
    pg_bin='' best=14
    for dir in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql@*/bin \
        /usr/local/opt/postgresql@*/bin "$(dirname "$(command -v postgres || echo /none/postgres)")"; do
        [ -x "$dir/postgres" ] && [ -x "$dir/initdb" ] && [ -x "$dir/psql" ] || continue
        major=$("$dir/postgres" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
        if [ "${wanted:-$major}" = "$major" ] && [ "$major" -gt "$best" ]; then
            pg_bin=$dir best=$major
        fi
    done
    [ -n "$pg_bin" ]
}

# Not Debian's wrapper in /usr/sbin: it changes to the user rabbitmq and reads the system's settings.
find_rabbitmq() { # sets rabbit_bin
    for rabbit_bin in /usr/lib/rabbitmq/bin /opt/homebrew/opt/rabbitmq/sbin /usr/local/opt/rabbitmq/sbin \
        "$(dirname "$(command -v rabbitmq-server || echo /none/rabbitmq-server)")"; do
        [ "$rabbit_bin" != /usr/sbin ] && [ -x "$rabbit_bin/rabbitmq-server" ] && have epmd && return 0
    done
    return 1
}

need_binaries() { # <service…>
    missing=''
    for service; do
        case $service in
            postgres) find_postgres "$(cat "$data/postgres/PG_VERSION" 2>/dev/null)" || missing="$missing postgresql" ;;
            rabbitmq) find_rabbitmq || missing="$missing rabbitmq-server" ;;
        esac
    done
    [ -n "$missing" ] || return 0
    if is_root && have apt-get && have dpkg; then
        # shellcheck disable=SC2086 # a list of names
        install_packages $missing
        need_found "$@"
    elif have apt-get; then
        refuse "Not installed:$missing; install with: sudo apt-get install$missing (or name running servers by EVENT_STORE_URL, READ_DATABASE_URL, EDGE_DATABASE_URL, VAULT_DATABASE_URL and AMQP_URL)."
    else
        refuse "Not installed:$missing; install PostgreSQL 15 or newer and RabbitMQ 3.10 or newer (macOS: brew install postgresql@17 rabbitmq), or name running servers by EVENT_STORE_URL, READ_DATABASE_URL, EDGE_DATABASE_URL, VAULT_DATABASE_URL and AMQP_URL."
    fi
}

need_found() {
    for service; do
        case $service in
            postgres) find_postgres "$(cat "$data/postgres/PG_VERSION" 2>/dev/null)" ||
                refuse "This system's packages have no PostgreSQL the data here can use (15 or newer${pg_made:+, data made by $pg_made}); install one from apt.postgresql.org." ;;
            rabbitmq) find_rabbitmq || refuse "Installing rabbitmq-server gave no /usr/lib/rabbitmq/bin/rabbitmq-server; install RabbitMQ 3.10 or newer from rabbitmq.com." ;;
        esac
    done
}

apt() {
    DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -o DPkg::Lock::Timeout=300 "$@"
}

# Says what and how much, then installs it with everything that would start a system service
# held back, and leaves the machine's own settings as they were.
install_packages() { # <package…>
    apt_log=$state/apt.log
    plan=$(apt install --no-install-recommends --assume-no "$@" 2>&1)
    case $plan in
        *'newly installed'*) ;;
        *)
            printf 'Fetching the list of packages (apt-get update) '
            quietly "$apt_log" apt update || fail "apt-get update failed: $(tail -n 3 "$apt_log")"
            plan=$(apt install --no-install-recommends --assume-no "$@" 2>&1)
            ;;
    esac
    amount=$(printf '%s\n' "$plan" | sed -n 's/^Need to get \(.*\) of archives\.$/\1 to download/p; s/^After this operation, \(.*\) of additional disk space will be used\.$/\1 on disk/p' | paste -s -d , - | sed 's/,/, /')
    printf 'Installing %s (%s; no system service is started) ' "$*" "${amount:-size unknown}"

    # Stopping dpkg half way leaves a broken machine: a signal waits until it is done.
    interrupted=''
    trap 'interrupted=1' INT TERM HUP
    hold_services_back
    quietly "$apt_log" apt install -y --no-install-recommends "$@"
    status=$?
    if [ $status -ne 0 ]; then # most often lists older than the mirror
        quietly "$apt_log" apt update && quietly "$apt_log" apt install -y --no-install-recommends "$@"
        status=$?
    fi
    let_services_go
    trap_signals
    [ -z "$interrupted" ] || exit 130
    [ $status -eq 0 ] || fail "apt-get install $* failed: $(tail -n 3 "$apt_log") (all of it: $apt_log)"
}

quietly() { # <log> <command…>
    quiet_log=$1
    shift
    "$@" </dev/null >>"$quiet_log" 2>&1 &
    quiet_pid=$!
    while kill -0 "$quiet_pid" 2>/dev/null; do
        printf .
        sleep 2
    done
    wait "$quiet_pid"
    set -- $?
    say ''
    return "$1"
}

hold_services_back() {
    policy=/usr/sbin/policy-rc.d
    policy_ours=''
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\n# Temporary: written by Courtside while it installs packages.\nexit 101\n' >"$policy"
        chmod 755 "$policy"
        policy_ours=1
    fi
    cluster_conf=/etc/postgresql-common/createcluster.conf
    cluster_conf_ours=''
    if [ ! -e "$cluster_conf" ]; then
        mkdir -p "${cluster_conf%/*}"
        echo 'create_main_cluster = false' >"$cluster_conf"
        cluster_conf_ours=1
    fi
}

let_services_go() {
    [ -z "$policy_ours" ] || rm -f "$policy"
    [ -z "$cluster_conf_ours" ] || rm -f "$cluster_conf"
    # Nor at the next boot: a broker nobody asked for would take 5672.
    if have systemctl; then
        case $* in *rabbitmq-server*) systemctl disable rabbitmq-server.service epmd.service epmd.socket >/dev/null 2>&1 || : ;; esac
    fi
}
