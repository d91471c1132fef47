# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Part of compare-peers: the image, the servers on it, and what they cost.
# shellcheck disable=SC2154 # opt, cells, work and so on are compare-peers' own

make_image() {
    bytes=$(numfmt --from=iec "${opt[size]}" 2> /dev/null) ||
        misuse "--size=${opt[size]} is no size"
    [ "$bytes" -ge $((64 << 20)) ] || misuse '--size is less than 64M'
    [[ -d ${opt[dir]} && -w ${opt[dir]} ]] || die "cannot write to ${opt[dir]}"
    if [ -n "${opt[image]}" ]; then
        image=$(readlink -f "${opt[image]}")
        bytes=$(stat -c %s "$image")
        [ ! -b "$image" ] || bytes=$(blockdev --getsize64 "$image")
        [ "$bytes" -ge $((64 << 20)) ] || die "$image has less than 64M"
        return
    fi
    # Nobody asks for a file: then there is none.
    [[ " ${cells[*]}" == *" "[!n]* ]] || return 0
    progress "making an image of ${opt[size]}"
    made_image=$(mktemp "${opt[dir]}/compare-peers.XXXXXX.raw")
    image=$made_image
    head -c "$bytes" /dev/urandom > "$image" ||
        die "cannot make an image of ${opt[size]} in ${opt[dir]}"
    sync "$image"
}

check_direct() {
    [[ " ${cells[*]}" == *" direct"* ]] || return 0
    dd if="$image" of=/dev/null bs=4096 count=1 iflag=direct status=none 2> /dev/null ||
        die "no O_DIRECT on ${image%/*}: give another --dir, or leave out direct/*"
}

# Has all of the image in the page cache, or for O_DIRECT nothing: pages there would have to be
# written or dropped on the way.
fill_page_cache() { # DISK
    case $1 in
        null) ;;
        direct) sync "$image" && dd of="$image" oflag=nocache conv=notrunc count=0 status=none ;;
        *) cat "$image" > /dev/null ;;
    esac
}

start_server() { # PARTICIPANT DISK POLL
    local who=$1 disk=$2 poll=$3 socket=$work/${1//\//-}.sock aio=${1#*/} command target
    rm -f "$socket"
    if [ "$who" = vblk ]; then
        target=$image
        [ "$disk" != null ] || target=null:1G
        command=("$vblk" serve "$target" --socket-path="$socket"
            --num-queues="${opt[queues]}" --poll-max-ns="$poll")
        [ -z "${opt[aio]}" ] || command+=(--aio="${opt[aio]}")
        [ "$disk" = null ] || command+=(--format=raw --locking=off)
        case $disk in
            direct) command+=(--cache=none) ;;
            writethrough | directsync) command+=(--cache="$disk") ;;
        esac
    else
        local driver=file direct=off
        [ ! -b "$image" ] || driver=host_device
        [ "$disk" != direct ] || direct=on
        target=driver=$driver,filename=${image//,/,,},aio=$aio,cache.direct=$direct,locking=off
        [ "$disk" != null ] || target=driver=null-co,size=$((1 << 30)),read-zeroes=off
        # writethrough=off is the default: whatever the export announces, it never syncs a write.
        command=("${opt[peer]}" --blockdev "$target,node-name=disk"
            --object "iothread,id=loop,poll-max-ns=$poll"
            --export "type=vhost-user-blk,id=export,node-name=disk,iothread=loop,writable=on,`
            `writethrough=off,num-queues=${opt[queues]},addr.type=unix,addr.path=${socket//,/,,}")
    fi
    taskset -c "${opt[server-cpu]}" "${command[@]}" > "$work/${who//\//-}.log" 2>&1 < /dev/null &
    server_pid["$who"]=$!
    await_server "$who" "$socket"
}

await_server() { # PARTICIPANT SOCKET
    local pid=${server_pid[$1]} log=$work/${1//\//-}.log tries=0
    until [ -S "$2" ] && { [ "$1" != vblk ] || grep -q '^serving ' "$log"; }; do
        tries=$((tries + 1))
        if [ "$tries" -gt 150 ] || ! kill -0 "$pid" 2> /dev/null; then
            kill "$pid" 2> /dev/null || :
            unset "server_pid[$1]"
            cp "$log" "$work/err"
            return 1
        fi
        sleep 0.1
    done
    ! grep -q '(throw-away copy)' "$log" || die "vblk serves a copy of $image: take one of your own"
    sleep 0.2 # between a socket's file and its listening
}

stop_servers() {
    local pid tries=0
    for pid in "${server_pid[@]}"; do
        kill "$pid" 2> /dev/null || continue
        while kill -0 "$pid" 2> /dev/null && [ "$tries" -lt 50 ]; do
            tries=$((tries + 1))
            sleep 0.1
        done
        kill -9 "$pid" 2> /dev/null || :
        wait "$pid" 2> /dev/null || :
    done
    server_pid=()
}

is_running() { # PARTICIPANT
    [ -n "${server_pid[$1]:-}" ] && kill -0 "${server_pid[$1]}" 2> /dev/null
}

# User and system time of all threads, those that have ended too, in ticks.
cpu_ticks() { # PID
    local line fields
    line=$(< "/proc/$1/stat") || return
    read -ra fields <<< "${line##*) }"
    echo $((fields[11] + fields[12]))
}

# JSON: kB of anonymous and of file-backed memory; the image where it is mapped is apart. The
# guest's memory is shared and in neither.
memory() { # PID
    awk -v image="$image" '
        FILENAME ~ /status$/ && $1 == "RssAnon:" { anon = $2 }
        FILENAME ~ /status$/ && $1 == "RssFile:" { file = $2 }
        FILENAME ~ /smaps$/ && /^[0-9a-f]+-[0-9a-f]+ / { of_image = image != "" && $6 == image }
        FILENAME ~ /smaps$/ && of_image && $1 == "Rss:" { file -= $2 }
        END { printf "{\"anon_kb\": %d, \"file_kb\": %d}", anon, file }
    ' "/proc/$1/status" "/proc/$1/smaps"
}
