#!/bin/sh
# Installs gitbtc for one user, runs the demo, runs the tests. Needs Python, Git and a package registry; no root.
set -eu

# What a user's shell may hold must not redirect the environments made here.
unset CDPATH PYTHONHOME PYTHONPATH PIP_TARGET PIP_PREFIX
export PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1

here=$(cd -- "$(dirname -- "$0")" && pwd -P)
oldest_python=3.11
oldest_git=2.34

usage() {
    cat <<'USAGE'
./install.sh               install gitbtc for this user: an environment of its own, a link in ~/.local/bin,
                           links to the manual pages in ~/.local/share/man
./install.sh --uninstall   remove exactly that
./install.sh demo [DIR]    show gitbtc at work on recorded data, and leave the repository in DIR (./gitbtc-demo)
./install.sh demo --live [DIR]  the same on two real nodes, which are fetched (Debian's package) unless one is installed
./install.sh test [ARG…]   run the tests; each ARG goes to pytest
./install.sh -h            this text

PYTHON=/path/to/python chooses the Python to use.
USAGE
}

say() {
    printf '%s\n' "$*"
}

stop() {
    printf 'install.sh: %s\n' "$*" >&2
    exit 3
}

need_unix_and_git() {
    case $(uname -s) in
    CYGWIN* | MINGW* | MSYS* | Windows*) stop 'gitbtc does not run on Windows; in WSL it does, as on Linux' ;;
    esac
    command -v git >/dev/null || stop "git is missing; install Git $oldest_git or later"
    version=$(git version)
    version=${version#git version }
    major=${version%%.*}
    minor=${version#*.}
    minor=${minor%%.*}
    if [ "$major" -lt "${oldest_git%.*}" ] ||
        { [ "$major" -eq "${oldest_git%.*}" ] && [ "$minor" -lt "${oldest_git#*.}" ]; }; then
        stop "Git $version is too old; install Git $oldest_git or later"
    fi
}

# The path of a Python that is new enough and can do what $1 (statements) does; fails when there is none.
find_python() {
    for candidate in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11 python; do
        "$candidate" -c "import sys
assert sys.version_info >= tuple(map(int, '$oldest_python'.split('.')))
$1
print(sys.executable)" 2>/dev/null && return
        [ -z "${PYTHON:-}" ] || return 1
    done
    return 1
}

# make_environment FOLDER: a virtual environment with pip, anew if the one that is there does not work.
make_environment() {
    if "$1/bin/python" -c 'import pip' 2>/dev/null; then
        return
    fi
    if [ -e "$1" ] && [ ! -f "$1/pyvenv.cfg" ]; then
        stop "$1 is there and is no Python environment; move it away"
    fi
    rm -rf -- "$1"
    if python=$(find_python 'import ensurepip, venv'); then
        "$python" -m venv "$1" || stop "$python could not make an environment in $1"
    elif python=$(find_python 'import virtualenv'); then
        "$python" -m virtualenv --quiet "$1" || stop "$python could not make an environment in $1"
    elif python=$(find_python '') && command -v virtualenv >/dev/null; then
        virtualenv --quiet --python "$python" "$1" || stop "virtualenv could not make an environment in $1"
    elif [ -n "${python:-}" ]; then
        stop "$python cannot make environments: install its venv module (the package python3-venv) or virtualenv"
    elif [ -n "${PYTHON:-}" ]; then
        stop "$PYTHON is not Python $oldest_python or later"
    else
        stop "no Python $oldest_python or later on the PATH; install one, or name one: PYTHON=/path/to/python"
    fi
}

# state FOLDER FILE…: a line that changes when one of the files does, or the environment's Python, or its place.
state() {
    environment=$1
    shift
    (
        cd -- "$here"
        printf '%s|%s|' "$here" "$("$environment/bin/python" -V)"
        find "$@" -name __pycache__ -prune -o -type f -exec cksum {} + | LC_ALL=C sort | cksum
    )
}

# bring FOLDER STAMP WHAT FILE…: has pip install WHAT of this checkout, unless FILE… are as they were the last time.
bring() {
    environment=$1 stamp=$1/$2 what=$3
    shift 3
    make_environment "$environment"
    now=$(state "$environment" "$@")
    if [ -f "$stamp" ] && [ "$(cat -- "$stamp")" = "$now" ]; then
        return
    fi
    say "Installing what gitbtc needs into $environment"
    rm -f -- "$stamp"
    # $what is left unquoted: it may be an option and its value.
    # shellcheck disable=SC2086
    (cd -- "$here" && "$environment/bin/python" -m pip install --quiet --upgrade $what) ||
        stop 'pip failed (see above); it needs a package registry that it can reach'
    printf '%s\n' "$now" >"$stamp"
}

places() {
    [ -n "${HOME:-}" ] || stop 'HOME is not set'
    case ${XDG_DATA_HOME:-} in
    /*) data=$XDG_DATA_HOME/gitbtc ;;
    *) data=$HOME/.local/share/gitbtc ;;
    esac
    bin=$HOME/.local/bin
    link=$bin/gitbtc
    program=$data/venv/bin/gitbtc
    pages=$data/venv/share/man/man1
    # Where man looks for the pages of what lies in $bin.
    man=$HOME/.local/share/man/man1
}

is_our_link() {
    [ -h "$link" ] && [ "$(readlink -- "$link")" = "$program" ]
}

# Makes a link to each manual page, but where another file has its name.
link_pages() {
    unlink_pages
    for page in "$pages"/*.1; do
        name=$man/${page##*/}
        if [ -f "$page" ] && [ ! -e "$name" ] && [ ! -h "$name" ]; then
            mkdir -p -- "$man"
            ln -s -- "$page" "$name"
        fi
    done
}

unlink_pages() {
    for name in "$man"/gitbtc*.1; do
        if [ -h "$name" ] && [ "$(readlink -- "$name")" = "$pages/${name##*/}" ]; then
            rm -f -- "$name"
        fi
    done
}

install() {
    places
    if { [ -e "$link" ] || [ -h "$link" ]; } && ! is_our_link; then
        stop "$link is there and not of this installation; move it away"
    fi
    need_unix_and_git
    bring "$data/venv" .gitbtc-installed . pyproject.toml README.md LICENSE docs/man_pages.py gitbtc hooks schemas
    mkdir -p -- "$bin"
    ln -sf -- "$program" "$link"
    link_pages
    version=$("$program" --version)
    say "gitbtc ${version##* } is installed: $link"
    case :${PATH:-}: in
    *:"$bin":*) ;;
    *) say "$bin is not on your PATH; add it: export PATH=\"$bin:\$PATH\"" ;;
    esac
    say 'Next: gitbtc init, in the folder of a treasury. man gitbtc tells of each command.'
}

