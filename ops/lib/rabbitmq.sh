# shellcheck shell=sh
# A private RabbitMQ node, with an epmd of its own, on 127.0.0.1 only.

rabbitmq_paths() {
    rabbit=$data/rabbitmq
    rabbit_log=$rabbit/log/start.log
    # Erlang keeps flags it does not know: this one names the node on its command line.
    rabbit_mark="-courtside $rabbit"
}

# The rest of this file runs RabbitMQ's scripts in a subshell with this environment. Whatever is
# not set here they would take from the system's settings, and then fight the system's node.
rabbitmq_environment() {
    for name in $(env | sed -n 's/^\(RABBITMQ_[A-Z_]*\)=.*/\1/p; s/^\(ERL_[A-Z_]*\)=.*/\1/p'); do unset "$name"; done
    export LANG=C.UTF-8 HOME="$rabbit/home" # the cookie
    export ERL_EPMD_PORT="$(cat "$state/ports/epmd")" ERL_EPMD_ADDRESS=127.0.0.1
    export ERL_CRASH_DUMP="$rabbit/log/erl_crash.dump"
    # "localhost", because the name is part of the data, and a laptop's own name changes.
    export RABBITMQ_NODENAME="courtside-$state_hash@localhost"
    export RABBITMQ_DIST_PORT="$(cat "$state/ports/dist")"
    export RABBITMQ_CONFIG_FILE="$rabbit/rabbitmq.conf"
    export RABBITMQ_ADVANCED_CONFIG_FILE="$rabbit/advanced.config"
    export RABBITMQ_CONF_ENV_FILE="$rabbit/rabbitmq-env.conf"
    export RABBITMQ_ENABLED_PLUGINS_FILE="$rabbit/enabled_plugins"
    export RABBITMQ_MNESIA_BASE="$rabbit/mnesia"
    export RABBITMQ_LOG_BASE="$rabbit/log"
    export RABBITMQ_PID_FILE="$rabbit/beam.pid"
    export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false'
    export RABBITMQ_CTL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false'
}

rabbitmqctl() { (rabbitmq_environment && exec "$rabbit_bin/rabbitmqctl" -q "$@"); }

rabbitmq_pid() { # prints the pid of the Erlang machine; fails when ours does not run
    pid=$(cat "$rabbit/beam.pid" 2>/dev/null)
    runs "$pid" "$rabbit_mark" && echo "$pid"
}

rabbitmq_settings() {
    cat <<END
listeners.tcp.1 = 127.0.0.1:$(cat "$state/ports/amqp")
default_user = courtside
default_pass = $(cat "$state/secrets/amqp_password")
# The default is relative to memory, and stops publishers on a small disk.
disk_free_limit.absolute = 50MB
END
}

# Launching and waiting are apart, so that Postgres starts meanwhile.
rabbitmq_launch() {
    rabbit_launched=''
    if pid=$(rabbitmq_pid) && listening "$(cat "$state/ports/amqp")"; then
        say "RabbitMQ: already running (pid $pid, 127.0.0.1:$(cat "$state/ports/amqp"))"
        return
    fi
    rabbit_launched=1
    runs "$(cat "$rabbit/launch.pid" 2>/dev/null)" "$rabbit_mark" && return # an interrupted start left it starting
    umask 077
    mkdir -p "$rabbit/log" "$rabbit/home" "$rabbit/mnesia"
    choose_port amqp 1
    choose_port dist 2
    rabbitmq_settings >"$rabbit/rabbitmq.conf"
    echo '[].' >"$rabbit/advanced.config"
    echo '[].' >"$rabbit/enabled_plugins"
    : >"$rabbit/rabbitmq-env.conf"
    rm -f "$rabbit/beam.pid"

    # Our own epmd, in the foreground and started by us: then we know which one to end.
    if ! epmd_pid >/dev/null; then
        choose_port epmd 3
        port=$(cat "$state/ports/epmd")
        detach "$rabbit_log" epmd -port "$port" -address 127.0.0.1
        echo $! >"$rabbit/epmd.pid"
        wait_until 10 listening "$port" || fail "epmd did not start on port $port: $(tail -n 3 "$rabbit_log")"
    fi
    (
        rabbitmq_environment
        # shellcheck disable=SC2086 # the mark is a flag and its value
        detach "$rabbit_log" "$rabbit_bin/rabbitmq-server" $rabbit_mark
        echo $! >"$rabbit/launch.pid"
    )
    umask 022
}

epmd_pid() {
    pid=$(cat "$rabbit/epmd.pid" 2>/dev/null)
    runs "$pid" "epmd -port $(cat "$state/ports/epmd" 2>/dev/null) " && echo "$pid"
}

rabbitmq_up_or_dead() {
    listening "$(cat "$state/ports/amqp")" || ! runs "$(cat "$rabbit/launch.pid")" "$rabbit_mark"
}

rabbitmq_await() {
    [ -n "$rabbit_launched" ] || return 0
    printf 'RabbitMQ: starting on 127.0.0.1:%s ' "$(cat "$state/ports/amqp")"
    # A dead launcher would be waited for in vain, hence "or dead"; then rabbitmqctl says which it was.
    if wait_until 90 rabbitmq_up_or_dead && rabbitmqctl await_startup --timeout 60 >>"$rabbit_log" 2>&1 && rabbitmq_pid >/dev/null; then
        say 'ready.'
        return
    fi
    say 'failed.'
    tail -n 15 "$rabbit_log" >&2
    fail "RabbitMQ did not become ready within 90 s; its logs are in $rabbit/log."
}

rabbitmq_stop() {
    if pid=$(rabbitmq_pid); then
        printf 'RabbitMQ: stopping (pid %s) ' "$pid"
        kill -TERM "$pid"
        wait_until 60 gone "$pid" "$rabbit_mark" || kill -9 "$pid"
        wait_until 10 gone "$pid" "$rabbit_mark" || fail "RabbitMQ (pid $pid) does not end."
        say 'stopped.'
    else
        say 'RabbitMQ: not running.'
    fi
    # A start that was interrupted before the Erlang machine had written its pid.
    pid=$(cat "$rabbit/launch.pid" 2>/dev/null)
    if runs "$pid" "$rabbit_mark"; then
        kill -TERM "$pid"
        wait_until 30 gone "$pid" "$rabbit_mark" || kill -9 "$pid"
    fi
    if pid=$(epmd_pid); then kill "$pid"; fi
    rm -f "$rabbit/beam.pid" "$rabbit/launch.pid" "$rabbit/epmd.pid"
}

rabbitmq_kill() {
    pid=$(rabbitmq_pid) || fail 'RabbitMQ: not running.'
    kill -9 "$pid"
    wait_until 10 gone "$pid" "$rabbit_mark"
    # The script around it ends by itself; wait, or a start right now would take it for a starting node.
    wait_until 10 gone "$(cat "$rabbit/launch.pid")" "$rabbit_mark"
    say "RabbitMQ: killed (pid $pid)."
}
