# shellcheck shell=sh
# shellcheck disable=SC2154 # root, state: of the script
# Building the binary, finding it, and the settings it runs with.

binary_path() { say "${CARGO_TARGET_DIR:-$root/target}/$1/courtside"; } # <debug|release>

# Says in one sentence what cargo, rustup or the linker would say at length.
need_cargo() {
    PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin # of an installation made in this very terminal
    rustup="curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
    need=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$root/Cargo.toml")
    have cargo || refuse "Rust is not installed (no cargo in PATH): install it with: $rustup"
    # Here rustup fetches the pinned toolchain, if it may; what it says meanwhile is progress.
    version=$(cargo --version) ||
        refuse "The Rust toolchain this repository pins is not installed: install it with: rustup toolchain install $need"
    say "$version" | awk -v need="$need" '{
        split($2, v, "."); split(need, n, ".")
        exit !(v[1] > n[1] || v[1] == n[1] && v[2] >= n[2])
    }' || refuse "$version is too old, $need is needed: install it with: $(if have rustup; then say 'rustup update stable'; else say "$rustup"; fi)"
    have cc || need_compiler
}

need_compiler() { # Rust links with it
    if can_install; then
        install_packages gcc libc6-dev || exit $?
    elif have apt-get; then
        refuse 'A C compiler is missing, Rust links with it: install it with: sudo apt-get install gcc libc6-dev'
    else
        refuse 'A C compiler is missing, Rust links with it: on a Mac, install it with: xcode-select --install'
    fi
}

# Cargo cannot say beforehand how long it takes, but a missing binary says that it takes all of it.
announce_build() { # <debug|release>
    [ -x "$(binary_path "$1")" ] || say 'The first build takes about 5 minutes on two cores.'
}

build() { # <debug|release>
    if [ "$1" = release ]; then set -- --release; else set --; fi
    attend cargo build --locked -p courtside "$@"
}

load_env() { # of $state
    set -a
    # shellcheck source=/dev/null
    . "$state/env"
    set +a
}