uninstall() {
    places
    if ! is_our_link && [ ! -d "$data/venv" ]; then
        say 'gitbtc is not installed here.'
        return
    fi
    if is_our_link; then
        rm -f -- "$link"
        say "removed $link"
    fi
    unlink_pages
    rm -rf -- "$data/venv"
    rmdir -- "$data" 2>/dev/null || :
    say "removed $data/venv"
    say 'A repository where gitbtc is still set up refuses to stage and to commit without it.'
    say "To free one, install gitbtc again and run 'gitbtc uninstall' in it."
}

demo() {
    need_unix_and_git
    if [ ! -f "$here/.venv/.gitbtc-tests" ]; then
        bring "$here/.venv" .gitbtc-demo '-e .' pyproject.toml
    else
        bring "$here/.venv" .gitbtc-tests '-e .[test]' pyproject.toml
    fi
    if [ "${1:-}" = --live ]; then
        shift
        exec "$here/.venv/bin/python" -m nodes "$@"
    fi
    exec "$here/.venv/bin/python" -m gitbtc.demo "$@"
}

run_tests() {
    need_unix_and_git
    bring "$here/.venv" .gitbtc-tests '-e .[test]' pyproject.toml
    cd -- "$here"
    unset PYTHONDONTWRITEBYTECODE # or each worker compiles every test of every run anew
    exec .venv/bin/python -m pytest -n auto --dist worksteal "$@"
}

case ${1:-} in
'') install ;;
--uninstall) uninstall ;;
demo)
    shift
    demo "$@"
    ;;
test)
    shift
    run_tests "$@"
    ;;
-h | --help) usage ;;
*)
    usage >&2
    exit 2
    ;;
esac
