#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Sets the event loop beside the same work in C: builds both, runs them in turns and prints a table
# of the medians. The machine should have nothing else to do.
#
# usage: event-loop/src/jmh/compare.sh [ROUNDS]
#   JMH_ARGS   how long to measure, default "-f 1 -wi 3 -i 3 -w 1 -r 1"
#   MVN_ARGS   more for Maven, such as -o
set -euo pipefail
export LC_ALL=C

here=$(dirname "$(readlink -f "$0")")
module=$(readlink -f "$here/../..")
target=$module/target/jmh
results=$target/compare
rounds=${1:-3}
aim=1.3
read -ra jmh_args <<<"${JMH_ARGS:--f 1 -wi 3 -i 3 -w 1 -r 1}"
read -ra mvn_args <<<"${MVN_ARGS:-}"

say() {
    echo "$*" >&2
}

build() {
    say 'building'
    "$here/c/build.sh"
    rm -rf "$results"
    mkdir -p "$results"
    mvn -B -ntp -q "${mvn_args[@]}" -f "$module/../pom.xml" -Pjmh -pl event-loop test-compile \
        dependency:build-classpath -Dmdep.outputFile="$results/classpath" >&2
}

run_java() { # run_java MAIN ARG...
    "${JAVA_HOME:+$JAVA_HOME/bin/}java" "${opens[@]}" -cp "$classpath" "$@"
}

run_c() { # run_c PROGRAM ARG...
    "$module/target/c/$1" "${@:2}"
}

# Appends one figure of one side in nanoseconds.
record() { # record SIDE CASE NS
    printf '%s;%s;%s\n' "$1" "$2" "$3" >>"$results/figures"
}

# One JMH benchmark with one set of parameters; prints nanoseconds.
jmh() { # jmh BENCHMARK PARAMETER...
    local parameter parameters=()
    for parameter in "${@:2}"; do
        parameters+=(-p "$parameter")
    done
    run_java org.openjdk.jmh.Main "$1\$" "${jmh_args[@]}" "${parameters[@]}" \
        -rf csv -rff "$results/jmh.csv" >"$results/jmh.log" 2>&1
    awk -F, 'NR == 2 { print $5 }' "$results/jmh.csv"
}

# p50 in nanoseconds out of a line of LoopLatency, whose first column is 52 wide.
latency() { # latency BEGINNING
    awk -v beginning="$1" 'index($0, beginning) == 1 {
        split(substr($0, 53), figures, " ")
        print figures[1] * 1000
    }' "$results/latency.log"
}

kicks() {
    awk '/its kicks/ { print substr($0, 53, 10) + 0 }' "$results/latency.log"
}

iterations() {
    local count
    for count in 1 100 1000; do
        record c "1 ready of $count descriptors, epoll" "$(run_c epoll_loop $count 1)"
        record java "1 ready of $count descriptors, epoll" \
            "$(jmh IterationBenchmark.oneReady monitor=EPOLL descriptors=$count)"
    done
}

poll_rounds() {
    local count
    for count in 1 16; do
        record c "round over $count polled, nothing found" "$(run_c busy_poll round $count)"
        record java "round over $count polled, nothing found" \
            "$(jmh PollRoundBenchmark.roundOfNothing handlers=$count)"
    done
}

latencies() {
    local figure
    run_java io.vblk.aio.LoopLatency --fd-monitor=epoll >"$results/latency.log" 2>&1
    read -r figure _ < <(run_c busy_poll flag)
    record c 'from another thread, polling, p50' "$figure"
    record java 'from another thread, polling, p50' \
        "$(latency 'bottom half, other thread, into a polling')"
    read -r figure _ < <(run_c busy_poll eventfd)
    record c 'from another thread, asleep, p50' "$figure"
    record java 'from another thread, asleep, p50' \
        "$(latency 'bottom half, other thread, into a sleeping')"
    local kick_count
    read -r figure _ kick_count < <(run_c busy_poll virtqueue)
    record c 'virtqueue-like source, 10 us gaps, p50' "$figure"
    record java 'virtqueue-like source, 10 us gaps, p50' "$(latency 'virtqueue-like')"
    say "  kicks per 20000 requests: C $kick_count, Java $(kicks)"
}

# Medians of the rounds, in the order of the first appearance.
table() {
    printf '%-44s %10s %10s %7s %5s\n' case 'C ns' 'Java ns' ratio aim
    sort -s -t ';' -k 3,3g "$results/figures" | awk -F ';' -v aim="$aim" '
        NR == FNR {
            if (!($2 in seen)) { seen[$2] = 1; order[++cases] = $2 }
            next
        }
        { key = $1 SUBSEP $2; figures[key, ++count[key]] = $3 }
        function median(side, name,    n) {
            n = count[side, name]
            return n ? figures[side, name, int((n + 1) / 2)] : 0
        }
        END {
            for (i = 1; i <= cases; i++) {
                c = median("c", order[i])
                java = median("java", order[i])
                printf "%-44s %10.1f %10.1f %7.2f %5.1f\n",
                    order[i], c, java, c ? java / c : 0, aim
            }
        }' "$results/figures" -
}

build
classpath=$target/test-classes:$target/classes:$(<"$results/classpath")
# As the pom has it.
read -ra opens < <(sed -n 's:.*<vblk.jvm.opens>\(.*\)</vblk.jvm.opens>.*:\1:p' "$module/../pom.xml")
for ((round = 1; round <= rounds; round++)); do
    say "round $round of $rounds"
    iterations
    poll_rounds
    latencies
done
table
