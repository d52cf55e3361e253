#!/bin/sh
# A hook of gitbtc; `gitbtc install` writes it, `gitbtc uninstall` takes it out. Its name says which one it is.
# A hook that was here before is kept beside it as NAME.before-gitbtc and runs first, with the same arguments and input.

name=${0##*/}
name=${name%%.*}
earlier=${0%/*}/$name.before-gitbtc

# What refuses a commit or a push; a commit or a merge that is already made can only be warned about.
stop() {
    case $name in
    post-*) ;;
    *) exit "$1" ;;
    esac
}

run() {
    case $name in
    pre-push | pre-receive) printf '%s' "$pushed" | "$@" ;;
    *) "$@" ;;
    esac
}

case $name in
pre-push | pre-receive)
    # The point keeps the last line end, which the shell would cut off.
    pushed=$(cat && printf .)
    pushed=${pushed%.}
    ;;
esac
if [ -x "$earlier" ]; then
    run "$earlier" "$@" || stop $?
fi
case $name in
pre-receive) setting=gitbtc.server install='gitbtc install --server' ;;
*) setting=filter.gitbtc.required install='gitbtc install' ;;
esac
if [ -n "$shared" ] && ! git config --get "$setting" >/dev/null; then
    exit 0
fi
# After hardly any commit there is something to do; no Python is started to find that.
if [ "$name" = post-commit ]; then
    kept=$(git rev-parse --git-path gitbtc)
    [ -e "$kept/lost.json" ] || [ -e "$kept/emptied" ] || exit 0
fi
if [ -x "$python" ] && [ -f "$package" ]; then
    run "$python" -E -P -m gitbtc hook "$name" "$@" && exit 0
    status=$?
    "$python" -E -P -c 'import gitbtc' 2>/dev/null && { stop $status; exit 0; }
fi
printf 'gitbtc: %s: gitbtc cannot run here: its Python or its package is gone (%s); install gitbtc, then run `%s` in this repository\n' "$name" "$python" "$install" >&2
stop 1
