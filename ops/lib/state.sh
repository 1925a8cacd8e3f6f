# shellcheck shell=sh
# shellcheck disable=SC2154 # root, state: of ops/services
# The state directory: secrets, ports, the env file, and where the servers' data lies.

open_state() {
    state_hash=$(printf %s "$state" | cksum | cut -d ' ' -f 1)
    data=$state/data
    if [ -L "$data" ]; then follow_link; fi
    postgres_paths
    rabbitmq_paths
}

# A clone copied with its state has our link, but the data behind it is the original's.
follow_link() {
    target=$(cd "$data" 2>/dev/null && pwd -P) || return 0
    owner=$(cat "$target/owner" 2>/dev/null)
    if [ "$owner" = "$state" ] || [ "$(cd "$owner/data" 2>/dev/null && pwd -P)" != "$target" ]; then
        data=$target
    fi
}

make_secrets() {
    (
        umask 077
        mkdir -p "$state/secrets"
        for name in kek index_key pepper refresh_key mail_key audit_key \
            postgres_password courtside_password courtside_vault_password courtside_test_password amqp_password; do
            [ -s "$state/secrets/$name" ] && continue
            od -An -N 32 -tx1 /dev/urandom | tr -d ' \n' >"$state/secrets/$name.new"
            mv "$state/secrets/$name.new" "$state/secrets/$name"
        done
        if [ ! -s "$state/secrets/payment_webhook_secret" ]; then
            say "whsec_$(head -c 32 /dev/urandom | base64)" >"$state/secrets/payment_webhook_secret.new"
            mv "$state/secrets/payment_webhook_secret.new" "$state/secrets/payment_webhook_secret"
        fi
    ) || refuse "Cannot write to $state/secrets."
}

# The servers' data lies in the state directory if it can. It cannot when we are root and the user
# whom Postgres runs as may not enter the clone (a 0700 home), nor when the path has a character
# that RabbitMQ's scripts trip over. Then it lies elsewhere, and a link leads there.
place_data() {
    chmod 711 "$state"
    if [ -L "$data" ] || [ ! -d "$data" ]; then # a link still here leads nowhere, or to another's
        rm -f "$data"
        if elsewhere=$(other_place); then
            (umask 022 && mkdir -p "$elsewhere")
            data=$(mktemp -d "$elsewhere/$(basename "$root" | tr -cd 'A-Za-z0-9._-').XXXXXX") ||
                refuse "Cannot write to $elsewhere."
            ln -s "$data" "$state/data"
        else
            mkdir "$data"
        fi
        chmod 711 "$data"
    fi
    say "$state" >"$data/owner"
    open_state
}

other_place() { # fails when the state directory will do
    case $state in
        *[!A-Za-z0-9/._-]*) ;;
        *) if ! is_root || as_pg test -x "$state"; then return 1; fi ;;
    esac
    # Not /var/tmp: what lies there for a month unread is swept away.
    if is_root; then echo /var/lib/courtside; else echo "${XDG_STATE_HOME:-$HOME/.local/state}/courtside"; fi
}

# Secrets and ports stay, so the URLs do too.
delete_data() {
    rm -rf "${data:?}" "$state/data" "$state/env" "$state/demo.json"
}

# Chosen once and kept, so that URLs stay the same over restarts. The system gives outgoing
# connections no port below 32768; RabbitMQ's commands take some 10000 above dist.
choose_port() { # <name> <offset>
    mkdir -p "$state/ports"
    port=$(cat "$state/ports/$1" 2>/dev/null) || port=$((20000 + state_hash % 2000 * 5 + $2))
    while listening "$port"; do port=$((port + 5)); done
    say "$port" >"$state/ports/$1"
}

# Servers append to these from outside: begun anew only between two runs.
trim_log() { # <log>
    if [ -f "$1" ] && [ "$(wc -c <"$1")" -gt 10485760 ]; then mv "$1" "$1.1"; fi
    touch "$1"
}

secret() { cat "$state/secrets/$1" 2>/dev/null; } # <name>

own_url() { # <setting>
    case $1 in
        EVENT_STORE_URL) say "postgres://courtside:$(secret courtside_password)@$(postgres_at)/courtside_log" ;;
        READ_DATABASE_URL) say "postgres://courtside:$(secret courtside_password)@$(postgres_at)/courtside_read" ;;
        EDGE_DATABASE_URL) say "postgres://courtside:$(secret courtside_password)@$(postgres_at)/courtside_edge" ;;
        VAULT_DATABASE_URL) say "postgres://courtside_vault:$(secret courtside_vault_password)@$(postgres_at)/courtside_vault" ;;
        TEST_POSTGRES_URL) say "postgres://courtside_test:$(secret courtside_test_password)@$(postgres_at)/postgres" ;;
        AMQP_URL | TEST_AMQP_URL) say "amqp://courtside:$(secret amqp_password)@$(rabbitmq_at)/%2f" ;;
    esac
}

# What the environment gives for a setting, unless it is ours (someone sourced the env file),
# which our own password in it tells: the port may be another by now.
given() { # <setting>
    eval "value=\${$1:-}"
    case $1 in
        *_URL)
            password=$(own_url "$1" | sed 's/.*:\([0-9a-f]*\)@.*/\1/')
            case $value in *"${password:-no password yet}"*) value='' ;; esac
            ;;
    esac
    [ -n "$value" ] && say "$value"
}

named_outside() { # <service>
    case $1 in
        postgres) given EVENT_STORE_URL && given READ_DATABASE_URL && given EDGE_DATABASE_URL && given VAULT_DATABASE_URL ;;
        rabbitmq) given AMQP_URL ;;
    esac >/dev/null
}

write_env() {
    (
        umask 077
        {
            echo '# Written by ops/services at every start.'
            for name in EVENT_STORE_URL READ_DATABASE_URL EDGE_DATABASE_URL VAULT_DATABASE_URL AMQP_URL TEST_POSTGRES_URL; do
                env_line "$name" "$(given "$name" || own_url "$name")"
            done
            env_line TEST_AMQP_URL "$(given TEST_AMQP_URL || given AMQP_URL || own_url AMQP_URL)"
            for name in KEK INDEX_KEY PEPPER REFRESH_KEY MAIL_KEY AUDIT_KEY PAYMENT_WEBHOOK_SECRET; do
                # Both X and X_FILE would be an error.
                given "$name" >/dev/null || env_line "${name}_FILE" \
                    "$(given "${name}_FILE" || say "$state/secrets/$(say "$name" | tr '[:upper:]' '[:lower:]')")"
            done
        } >"$state/env.new"
        mv "$state/env.new" "$state/env"
    )
}

env_line() { # <name> <value>
    case $2 in
        *@127.0.0.1:/*) ;; # of a server that was never started here
        *[!A-Za-z0-9/:@%._-]*) printf "%s='%s'\n" "$1" "$(say "$2" | sed "s/'/'\\\\''/g")" ;;
        *) printf '%s=%s\n' "$1" "$2" ;;
    esac
}
