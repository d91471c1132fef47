# SPDX-License-Identifier: Apache-2.0
# Makes the report of compare-peers from its slices, the input as one array.
#
#   $part  all: an object with everything, the Markdown too
#          rate: "RATE PARTICIPANT" for the slices at a fixed rate of $cell, $percent of the slower
#          server's median, and the peer's best engine; nothing where one of them has no number
#   $run   what was used: machine, programs, options

def known: map(select(. != null));
def median: known | sort | length as $n
    | if $n == 0 then null
      elif $n % 2 == 1 then .[($n - 1) / 2]
      else (.[$n / 2 - 1] + .[$n / 2]) / 2 end;
def spread: if length == 0 then null else {median: median, min: min, max: max} end;
def per_request(f): if .requests and f then f / .requests else null end;

# ------------------------------------------------------------------------------- from slices

def of($cell; $kind): map(select(.cell == $cell and .kind == $kind));
def by($who): map(select(.who == $who));

# What a participant did in all rounds of a cell: the slices are the input.
def summary:
    if length == 0 then null else {
        who: .[0].who,
        rounds: length,
        iops: map(.iops) | median,
        p50_ns: map(.p50_ns) | median,
        p99_ns: map(.p99_ns) | median,
        p999_ns: map(.p999_ns) | median,
        cpu_us_per_request: map(per_request(.cpu_us)) | median,
        kicks_per_request: map(per_request(.kicks)) | median,
        anon_kb: map(.anon_kb) | known | max,
        file_kb: map(.file_kb) | known | max
    } end;

# One ratio for each round that both have finished.
def ratios($a; $b; f):
    [$a[] as $x | $b[] | select(.round == $x.round) | select(f > 0) | ($x | f) / f] | spread;

# The name of the peer's engine with the highest median.
def best_peer:
    map(select(.who | startswith("peer/"))) | group_by(.who)
    | if length == 0 then null else max_by(map(.iops) | median) | .[0].who end;

# Whether a rate was kept: a queue that only grows has no latency.
def reaches($iops; $rate): $iops >= 0.97 * $rate;

