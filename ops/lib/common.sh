# shellcheck shell=sh
# What every script here needs. POSIX sh only: a Mac's sh has no setsid, timeout or flock,
# and a slim container has no ps, ss or lsof.

say() { printf '%s\n' "$*"; }

# Exit 3: somebody has to do something, and the one sentence says what. Exit 1: something broke.
refuse() { say "$*" >&2; exit 3; }
fail() { say "$*" >&2; exit 1; }

have() { command -v "$1" >/dev/null 2>&1; }
is_root() { [ "$(id -u)" -eq 0 ]; }

command_line() { # <pid>
    if [ -d /proc/self ]; then
        tr '\0' ' ' <"/proc/$1/cmdline"
    else
        ps -ww -o args= -p "$1"
    fi 2>/dev/null
}

# A pid alone proves nothing: after a crash another process may have it. So every pid is
# believed only together with a mark that stands on the command line of what we started.
# (A zombie has no command line, and is rightly held for gone.)
runs() { # <pid> <mark>
    case $1 in '' | *[!0-9]*) return 1 ;; esac
    case $(command_line "$1") in *"$2"*) return 0 ;; *) return 1 ;; esac
}

gone() { ! runs "$1" "$2"; } # <pid> <mark>

children_of() { # <pid>
    if [ -d /proc/self ]; then
        sed -n "s/^\([0-9]*\) (.*) . $1 .*/\1/p" /proc/[0-9]*/stat
    else
        ps -A -o ppid= -o pid= | awk -v parent="$1" '$1 == parent { print $2 }'
    fi 2>/dev/null
}

# Waits, a dot a second, until the command succeeds; gives up after so many seconds.
wait_until() { # <seconds> <command…>
    left=$1
    shift
    until "$@"; do
        [ "$left" -gt 0 ] || return 1
        left=$((left - 1))
        printf .
        sleep 1
    done
}

# Turns the calling background subshell into the command, in a session of its own: Ctrl-C in our
# terminal, or the end of it, then reaches the command only if we pass it on. Perl first, because
# it can also take back that a shell's background children ignore SIGINT, and all theirs too.
in_own_session() { # <command…>
    if have perl; then
        exec perl -e 'use POSIX; setsid(); @SIG{"INT", "QUIT"} = ("DEFAULT") x 2; exec @ARGV or die "$ARGV[0]: $!\n"' "$@"
    elif have setsid; then
        exec setsid "$@"
    else
        exec nohup "$@"
    fi
}

# Starts a server that outlives us. It writes its pid itself, before it is what it will be: were
# that left to us, kill -9 could come between, and nobody would know the server for ours.
detach() { # <pid file> <log> <command…>
    detach_pid=$1 detach_log=$2
    shift 2
    # shellcheck disable=SC2016 # for the inner shell
    in_own_session sh -c 'echo $$ >"$0" && exec "$@"' "$detach_pid" "$@" </dev/null >>"$detach_log" 2>&1 &
}

# Runs a command and waits for it, passing on our own end as exactly one SIGTERM (Ctrl-C would
# else arrive twice: from the terminal and from us). Writes its pid to $pid_file, if that is set.
attend() { # <command…>
    in_own_session "$@" &
    child=$!
    [ -z "${pid_file:-}" ] || say "$child" >"$pid_file"
    [ -z "$signal" ] || end_child # it came between the lines above
    while :; do
        wait "$child"
        status=$?
        kill -0 "$child" 2>/dev/null || break # still there: a signal ended only the waiting
    done
    child=''
    return "$status"
}

# One step of several: the first that fails, or that a signal ends, is the last.
step() { # <command…>
    "$@"
    status=$?
    if [ -n "$signal" ]; then exit "$signal"; fi
    if [ "$status" -ne 0 ]; then exit "$status"; fi
}

end_child() { kill -TERM -- "-$child" 2>/dev/null || kill -TERM "$child" 2>/dev/null; }

child='' signal=''
attend_signals() { # before the first attend
    trap 'signal=129; [ -z "$child" ] || end_child' HUP
    trap 'signal=130; [ -z "$child" ] || end_child' INT
    trap 'signal=143; [ -z "$child" ] || end_child' TERM
}

listening() { # <port>
    if [ -r /proc/net/tcp ]; then
        cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
            awk -v port="$(printf ':%04X' "$1")" '
                $4 == "0A" && substr($2, length($2) - 4) == port { found = 1 }
                END { exit !found }'
    else
        netstat -an 2>/dev/null |
            awk -v port="[.:]$1\$" '/LISTEN/ && $4 ~ port { found = 1 } END { exit !found }'
    fi
}

# A build, two servers' data: with less, one of them fails half way, and unclearly.
need_disk() { # <directory>
    free_mb=$(df -Pk "$1" | awk 'NR == 2 { print int($4 / 1024) }')
    need_gb=${COURTSIDE_MIN_FREE_GB:-6}
    [ "${free_mb:-0}" -ge $((need_gb * 1024)) ] ||
        refuse "Only $free_mb MB are free at $1, and $need_gb GB are needed: free some and run this again."
}

# A lock is a symbolic link to "<pid>.<fingerprint of its command line>": made and signed in one
# atomic step, where mkdir would leave a moment without an owner. A dead holder's lock is broken
# under a second lock named after the first, and looked at again there: of two breakers, none can
# take away a living one.
try_lock() { # <path>; fails when another holds it, then $holder is that one's pid
    [ -w "${1%/*}" ] || refuse "Cannot write to ${1%/*}: does it belong to another user?"
    until ln -s "$$.$(fingerprint $$)" "$1" 2>/dev/null; do
        if held "$1"; then
            return 1
        elif [ -n "$seen" ] && ln -s "$$" "$1.$seen" 2>/dev/null; then
            if [ "$(readlink "$1")" = "$seen" ]; then rm -f "$1"; fi
            rm -f "$1.$seen"
        else
            sleep 1
        fi
    done
}

held() { # <path>; by a process that lives
    seen=$(readlink "$1")
    holder=${seen%%.*}
    [ -n "$seen" ] && [ "$seen" = "$holder.$(fingerprint "$holder")" ]
}

fingerprint() { command_line "$1" | cksum | tr ' ' -; } # <pid>

unlock() { # <path>
    case $(readlink "$1" 2>/dev/null) in "$$".*) rm -f "$1" ;; esac
}
