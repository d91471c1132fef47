# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Part of compare-peers: what has to be there, which processors to take, and what the report says
# about them.
# shellcheck disable=SC2154 # opt, vblk, image and so on are compare-peers' own

need() { # PROGRAM PACKAGE
    command -v "$1" > /dev/null || die "needs $1: apt-get install $2"
}

check_tools() {
    need jq jq
    need taskset util-linux
    need lscpu util-linux
    need fio fio
    case ${opt[peer]} in
        */*) [ -x "${opt[peer]}" ] || die "the peer ${opt[peer]} is not there, or no program" ;;
        *) need "${opt[peer]}" qemu-system-common ;;
    esac
    "$vblk" --version > /dev/null # builds it when that is due
}

# Sets server-cpu and client-cpu where they were not given: the last two processors on which this
# process may run, of one socket but of two cores if there are such. The first ones have
# interrupts to serve.
choose_processors() {
    local allowed cpu core socket best='' rank
    declare -A core_of socket_of
    allowed=$(taskset -cp $$ | sed 's/.*: //')
    while IFS=, read -r cpu core socket; do
        [[ $cpu != \#* ]] || continue
        core_of[$cpu]=$core socket_of[$cpu]=$socket
    done < <(lscpu -p=CPU,CORE,SOCKET)
    mapfile -t cpus < <(tr ',' '\n' <<< "$allowed" |
        while IFS=- read -r first last; do seq "$first" "${last:-$first}"; done | sort -rn)
    [ -n "${opt[server-cpu]}" ] || for cpu in "${cpus[@]}"; do
        [ "$cpu" = "${opt[client-cpu]}" ] || { opt[server-cpu]=$cpu && break; }
    done
    local server=${opt[server-cpu]}
    [ -n "${opt[client-cpu]}" ] || for cpu in "${cpus[@]}"; do
        [ "$cpu" != "$server" ] || continue
        rank=1
        [ "${socket_of[$cpu]:-}" != "${socket_of[$server]:-}" ] || rank=2
        [ "$rank" = 1 ] || [ "${core_of[$cpu]:-}" = "${core_of[$server]:-}" ] || rank=3
        [ "$rank" -le "${best:-0}" ] || { best=$rank && opt[client-cpu]=$cpu; }
    done
    [[ -n $server && -n ${opt[client-cpu]} ]] ||
        die 'needs two processors, one for the server and one for the client'
    [ "$server" != "${opt[client-cpu]}" ] || die 'server and client need a processor each'
    for cpu in "$server" "${opt[client-cpu]}"; do
        taskset -c "$cpu" true 2> /dev/null ||
            die "cannot run on processor $cpu; there are $allowed"
    done
}

# What the report says about the machine and the programs.
describe_run() {
    local java
    java=$("${JAVA_HOME:+$JAVA_HOME/bin/}java" -version 2>&1 | head -n 1)
    jq -n --arg cpu "$(lscpu | sed -n 's/^Model name: *//p')" --argjson cpus "$(nproc --all)" \
        --arg kernel "$(uname -r)" --arg java "$java" --arg java_opts "${VBLK_JAVA_OPTS:-}" \
        --arg peer "$("${opt[peer]}" --version | head -n 1)" --arg fio "$(fio --version)" \
        --arg vblk "$("$vblk" --version | head -n 1)" --arg date "$(date -u +%FT%TZ)" \
        --arg image "$(describe_image)" \
        --arg load_before "$load_before" --arg load_after "$(cut -d ' ' -f 1 /proc/loadavg)" \
        --argjson steal "$(steal_percent)" \
        --argjson took $((SECONDS - began)) '$ARGS.named' \
        --argjson options "$(for name in "${!opt[@]}"; do
            jq -cn --arg name "$name" --arg value "${opt[$name]}" '{($name): $value}'
        done | jq -cs add)"
}

describe_image() {
    if [ -z "$image" ]; then
        echo none
    elif [ -b "$image" ]; then
        echo "$((bytes >> 20)) MiB, a block device"
    else
        echo "$((bytes >> 20)) MiB on $(stat -f -c %T "$image")"
    fi
}

# Time that the host gave to others since the start, in percent of all processors' time.
steal_percent() {
    awk '{ sum = 0; for (i = 2; i <= 9; i++) sum += $i }
        NR == 1 { first = sum; stolen = $9 }
        END { printf "%.2f", (sum > first) ? 100 * ($9 - stolen) / (sum - first) : 0 }' \
        <<< "$stat_before"$'\n'"$stat_after"
}
