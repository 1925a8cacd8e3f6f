# shellcheck shell=sh
# What every script here needs. POSIX sh only: a Mac's sh has no setsid, timeout or flock,
# and a slim container has no ps, ss or lsof.

say() { printf '%s\n' "$*"; }

# Exit 3: the user has to do something, and the one sentence says what. Exit 1: something broke.
refuse() { printf '%s\n' "$*" >&2; exit 3; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

have() { command -v "$1" >/dev/null 2>&1; }
is_root() { [ "$(id -u)" -eq 0 ]; }

command_line() {
    if [ -d /proc/self ]; then
        tr '\0' ' ' <"/proc/$1/cmdline"
    else
        ps -ww -o args= -p "$1"
    fi 2>/dev/null
}

# A pid alone proves nothing: after a crash another process may have it. So every pid is
# believed only together with a mark that stands on the command line of what we started.
runs() { # <pid> <mark>
    case $1 in '' | *[!0-9]*) return 1 ;; esac
    case $(command_line "$1") in *"$2"*) return 0 ;; *) return 1 ;; esac
}

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

gone() { ! runs "$1" "$2"; } # <pid> <mark>

# Runs a command in a session of its own, so that Ctrl-C in our terminal, or the end of it,
# reaches the command only if we pass it on. To be used in the background, as a subshell's last word.
in_own_session() {
    if have setsid; then
        exec setsid "$@"
    elif have perl; then
        exec perl -e 'use POSIX; setsid(); exec @ARGV or die "$ARGV[0]: $!\n"' "$@"
    else
        exec nohup "$@"
    fi
}

# Starts a server that outlives us; its pid is in $!.
detach() { # <log> <command…>
    log=$1
    shift
    in_own_session "$@" </dev/null >>"$log" 2>&1 &
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

random_hex() { # <bytes>
    od -An -N "$1" -tx1 /dev/urandom | tr -d ' \n'
}

# A build, two databases and a broker's data: with less, one of them fails half way, and unclearly.
need_disk() { # <directory…>
    for dir; do
        free_kb=$(df -Pk "$dir" | awk 'NR == 2 { print $4 }')
        need_gb=${COURTSIDE_MIN_FREE_GB:-6}
        [ "${free_kb:-0}" -ge $((need_gb * 1024 * 1024)) ] ||
            refuse "Only $((${free_kb:-0} / 1024)) MB are free at $dir: at least $need_gb GB are needed; free some and run this again."
    done
}

# A lock is a symbolic link whose target is the holder's pid: made and signed in one atomic step
# (mkdir would leave a moment without an owner). A dead holder's lock is broken under a second
# lock named after that pid, and looked at again there, so two breakers cannot take a living one.
try_lock() { # <path> <mark>; fails with the holder's pid in $holder
    until ln -s "$$" "$1" 2>/dev/null; do
        holder=$(readlink "$1") || continue
        if runs "$holder" "$2"; then
            return 1
        fi
        if ln -s "$$" "$1.$holder" 2>/dev/null; then
            [ "$(readlink "$1")" = "$holder" ] && rm -f "$1"
            rm -f "$1.$holder"
        else
            sleep 1
        fi
    done
}

unlock() { # <path>
    [ "$(readlink "$1" 2>/dev/null)" = "$$" ] && rm -f "$1"
    return 0
}
