# shellcheck shell=sh
# shellcheck disable=SC2154 # state, data: of ops/services
# Finding the servers' binaries, and as root on Debian installing them.

# Newest first, but of the major version that made the data. Debian keeps Postgres out of PATH,
# Homebrew keeps its versioned ones out.
find_postgres() { # sets pg_bin
    pg_major=$(cat "$data/postgres/PG_VERSION" 2>/dev/null)
    pg_bin='' newest=14
    for dir in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql@*/bin \
        /usr/local/opt/postgresql@*/bin "$(dirname "$(command -v postgres || echo /none/postgres)")"; do
        if [ -x "$dir/postgres" ] && [ -x "$dir/initdb" ] && [ -x "$dir/psql" ]; then
            major=$("$dir/postgres" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
            if [ "${pg_major:-$major}" = "$major" ] && [ "$major" -gt "$newest" ]; then
                pg_bin=$dir newest=$major
            fi
        fi
    done
    [ -n "$pg_bin" ]
}

# Not Debian's wrapper in /usr/sbin: it changes to the user rabbitmq and reads the system's settings.
find_rabbitmq() { # sets rabbit_bin
    have epmd || return 1
    for rabbit_bin in /usr/lib/rabbitmq/bin /opt/homebrew/opt/rabbitmq/sbin /usr/local/opt/rabbitmq/sbin \
        "$(dirname "$(command -v rabbitmq-server || echo /none/rabbitmq-server)")"; do
        if [ "$rabbit_bin" != /usr/sbin ] && [ -x "$rabbit_bin/rabbitmq-server" ]; then
            # Its real folder is named rabbitmq_server-3.10.8/sbin, or rabbitmq/4.1.0/sbin:
            # cheaper than the second an Erlang machine takes to answer "version".
            version=$(cd -P "$(dirname "$(readlink -f "$rabbit_bin/rabbitmq-server")")" && pwd |
                sed -n 's|.*rabbitmq[^/]*[-/]\([0-9]*\)\.\([0-9]*\).*|\1 \2|p')
            # shellcheck disable=SC2086 # two numbers; a folder without them is given the benefit
            set -- ${version:-4 0}
            if [ "$1" -gt 3 ] || [ "$2" -ge 10 ]; then return 0; fi
        fi
    done
    return 1
}

need_servers() { # <service…>
    missing=''
    for service; do
        case $service in
            postgres) find_postgres || missing="$missing postgresql" ;;
            rabbitmq) find_rabbitmq || missing="$missing rabbitmq-server" ;;
        esac
    done
    [ -n "$missing" ] || return 0
    if can_install; then
        # shellcheck disable=SC2086 # a list of names
        install_packages $missing || exit $?
        for service; do
            "find_$service" || refuse "$(too_old "$service")"
        done
    else
        refuse "$(install_by_hand "$missing")"
    fi
}

# Tests start their own, each. Debian keeps nginx out of the PATH of those who are not root.
need_for_tests() { # <program> <package>
    if have "$1" || [ -x "/usr/sbin/$1" ]; then return; fi
    can_install || refuse "Not found: $1. Install with: sudo apt-get install $2 (on a Mac: $(on_a_mac "$2"))"
    install_packages "$2" || exit $?
}

on_a_mac() { # <package>
    case $1 in
        python3-*) say "pipx install ${1#python3-}" ;;
        *) say "brew install ${1%-server}" ;;
    esac
}

can_install() { is_root && have apt-get && have dpkg; }

too_old() { # <service>
    case $1 in
        postgres) say "This system's packages have no PostgreSQL ${pg_major:-15 or newer}: install it from apt.postgresql.org${pg_major:+, or delete the data made by version $pg_major with ops/services reset}." ;;
        rabbitmq) say "This system's packages have no RabbitMQ 3.10 or newer: install it from rabbitmq.com." ;;
    esac
}

install_by_hand() { # <packages>
    if have apt-get; then how="Install with: sudo apt-get install$1"; else how='Install PostgreSQL 15 or newer and RabbitMQ 3.10 or newer (on a Mac: brew install postgresql@17 rabbitmq)'; fi
    say "Not found, or too old:$1. $how (or name running servers by EVENT_STORE_URL, READ_DATABASE_URL, EDGE_DATABASE_URL, VAULT_DATABASE_URL and AMQP_URL)."
}

# Says what and how much, then installs it with everything held back that would start a system
# service, and leaves the machine's own settings as they were. A subshell, for its own traps:
# a package half unpacked is worse than a minute's wait, so the caller sees a signal only after it.
install_packages() ( # <package…>
    trap '' INT TERM HUP
    plan=$(apt_plan "$@")
    case $plan in
        *'newly installed'*) ;;
        *)
            printf 'Fetching the list of packages (apt-get update) '
            apt update || fail "apt-get update failed: $(tail -n 3 "$state/apt.log")"
            plan=$(apt_plan "$@")
            ;;
    esac
    amount=$(printf '%s\n' "$plan" | sed -n 's/^Need to get \(.*\) of archives\.$/\1 to download/p; s/^After this operation, \(.*\) of additional.*/\1 on disk/p' | paste -s -d , - | sed 's/,/, /')
    printf 'Installing %s (%s; starts no system service) ' "$*" "${amount:-size unknown}"
    trap 'let_services_go "$@"' EXIT
    hold_services_back
    apt install -y --no-install-recommends "$@" ||
        { apt update && apt install -y --no-install-recommends "$@"; } || # lists older than the mirror
        fail "apt-get install $* failed: $(tail -n 3 "$state/apt.log") (all of it: $state/apt.log)"
)

apt_plan() { LC_ALL=C apt-get install --no-install-recommends --assume-no "$@" 2>&1; }

apt() {
    # dpkg listens to the terminal's Ctrl-C even if its parents do not.
    in_own_session env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 "$@" </dev/null >>"$state/apt.log" 2>&1 &
    apt_pid=$!
    while kill -0 "$apt_pid" 2>/dev/null; do
        printf .
        sleep 2
    done
    wait "$apt_pid"
    set -- $?
    say ''
    return "$1"
}

policy=/usr/sbin/policy-rc.d
cluster=/etc/postgresql-common/createcluster.conf

hold_services_back() {
    for file in "$policy" "$cluster"; do
        if [ -e "$file" ] && [ ! -e "$file.courtside" ]; then mv "$file" "$file.courtside"; fi
    done
    mkdir -p "${cluster%/*}"
    echo 'create_main_cluster = false' >"$cluster"
    printf '#!/bin/sh\n# Temporary, while ops/services installs packages.\nexit 101\n' >"$policy"
    chmod 755 "$policy"
}

let_services_go() { # <package…>
    rm -f "$policy" "$cluster"
    # Ours in the way, dpkg has put the package's own file beside it.
    if [ -e "$cluster.ucf-dist" ]; then mv "$cluster.ucf-dist" "$cluster"; fi
    for file in "$policy" "$cluster"; do
        if [ -e "$file.courtside" ]; then mv "$file.courtside" "$file"; fi
    done
    # Nor at the next boot: a broker nobody asked for would take 5672.
    for installed; do
        case $installed in
            rabbitmq-server) units='rabbitmq-server epmd epmd.socket' ;;
            prometheus | nginx*) units=${installed%-light} ;;
            *) continue ;;
        esac
        # shellcheck disable=SC2086 # a list of names
        if have systemctl; then systemctl disable $units; fi
        update-rc.d "${units%% *}" disable
    done >/dev/null 2>&1
}
