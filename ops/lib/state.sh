# shellcheck shell=sh
# The state directory: secrets, ports, the env file, and where the servers' data lies.

open_state() {
    state_hash=$(printf %s "$state" | cksum | cut -d ' ' -f 1)
    if [ -d "$state/data" ]; then data=$(cd "$state/data" && pwd -P); else data=$state/data; fi
    postgres_paths
    rabbitmq_paths
}

# Chosen once and kept, so that URLs stay the same over restarts. Below 32768 the system gives no
# port to outgoing connections; RabbitMQ adds 20000 and 10000 to some.
choose_port() { # <name> <offset>
    mkdir -p "$state/ports"
    port=$(cat "$state/ports/$1" 2>/dev/null) || port=$((20000 + state_hash % 2000 * 5 + $2))
    while listening "$port"; do port=$((port + 5)); done
    echo "$port" >"$state/ports/$1"
}

make_secrets() {
    (
        umask 077
        mkdir -p "$state/secrets"
        for name in kek index_key pepper refresh_key mail_key \
            postgres_password courtside_password courtside_vault_password courtside_test_password amqp_password; do
            [ -s "$state/secrets/$name" ] && continue
            random_hex 32 >"$state/secrets/$name.new"
            mv "$state/secrets/$name.new" "$state/secrets/$name"
        done
    ) || refuse "Cannot write to $state/secrets."
}

# The servers' data lies in the state directory if it can. It cannot when we are root, and the
# user Postgres runs as may not enter the clone (a 0700 home), nor when the path has a character
# that RabbitMQ's scripts trip over. Then it lies elsewhere, and a link leads there.
place_data() {
    chmod 711 "$state"
    if [ ! -d "$data" ]; then
        rm -f "$state/data"
        if elsewhere=$(other_place); then
            (umask 022 && mkdir -p "$elsewhere")
            data=$(mktemp -d "$elsewhere/$(basename "$root" | tr -cd 'A-Za-z0-9._-').XXXXXX") || refuse "Cannot write to $elsewhere."
            ln -s "$data" "$state/data"
        else
            mkdir "$data"
        fi
        chmod 711 "$data"
    fi
    open_state
    need_disk "$data"
}

other_place() {
    case $state in
        *[!A-Za-z0-9/._-]*) ;;
        *) ! is_root || as_pg test -x "$state" && return 1 ;;
    esac
    if is_root; then echo /var/lib/courtside; else echo "${XDG_STATE_HOME:-$HOME/.local/state}/courtside"; fi
}

delete_data() {
    [ ! -L "$state/data" ] || rm -rf "${data:?}"
    rm -rf "$state/data" "$state/env" "$state/demo.json"
}

own_url() { # <setting>
    secrets=$state/secrets
    pg_at=127.0.0.1:$(cat "$state/ports/postgres" 2>/dev/null)
    case $1 in
        EVENT_STORE_URL) echo "postgres://courtside:$(cat "$secrets/courtside_password")@$pg_at/courtside_log" ;;
        READ_DATABASE_URL) echo "postgres://courtside:$(cat "$secrets/courtside_password")@$pg_at/courtside_read" ;;
        EDGE_DATABASE_URL) echo "postgres://courtside:$(cat "$secrets/courtside_password")@$pg_at/courtside_edge" ;;
        VAULT_DATABASE_URL) echo "postgres://courtside_vault:$(cat "$secrets/courtside_vault_password")@$pg_at/courtside_vault" ;;
        TEST_POSTGRES_URL) echo "postgres://courtside_test:$(cat "$secrets/courtside_test_password")@$pg_at/postgres" ;;
        AMQP_URL | TEST_AMQP_URL) echo "amqp://courtside:$(cat "$secrets/amqp_password")@127.0.0.1:$(cat "$state/ports/amqp")/%2f" ;;
    esac 2>/dev/null
}

env_line() { # <name> <value>
    case $2 in
        *[!A-Za-z0-9/:@%._-]*) printf "%s='%s'\n" "$1" "$(printf %s "$2" | sed "s/'/'\\\\''/g")" ;;
        *) printf '%s=%s\n' "$1" "$2" ;;
    esac
}

write_env() {
    (
        umask 077
        {
            echo '# Written by ops/services at every start.'
            for name in EVENT_STORE_URL READ_DATABASE_URL EDGE_DATABASE_URL VAULT_DATABASE_URL AMQP_URL; do
                eval "value=\${$name:-\$(own_url $name)}"
                env_line "$name" "$value"
            done
            for name in KEK INDEX_KEY PEPPER REFRESH_KEY MAIL_KEY; do
                file=$state/secrets/$(echo "$name" | tr '[:upper:]' '[:lower:]')
                eval "value=\${${name}_FILE:-\$file} given=\${$name:-}"
                [ -n "$given" ] || env_line "${name}_FILE" "$value"
            done
            named_outside postgres && [ -z "${TEST_POSTGRES_URL:-}" ] || env_line TEST_POSTGRES_URL "${TEST_POSTGRES_URL:-$(own_url TEST_POSTGRES_URL)}"
            env_line TEST_AMQP_URL "${TEST_AMQP_URL:-${AMQP_URL:-$(own_url AMQP_URL)}}"
        } >"$state/env.new"
        mv "$state/env.new" "$state/env"
    )
}