def cell_report($cell):
    of($cell; "closed") as $closed | of($cell; "open") as $open
    | ($closed | best_peer) as $best
    | ($closed | by("vblk")) as $vblk
    | ($closed | by($best)) as $peer
    | ($open | group_by(.round) | map(select(length == 2 and all(reaches(.iops; .rate))))
        | add // []) as $reached
    | ($reached | by("vblk")) as $vblk_rated
    | ($reached | map(select(.who != "vblk"))) as $peer_rated
    | ($cell / "/") as $words
    | {
        cell: $cell, disk: $words[0], rw: $words[1], bs: $words[2], depth: ($words[3] | tonumber),
        vblk: ($vblk | summary),
        peer: ($peer | summary),
        peers: [$closed | map(select(.who | startswith("peer/"))) | group_by(.who)[] | summary],
        ratio: ratios($vblk; $peer; .iops),
        fio: ($closed | by("fio/io_uring") | summary),
        fio_psync: ($closed | by("fio/psync") | summary),
        ratio_to_fio: ratios($vblk; $closed | by("fio/io_uring"); .iops),
        rated: (if $open == [] then null else {
            rate: $open[0].rate,
            vblk_iops: ($open | by("vblk") | map(.iops) | median),
            peer_iops: ($open | map(select(.who != "vblk") | .iops) | median),
            vblk: ($vblk_rated | summary),
            peer: ($peer_rated | summary),
            p99_ratio: ratios($vblk_rated; $peer_rated; .p99_ns)
        } end)
    };

# ----------------------------------------------------------------------------------- targets

def at_least($what; $bound; $value):
    select($value != null)
    | {cell, what: $what, target: "at least \($bound)", value: $value, met: ($value >= $bound)};
def at_most($what; $bound; $value):
    select($value != null)
    | {cell, what: $what, target: "at most \($bound)", value: $value, met: ($value <= $bound)};

def quotient($a; $b): if $a != null and $b != null and $b > 0 then $a / $b else null end;

def iops_bound:
    if .depth == 1 and (.disk == "null" or .disk == "cache") then 1.5
    elif .depth == 32 and .disk == "cache" then 1.3
    else 1.0 end;

def megabytes: (.anon_kb + .file_kb) * 1.024 / 1000;

def targets:
    (.[] | select(.peer)
        | at_least("IOPS, vblk / peer"; iops_bound; .ratio.median),
          (select(.disk == "direct" and .depth == 32)
              | at_least("IOPS, vblk / fio io_uring"; 0.95; .ratio_to_fio.median)),
          at_most("CPU per request, vblk / peer"; 1.0;
              quotient(.vblk.cpu_us_per_request; .peer.cpu_us_per_request)),
          (select(.rated) | .rated as $rated | $rated.p99_ratio.median as $ratio
              | ($ratio == null and $rated.peer_iops != null and reaches($rated.vblk_iops; $rated.rate)
                  and (reaches($rated.peer_iops; $rated.rate) | not)) as $alone
              | {cell, what: ("p99 at the same rate, vblk / peer"
                      + if $alone then ", which the peer does not reach" else "" end),
                  target: "at most 1", value: $ratio,
                  met: ($alone or $ratio != null and $ratio <= 1)})),
    (map(.vblk | select(. != null and .anon_kb != null) | megabytes) | max as $most
        | {cell: "all"} | at_most("memory of vblk, MB"; 120; $most));

# ---------------------------------------------------------------------------------- Markdown

def digits($n): pow(10; $n) as $f | . * $f | round / $f;
# Two digits after the point, always: a column of ratios.
def fixed: if . == null then "-" else . * 100 | round
    | "\(. / 100 | floor).\("0\(. % 100)"[-2:])" end;
def rate: if . == null then "-"
    elif . >= 1e6 then "\(. / 1e6 | digits(2))M"
    elif . >= 1e4 then "\(. / 1e3 | round)k"
    elif . >= 1e3 then "\(. / 1e3 | digits(1))k"
    else round | tostring end;
def short: if . == null then "-"
    elif . >= 100 then round
    elif . >= 10 then digits(1)
    elif . >= 0.1 then digits(2)
    else digits(4) end | tostring;
def us: if . == null then null else . / 1000 end | short;
def pair(f): "\(.vblk | f) / \(.peer | f)";
def with_spread: if . == null then "-"
    else "\(.median | fixed) (\(.min | fixed) to \(.max | fixed))" end;
def memory: if . == null or .anon_kb == null then "-"
    else "\(.anon_kb * 1.024 / 1000 | short)+\(.file_kb * 1.024 / 1000 | short)" end;
def floor_of: if . == null then "-" else "\(.iops | rate), \(.p50_ns | us)" end;
def engine: if . == null then "-" else .who | ltrimstr("peer/") end;
def row: "| \(join(" | ")) |";
def table($head): [$head, ($head | map("---"))] + . | map(row);
def section($title; $text; $head):
    if length == 0 then [] else ["", "## \($title)", ""] + $text + [""] + table($head) end;

def head:
    ["# vblk beside qemu-storage-daemon", "",
    "\($run.date), \($run.took) s. \($run.cpu), \($run.cpus) processors: servers on "
        + "\($run.options."server-cpu"), client on \($run.options."client-cpu"). Linux "
        + "\($run.kernel), \($run.java)\(if $run.java_opts != "" then ", " + $run.java_opts
          else "" end). Image: \($run.image).",
    "",
    "vblk: \($run.vblk), aio=\($run.options.aio | if . == "" then "its default" else . end). "
        + "Peer: \($run.peer). Floor: \($run.fio). Client: \($run.options.client
          | if . == "" then "vblk bench" else . end). \($run.options.queues) queue(s), "
        + "\($run.options.rounds) rounds of \($run.options.seconds) s after "
        + "\($run.options.ramp) s of ramp.",
    "",
    "Load average \($run.load_before) before, \($run.load_after) after; "
        + "\($run.steal) % of the processors' time went to other guests of the host."
        + (if ($run.load_before | tonumber) > $run.cpus / 2 or ($run.steal | tonumber) > 2
            then " **The machine was busy with other things: these figures are noise.**"
            else "" end)];

def floors:
    map(select(.kind == "floor") | ["\(.depth)", (.iops | rate), (.p50_ns | us), (.p99_ns | us)])
    | section("The client's own floor";
        ["vblk bench on null in one process: guest and device, no socket, no storage. No row below "
            + "with this client can be faster by much."];
        ["depth", "IOPS", "p50 us", "p99 us"]);

