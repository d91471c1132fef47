# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Sourced by the scripts that test from outside. A check is a function that says what is wrong and
# fails; check runs it in a subshell with set -e, conclude prints the last line.

passed=0
failed=0
said=$(mktemp)

check() { # check FUNCTION [ARGUMENT...]
    (
        set -e
        "$@"
    ) >"$said" 2>&1
    # shellcheck disable=SC2181 # a condition around the subshell would switch its set -e off
    if [ $? = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED %s\n' "$*"
        cat "$said"
    fi
}

conclude() {
    rm -f "$said"
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
}

equal() { # equal EXPECTED ACTUAL
    [ "$1" = "$2" ] || { printf '  expected: %s\n  got:      %s\n' "$1" "$2"; return 1; }
}

matches() { # matches PATTERN ACTUAL
    # shellcheck disable=SC2053 # a pattern
    [[ $2 == $1 ]] || { printf '  expected: %s\n  got:      %s\n' "$1" "$2"; return 1; }
}

await() { # await SECONDS COMMAND...: until the command succeeds
    local deadline=$((SECONDS + $1 + 1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || { echo "  waited in vain for: $*"; return 1; }
        sleep 0.02
    done
}
