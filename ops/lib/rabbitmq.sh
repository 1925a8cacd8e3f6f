# shellcheck shell=sh
# shellcheck disable=SC2154 # state, data: of ops/services; rabbit_bin: of packages.sh
# A private RabbitMQ node, with an epmd of its own, on 127.0.0.1 only.

rabbitmq_paths() {
    rabbit=$data/rabbitmq
    rabbit_log=$rabbit/log/start.log
    # Erlang keeps flags it does not know: this one marks the node's command line as ours.
    rabbit_mark="-courtside $rabbit"
}

rabbitmq_port() { cat "$state/ports/amqp" 2>/dev/null; }

rabbitmq_at() { say "127.0.0.1:$(rabbitmq_port)"; }

rabbitmq_pid() { # fails when ours does not run
    pid=$(cat "$rabbit/pid" 2>/dev/null)
    runs "$pid" "$rabbit_mark" && say "$pid"
}

epmd_pid() {
    pid=$(cat "$rabbit/epmd.pid" 2>/dev/null)
    runs "$pid" "epmd -port $(cat "$state/ports/epmd" 2>/dev/null) " && say "$pid"
}

# Launching and waiting are apart, so that Postgres starts meanwhile.
rabbitmq_launch() {
    awaited=1
    if ! rabbitmq_pid >/dev/null; then
        launched="$launched rabbitmq"
        rabbitmq_prepare
        epmd_launch
        # shellcheck disable=SC2086 # the mark is a flag and its value
        (rabbitmq_environment && detach "$rabbit/pid" "$rabbit_log" "$rabbit_bin/rabbitmq-server" $rabbit_mark)
    elif listening "$(rabbitmq_port)"; then
        awaited=''
        say "RabbitMQ: already running (pid $(rabbitmq_pid), $(rabbitmq_at))"
    fi
}

rabbitmq_prepare() {
    mkdir -p "$rabbit/log" "$rabbit/home" "$rabbit/mnesia"
    chmod 700 "$rabbit"
    trim_log "$rabbit_log"
    choose_port amqp 1
    choose_port dist 2
    rabbitmq_settings >"$rabbit/rabbitmq.conf"
    echo '[].' >"$rabbit/advanced.config"
    echo '[].' >"$rabbit/enabled_plugins"
    : >"$rabbit/rabbitmq-env.conf"
    rm -f "$rabbit/pid"
    # A container's limit may be a billion: Erlang makes a table, and epmd a loop, of that size.
    # shellcheck disable=SC3045 # dash, bash, zsh and BusyBox all have -n
    ulimit -n 65536 2>/dev/null || :
}

# Our own epmd, in the foreground and started by us: else the node starts one, and nobody knows
# which to end.
epmd_launch() {
    if epmd_pid >/dev/null; then return; fi
    choose_port epmd 3
    detach "$rabbit/epmd.pid" "$rabbit_log" epmd -port "$(cat "$state/ports/epmd")" -address 127.0.0.1
    wait_until 10 listening "$(cat "$state/ports/epmd")" >/dev/null || fail "epmd did not start: $(tail -n 3 "$rabbit_log")"
}

rabbitmq_settings() {
    cat <<END
listeners.tcp.1 = 127.0.0.1:$(rabbitmq_port)
default_user = courtside
default_pass = $(cat "$state/secrets/amqp_password")
# The default grows with the memory, and stops publishers on a small disk.
disk_free_limit.absolute = 50MB
log.console = false
log.file.rotation.size = 10485760
log.file.rotation.count = 3
END
}

# For a subshell that runs one of RabbitMQ's scripts. Whatever is not set here they would take
# from the system's settings, and then fight the system's node for its ports and files.
rabbitmq_environment() {
    for name in $(env | sed -n 's/^\(RABBITMQ_[A-Z_]*\)=.*/\1/p; s/^\(ERL_[A-Z_]*\)=.*/\1/p'); do unset "$name"; done
    HOME=$rabbit/home # the cookie's place
    LANG=C.UTF-8
    ERL_EPMD_PORT=$(cat "$state/ports/epmd")
    ERL_EPMD_ADDRESS=127.0.0.1
    ERL_CRASH_DUMP=$rabbit/log/erl_crash.dump
    RUNNING_UNDER_SYSTEMD=true # the script then becomes the server, instead of standing around it
    RABBITMQ_NODENAME=courtside@localhost # it is part of the data; a machine's own name changes
    RABBITMQ_DIST_PORT=$(cat "$state/ports/dist")
    RABBITMQ_CONFIG_FILE=$rabbit/rabbitmq.conf
    RABBITMQ_ADVANCED_CONFIG_FILE=$rabbit/advanced.config
    RABBITMQ_CONF_ENV_FILE=$rabbit/rabbitmq-env.conf
    RABBITMQ_ENABLED_PLUGINS_FILE=$rabbit/enabled_plugins
    RABBITMQ_MNESIA_BASE=$rabbit/mnesia
    RABBITMQ_LOG_BASE=$rabbit/log
    RABBITMQ_PID_FILE=$rabbit/pid
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false'
    RABBITMQ_CTL_ERL_ARGS=$RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS
    export HOME LANG ERL_EPMD_PORT ERL_EPMD_ADDRESS ERL_CRASH_DUMP RUNNING_UNDER_SYSTEMD RABBITMQ_NODENAME \
        RABBITMQ_DIST_PORT RABBITMQ_CONFIG_FILE RABBITMQ_ADVANCED_CONFIG_FILE RABBITMQ_CONF_ENV_FILE \
        RABBITMQ_ENABLED_PLUGINS_FILE RABBITMQ_MNESIA_BASE RABBITMQ_LOG_BASE RABBITMQ_PID_FILE \
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS RABBITMQ_CTL_ERL_ARGS
}

rabbitmq_await() {
    [ -n "$awaited" ] || return 0
    printf 'RabbitMQ: starting on %s ' "$(rabbitmq_at)"
    wait_until 5 rabbitmq_pid >/dev/null # the pid is written, or it is indeed dead
    # It listens before it has all recovered; only RabbitMQ itself knows when that is.
    if wait_until 90 rabbitmq_listens_or_died && rabbitmq_pid >/dev/null &&
        (rabbitmq_environment && exec "$rabbit_bin/rabbitmqctl" -q await_startup --timeout 60) >>"$rabbit_log" 2>&1; then
        say 'ready.'
    else
        say 'failed.'
        tail -n 15 "$rabbit_log" >&2
        fail "RabbitMQ did not become ready within 90 s; its logs are in $rabbit/log."
    fi
}

rabbitmq_listens_or_died() { listening "$(rabbitmq_port)" || ! rabbitmq_pid >/dev/null; }

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
    if pid=$(epmd_pid); then kill "$pid"; fi
    rm -f "$rabbit/pid" "$rabbit/epmd.pid"
}

rabbitmq_kill() {
    pid=$(rabbitmq_pid) || fail 'RabbitMQ: not running.'
    kill -9 "$pid"
    wait_until 10 gone "$pid" "$rabbit_mark"
    say "RabbitMQ: killed (pid $pid)."
}