def verified:
    map(select(.kind == "verify")) | group_by([.who, .disk])
    | map([.[0].who, .[0].disk, "\(map(.load) | unique | join(", "))",
        "\(map(.blocks) | add)"])
    | section("Verified"; ["Written through the server and read back, crc32c; each start of it."];
        ["server", "disk", "load", "blocks compared, all right"]);

def comparison:
    map(select(.vblk and (.disk | IN("null", "cache", "direct")))
        | [.cell, (.vblk.iops | rate), (.peer | if . then .iops | rate else "-" end),
            (.peer | engine), (.ratio | with_spread), pair(.p50_ns | us), pair(.p99_ns | us),
            pair(.cpu_us_per_request | short), pair(.kicks_per_request | short), pair(memory),
            (.fio | floor_of), (.fio_psync | floor_of)])
    | section("Closed loop";
        ["Medians of the rounds; the ratio is the median of the rounds' ratios, and their range. "
            + "Pairs are vblk / peer. Writes: write-back on both sides."];
        ["cell", "vblk IOPS", "peer IOPS", "its best engine", "ratio", "p50 us", "p99 us",
            "CPU us per request", "kicks per request", "memory MB, anonymous+file",
            "fio io_uring: IOPS, p50 us", "fio psync"]);

def engines:
    map(select((.peers | length) > 1)
        | [.cell, (.peers | map("\(engine) \(.iops | rate), \(.p50_ns | us)") | join("; "))])
    | section("The peer's engines"; ["IOPS, p50 us."]; ["cell", "engines"]);

def same_rate:
    map(select(.rated) | . as $cell | .rated
        | [$cell.cell, (.rate | rate), "\(.vblk_iops | rate) / \(.peer_iops | rate)",
            pair(.p50_ns | us), pair(.p99_ns | us), pair(.p999_ns | us),
            (.p99_ratio | with_spread)])
    | section("At the same rate";
        ["Open loop at \($run.options."rate-percent") % of the slower one's median; latencies "
            + "from the intended start. The ratio is that of p99: below 1 is better. Rounds in "
            + "which one did not reach 97 % of the rate are in none of the latencies."];
        ["cell", "rate", "IOPS reached", "p50 us", "p99 us", "p99.9 us", "p99 ratio"]);

def stable:
    map(select(.vblk and (.disk | IN("writethrough", "directsync")))
        | [.cell, (.vblk.iops | rate), (.vblk.p50_ns | us), (.vblk.p99_ns | us),
            (.vblk.cpu_us_per_request | short)])
    | section("Every write made stable";
        ["vblk alone: the peer says write-through and syncs nothing, so there is no ratio."];
        ["cell", "IOPS", "p50 us", "p99 us", "CPU us per request"]);

def verdicts:
    map([.cell, .what, .target, (.value | fixed), (if .met then "met" else "**missed**" end)])
    | section("Targets"; ["\(map(select(.[4] == "met")) | length) of \(length) met."];
        ["cell", "what", "target", "measured", ""]);

def troubles:
    map([.cell, .who, (.error | gsub("\\|"; "\\|"))])
    | section("Failed"; ["These are in no number above."]; ["cell", "who", "what happened"]);

# -------------------------------------------------------------------------------------------

if $part == "rate" then
    cell_report($cell) | select(.vblk and .peer)
    | "\([.vblk.iops, .peer.iops] | min * $percent / 100 | floor) \(.peer.who)"
else
    . as $slices
    | (reduce (.[] | select(.kind == "closed" or .kind == "open") | .cell) as $name ([];
        if index([$name]) then . else . + [$name] end)) as $names
    | ($names | map(. as $name | $slices | cell_report($name))) as $cells
    | [$cells | targets] as $targets
    | ($slices | map(select(.kind == "failure"))) as $failures
    | {
        run: $run,
        cells: $cells,
        targets: $targets,
        verified: ($slices | map(select(.kind == "verify"))),
        failures: $failures,
        slices: $slices,
        markdown: (head + ($slices | floors + verified)
            + ($cells | comparison + engines + same_rate + stable)
            + ($targets | verdicts) + ($failures | troubles) | join("\n"))
    }
end
