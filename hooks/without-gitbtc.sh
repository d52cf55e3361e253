#!/bin/sh
# What the drivers of this repository do when gitbtc cannot run: its interpreter or its package is gone.
#
# They are then no worse than Git without gitbtc, and never silent. A merge is made as text and left as a conflict: Git
# takes a driver that cannot start for a conflict too, but leaves ours in the file without a marker. Diffs are text.
# Checking out works, and so does what only looks (`git diff`, `git status`). Staging is refused, because nobody looks
# for private keys.

say() {
    printf 'gitbtc: %s\n' "$*" >&2
}

cannot='gitbtc could not run here: its Python or its package is gone, or it failed'
mend='`gitbtc install` in this repository mends it once gitbtc is installed'
free='without gitbtc from now on: `git config --unset include.path gitbtc/config`, and delete its hooks'

# label GIVEN OTHERWISE: Git before 2.44 passes %S, %X and %Y on as they are.
label() {
    case $1 in
    '' | %S | %X | %Y) printf '%s\n' "$2" ;;
    *) printf '%s\n' "$1" ;;
    esac
}

# merge SIZE PATH BASE-LABEL OUR-LABEL THEIR-LABEL BASE OURS THEIRS. The variable `s` is the exit status of gitbtc: 129
# where it ran, and has said why it could not merge.
merge() {
    case ${s-} in
    129) say "$2: merged as text and left as a conflict, for the reason above; \`git merge --abort\`, and merge again" ;;
    1[3-9]? | 2??) say "$2: merged as text and left as a conflict, since gitbtc was killed; \`git merge --abort\`, and merge again" ;;
    *) say "$2: merged as text and left as a conflict: $cannot. Look at every line before you stage it; $mend" ;;
    esac
    git merge-file --marker-size="$1" -L "$(label "$4" ours)" -L "$(label "$3" base)" -L "$(label "$5" theirs)" \
        "$7" "$6" "$8"
    exit 1
}

# diff PATH OLD-FILE OLD-OID OLD-MODE NEW-FILE NEW-OID NEW-MODE [NEW-PATH HEADER]; or PATH alone when it is unmerged
diff() {
    if [ $# -eq 1 ]; then
        printf '* Unmerged path %s\n' "$1"
        exit 0
    fi
    say "$1: shown as text: $cannot; $mend"
    # Git would put a file that lies in the work tree through the filter, which refuses.
    git -c filter.gitbtc.required=false -c filter.gitbtc.process= -c filter.gitbtc.clean= \
        diff --no-index --no-ext-diff --no-textconv -- "$2" "$5"
    exit 0
}

# textconv FILE
textconv() {
    exec cat -- "$1"
}

# looks_only: whether the git command that asks stores nothing of a file. It stands first on its command line but for
# these options; whatever is not known for certain stores. `ps` does not tell where a word ends: no options there.
looks_only() {
    if [ -r "/proc/$PPID/cmdline" ]; then
        words=$(tr '\n\0' ' \n' <"/proc/$PPID/cmdline")
    else
        words=$(ps -o args= -p "$PPID" | tr ' ' '\n')
        case $(printf '%s\n' "$words" | sed -n 2p) in -*) return 1 ;; esac
    fi
    printf '%s\n' "$words" | {
        read -r program || return 1
        case ${program##*/} in git | git.exe) ;; *) return 1 ;; esac
        while read -r word; do
            case $word in
            -C | -c) read -r word || return 1 ;;
            --no-pager | --paginate | -p | -P | --no-optional-locks | --literal-pathspecs) ;;
            diff | diff-files | diff-index | status | log | show | blame | annotate | describe) return 0 ;;
            *) return 1 ;;
            esac
        done
        return 1
    }
}

# clean PATH
clean() {
    if looks_only; then
        exec cat
    fi
    say "$1: not staged, because nobody looked for private keys: $cannot; $mend; $free"
    exit 1
}

# take COUNT: so many bytes of standard input and not one more, which `head -c` does not promise
take() {
    if [ -z "$whole" ]; then
        dd bs=1 count="$1" 2>/dev/null
    elif [ "$1" -gt 0 ]; then
        dd $whole bs="$1" count=1 2>/dev/null
    fi
}

# packets: Git's packet lines up to the next flush, as they are; the end of input ends the process
packets() {
    while size=$(take 4) && [ "$size" != 0000 ]; do
        [ -n "$size" ] || exit 0
        printf '%s' "$size"
        take $((0x$size - 4))
    done
}

send() {
    printf '%04x%s\n' $((${#1} + 5)) "$1"
}

flush() {
    printf 0000
}

# filter: Git's long-running filter protocol (gitattributes(5)), version 2, for checking out and looking alone. A required
# filter that does not serve checking out would stop it, and a merge half-way; one that does not serve staging stops that.
filter() {
    looks=
    if looks_only; then
        looks=yes
    else
        say "nothing can be staged: $cannot; $mend; $free"
    fi
    whole=iflag=fullblock
    dd $whole bs=1 count=0 </dev/null >/dev/null 2>&1 || whole=
    held=$(mktemp) || exit 1
    trap 'rm -f "$held"' EXIT
    packets >/dev/null
    send git-filter-server && send version=2 && flush
    packets >/dev/null
    [ -z "$looks" ] || send capability=clean
    send capability=smudge && flush
    while :; do
        packets >/dev/null
        packets >"$held"
        send status=success && flush && cat "$held" && flush && flush
    done
}

"$@"
