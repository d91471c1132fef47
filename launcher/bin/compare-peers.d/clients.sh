# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Part of compare-peers: who puts a load on a socket or a file, and what a slice measures.
# shellcheck disable=SC2154 # opt, work, image and so on are compare-peers' own

hz=$(getconf CLK_TCK)

# Each leaves its output in $work/out: the clients that put a load on a socket, and fio.
own_client() { # SOCKET CELL SECONDS [OPTION...]
    local socket=$1 rw bs depth wait seconds=$3
    IFS=/ read -r _ rw bs depth wait _ <<< "$2"
    bounded $((seconds + opt[ramp] + 30)) taskset -c "${opt[client-cpu]}" \
        "$vblk" bench "vhost-user:$socket" --rw="$rw" --bs="$bs" --iodepth="$depth" \
        --wait="$wait" --time_based --ramp_time="${opt[ramp]}" --runtime="$seconds" \
        --numjobs="${opt[queues]}" --group_reporting --allow-write --output-format=json "${@:4}"
}

other_client() { # SOCKET CELL SECONDS
    local rw bs depth wait
    IFS=/ read -r _ rw bs depth wait _ <<< "$2"
    QUEUES=${opt[queues]} bounded $(($3 + 60)) taskset -c "${opt[client-cpu]}" \
        "${opt[client]}" "$1" "$rw" "$bs" "$depth" "$3" "$wait"
}

# What fio completes while it submits is in its slat: lat is what compares with a request of ours.
fio_client() { # ENGINE CELL SECONDS
    local disk rw bs depth direct=0
    IFS=/ read -r disk rw bs depth _ <<< "$2"
    [ "$disk" != direct ] || direct=1
    bounded $(($3 + opt[ramp] + 30)) taskset -c "${opt[server-cpu]}" \
        fio --name=floor --filename="${image//:/\\:}" --size="$bytes" --ioengine="$1" --rw="$rw" \
        --bs="$bs" --iodepth="$depth" --numjobs="${opt[queues]}" --group_reporting \
        --direct="$direct" --invalidate=0 --norandommap \
        --randrepeat=0 --allow_file_create=0 --time_based --ramp_time="${opt[ramp]}" \
        --runtime="$3" --clat_percentiles=0 --lat_percentiles=1 --output-format=json
}

# The numbers of $work/out as JSON, whoever wrote them; fails if there are none.
numbers() { # lat|clat|client
    if [ "$1" = client ]; then
        jq -ce 'select(.iops > 0 and .p50_ns > 0 and .p99_ns > 0)
            | {iops, p50_ns, p99_ns, requests, kicks}'
    else
        jq -ce --arg lat "${1}_ns" '.jobs[0] as $job
            | ([$job.read, $job.write] | max_by(.total_ios)) as $load
            | select($load.iops > 0 and $job.error == 0) | $load[$lat].percentile
            | {iops: $load.iops, p50_ns: ."50.000000", p99_ns: ."99.000000",
                p999_ns: ."99.900000", requests: $job.vblk.guest.requests,
                kicks: $job.vblk.guest.kicks}'
    fi < "$work/out" 2>> "$work/err"
}

# One slice. What it measured is recorded, or that it failed.
slice() { # CELL PARTICIPANT KIND ROUND [RATE]
    local cell=$1 who=$2 kind=$3 round=$4 rate=${5:-} seconds=${opt[seconds]} status=0
    local found before=0 after=0 memory=null lat=clat pid=0 extra=()
    slices_done=$((slices_done + 1))
    progress "$cell, $kind ${round/#0/}: $who"
    # The pages that earlier writes made dirty are not this slice's to write.
    [[ $cell != */*write/* ]] || [ -z "$image" ] || sync "$image"
    if [ "${who%%/*}" = fio ]; then
        lat=lat
        fio_client "${who#*/}" "$cell" "$seconds" || status=$?
    else
        [ -z "${missing[$who]:-}" ] || return 0
        pid=${server_pid[$who]}
        before=$(cpu_ticks "$pid")
        if [ -n "${opt[client]}" ]; then
            lat=client
            other_client "$work/${who//\//-}.sock" "$cell" "$seconds" || status=$?
        else
            [ -z "$rate" ] || { lat=lat && extra=(--rate_iops=$((rate / opt[queues]))); }
            own_client "$work/${who//\//-}.sock" "$cell" "$seconds" "${extra[@]}" || status=$?
        fi
        if ! is_running "$who"; then
            missing["$who"]=1
            failed "$cell" "$who" "$kind" 'the server died; the client: '"$(last_words)"
            return
        fi
        after=$(cpu_ticks "$pid")
        memory=$(memory "$pid")
    fi
    if [ "$status" != 0 ] || ! found=$(numbers "$lat"); then
        failed "$cell" "$who" "$kind" "the client (exit code $status): $(last_words)"
        return
    fi
    record "$(jq -cn --arg cell "$cell" --arg who "$who" --arg kind "$kind" \
        --argjson round "$round" --argjson rate "${rate:-null}" --argjson memory "$memory" \
        --argjson found "$found" --argjson cpu_us $(((after - before) * 1000000 / hz)) \
        '{kind: $kind, cell: $cell, who: $who, round: $round, rate: $rate} + $found
            + (if $memory then $memory + {cpu_us: $cpu_us} else {} end)')"
}
