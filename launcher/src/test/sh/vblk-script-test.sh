#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests launcher/bin/vblk in a made-up checkout with made-up java and mvn programs; the last
# checks start each real JDK of this machine. Every function check_* runs in a fresh checkout.
# Last line: N passed, N failed.
set -u

# shellcheck source-path=SCRIPTDIR source=checks.sh
. "$(dirname "$0")/checks.sh"

script=$(readlink -f "$(dirname "$0")/../../../bin/vblk")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# --- The made-up world --------------------------------------------------------------------------

# A PATH with what the script needs, but neither java nor mvn.
make_tools() {
    mkdir "$tmp/tools" "$tmp/maven"
    local tool
    for tool in sh cat find flock mkdir mv readlink rm sed sleep tail timeout touch; do
        ln -s "$(command -v "$tool")" "$tmp/tools/$tool"
    done
    # Notes each run; writes the jar in two halves, so that one seen too early shows.
    cat >"$tmp/maven/mvn" <<'END'
#!/bin/sh
echo "mvn $* JAVA_HOME=${JAVA_HOME:-}" >>"$FAKE/mvn.log"
echo '[INFO] noise'
if [ -e "$FAKE/mvn.fails" ]; then
    echo '[ERROR] COMPILATION ERROR :'
    echo "[ERROR] /src/A.java:[1,16] ';' expected"
    echo '[ERROR] Failed to execute goal on project a: Compilation failure'
    echo "[ERROR] /src/A.java:[1,16] ';' expected"
    echo '[ERROR] -> [Help 1]'
    echo '[ERROR] '
    echo '[ERROR] Re-run Maven using the -X switch to enable full debug logging.'
    echo '[ERROR] [Help 1] http://example.invalid/MojoFailureException'
    exit 1
fi
[ ! -e "$FAKE/mvn.edits" ] || { sleep 0.02; touch event-loop/src/main/java/Loop.java; }
if [ ! -e "$FAKE/mvn.keeps" ]; then
    printf 'first half, ' >launcher/target/vblk.jar
    while [ -e "$FAKE/mvn.waits" ]; do sleep 0.02; done
    printf 'second half' >>launcher/target/vblk.jar
fi
END
    chmod +x "$tmp/maven/mvn"
}

# make_java DIR VERSION: a JDK that notes its arguments and obeys "exit N" and "wait".
make_java() {
    mkdir -p "$1/bin"
    printf 'IMPLEMENTOR="Nobody"\nJAVA_VERSION="%s"\nMODULES="java.base"\n' "$2" >"$1/release"
    cat >"$1/bin/java" <<END
#!/bin/sh
self="java $2"
END
    cat >>"$1/bin/java" <<'END'
archive=
while [ $# -gt 0 ] && [ "$1" != -jar ]; do
    case $1 in
        -version) echo "openjdk ${self#java }" | sed 's/k \(.*\)/k version "\1" 2025/' >&2; exit ;;
        -XX:ArchiveClassesAtExit=*) archive=${1#*=} ;;
        *) echo "flag $1" >>"$FAKE/flags.$$" ;;
    esac
    shift
done
[ -z "$archive" ] || {
    echo "train $*" >>"$FAKE/train.log"
    echo 'noise of the training run' >&2
    [ ! -e "$FAKE/train.fails" ] || exit 3
    echo archive >"$archive"
    exit
}
mv "$FAKE/flags.$$" "$FAKE/flags"
[ "$(cat "$2")" = 'first half, second half' ] || echo 'broken jar' >>"$FAKE/broken.log"
shift 2
echo "$self"
for argument; do echo "<$argument>"; done
case ${1:-} in
    exit) exit "$2" ;;
    wait)
        trap 'echo terminated; exit 0' TERM
        echo ready >"$FAKE/ready"
        while :; do sleep 0.05; done
        ;;
esac
END
    chmod +x "$1/bin/java"
}

# A checkout whose jar is newer than its sources, in a path with blanks. Sets root and FAKE.
make_checkout() {
    export FAKE=$tmp/$1
    root="$FAKE/a check out"
    mkdir -p "$root/launcher/bin" "$root/launcher/target"
    mkdir -p "$root/launcher/src/main/java" "$root/event-loop/src/main/java"
    cp "$script" "$root/launcher/bin/vblk"
    touch "$root/pom.xml" "$root/launcher/pom.xml" "$root/event-loop/pom.xml"
    touch "$root/launcher/src/main/java/Main.java" "$root/event-loop/src/main/java/Loop.java"
    find "$root" -exec touch -d '2 hours ago' {} +
    printf 'first half, second half' >"$root/launcher/target/vblk.jar"
    touch -d '1 hour ago' "$root/launcher/target/vblk.jar"
    : >"$FAKE/mvn.log"
    : >"$FAKE/train.log"
}

# Runs the script of the checkout: output to $FAKE/out, errors to $FAKE/err, exit code to code.
vblk() {
    code=0
    "$root/launcher/bin/vblk" "$@" >"$FAKE/out" 2>"$FAKE/err" </dev/null || code=$?
}

# --- What a check may say ------------------------------------------------------------------------

one_error_line() { # one_error_line PATTERN
    equal 1 "$(wc -l <"$FAKE/err")"
    matches "$1" "$(cat "$FAKE/err")"
}

builds() { # builds N: how often mvn has run
    equal "$1" "$(wc -l <"$FAKE/mvn.log")"
}

trainings() {
    equal "$1" "$(wc -l <"$FAKE/train.log")"
}

# --- Which Java ----------------------------------------------------------------------------------

check_java_home_wins_over_path() {
    JAVA_HOME=$tmp/jdk25 vblk a
    equal 'java 25.0.3 <a>' "$(xargs <"$FAKE/out")"
}

check_without_java_home_takes_path() {
    vblk a
    equal 'java 17.0.15 <a>' "$(xargs <"$FAKE/out")"
}

check_too_old_java_is_one_line() {
    JAVA_HOME=$tmp/jdk11 vblk a
    equal 1 "$code"
    one_error_line "vblk: Java 17 or newer is needed, but $tmp/jdk11/bin/java is version 11.0.2"
}

check_java_8_is_too_old() {
    JAVA_HOME=$tmp/jdk8 vblk a
    one_error_line 'vblk: Java 17 or newer is needed, but * is version 1.8.0_402'
}

check_java_without_release_file_is_asked() {
    JAVA_HOME=$tmp/bare11 vblk a
    equal 1 "$code"
    one_error_line 'vblk: Java 17 or newer is needed, but * is version 11.0.2'
    JAVA_HOME=$tmp/bare21 vblk a
    equal 'java 21.0.1 <a>' "$(xargs <"$FAKE/out")"
}

check_java_that_tells_no_version_is_one_line() {
    JAVA_HOME=$tmp/mute vblk a
    equal 1 "$code"
    one_error_line 'vblk: cannot tell the version of * Java 17 or newer is needed'
}

check_missing_java_is_one_line() {
    PATH=$tmp/tools vblk a
    equal 1 "$code"
    one_error_line 'vblk: no Java found: install Java 17 or newer, or set JAVA_HOME'
}

check_wrong_java_home_is_one_line() {
    JAVA_HOME=$tmp/nowhere vblk a
    equal 1 "$code"
    one_error_line "vblk: JAVA_HOME is $tmp/nowhere, but there is no program bin/java in it"
}

# --- When it builds ------------------------------------------------------------------------------

check_fresh_jar_is_not_built_again() {
    vblk a
    vblk a
    builds 0
    equal '' "$(cat "$FAKE/err")"
}

check_missing_jar_is_built_once() {
    rm "$root/launcher/target/vblk.jar"
    vblk a
    equal 0 "$code"
    one_error_line 'vblk: building *'
    equal 'java 17.0.15 <a>' "$(xargs <"$FAKE/out")"
    vblk a
    builds 1
    equal "mvn -B -q -DskipTests package JAVA_HOME=$tmp/jdk17" "$(cat "$FAKE/mvn.log")"
}

check_missing_target_directory_is_made() {
    rm -r "$root/launcher/target"
    vblk a
    equal 0 "$code"
    builds 1
    equal '[INFO] noise' "$(cat "$root/launcher/target/build.log")"
}

check_newer_source_is_built() {
    touch "$root/event-loop/src/main/java/Loop.java"
    vblk a
    vblk a
    builds 1
}

check_newer_pom_is_built() {
    touch "$root/event-loop/pom.xml"
    vblk a
    builds 1
    touch "$root/pom.xml"
    vblk a
    builds 2
}

check_deleted_source_is_built() {
    rm "$root/event-loop/src/main/java/Loop.java"
    vblk a
    builds 1
}

check_test_source_is_not_built() {
    mkdir -p "$root/event-loop/src/test/java"
    touch "$root/event-loop/src/test/java/LoopTest.java"
    vblk a
    builds 0
}

check_unchanged_jar_is_not_built_for_ever() {
    touch "$root/pom.xml" "$FAKE/mvn.keeps"
    vblk a
    vblk a
    builds 1
}

check_source_edited_during_the_build_is_built_next_time() {
    touch "$root/pom.xml" "$FAKE/mvn.edits"
    vblk a
    rm "$FAKE/mvn.edits"
    builds 1
    vblk a
    vblk a
    builds 2
}

check_interrupted_build_is_built_again() {
    touch "$root/launcher/target/build.unfinished"
    vblk a
    vblk a
    builds 1
}

check_failed_build_is_one_line() {
    touch "$root/pom.xml" "$FAKE/mvn.fails"
    vblk a
    equal 1 "$code"
    equal 2 "$(wc -l <"$FAKE/err")"
    local log="$root/launcher/target/build.log"
    equal "vblk: the build failed, see $log: /src/A.java:[1,16] ';' expected" \
        "$(tail -n 1 "$FAKE/err")"
    equal '' "$(cat "$FAKE/out")"
    test -s "$log"
    rm "$FAKE/mvn.fails"
    vblk a
    equal 0 "$code"
    builds 2
}

check_missing_mvn_is_one_line() {
    rm "$root/launcher/target/vblk.jar"
    PATH=$tmp/jdk17/bin:$tmp/tools vblk a
    equal 1 "$code"
    one_error_line 'vblk: mvn (Apache Maven) is not on PATH; *'
}

check_two_at_once_build_once() {
    rm "$root/launcher/target/vblk.jar"
    touch "$FAKE/mvn.waits"
    trap 'rm -f "$FAKE/mvn.waits"' EXIT
    "$root/launcher/bin/vblk" first >"$FAKE/out.first" 2>"$FAKE/err.first" &
    local first=$!
    await 5 test -e "$root/launcher/target/vblk.jar" # half of it
    "$root/launcher/bin/vblk" second >"$FAKE/out.second" 2>"$FAKE/err" &
    local second=$!
    await 5 test -s "$FAKE/err"
    rm "$FAKE/mvn.waits"
    wait "$first"
    wait "$second"
    builds 1
    equal 'java 17.0.15 <first>' "$(xargs <"$FAKE/out.first")"
    equal 'java 17.0.15 <second>' "$(xargs <"$FAKE/out.second")"
    one_error_line 'vblk: waiting for another vblk that builds ...'
    equal no "$(test -e "$FAKE/broken.log" && echo yes || echo no)"
}

check_without_sources_the_jar_runs() {
    rm -r "$root/launcher/src" "$root/event-loop"
    touch "$root/pom.xml"
    vblk a
    equal 'java 17.0.15 <a>' "$(xargs <"$FAKE/out")"
    builds 0
    rm "$root/launcher/target/vblk.jar"
    vblk a
    equal 1 "$code"
    one_error_line 'vblk: *vblk.jar is missing'
}

# --- What Java gets ------------------------------------------------------------------------------

check_arguments_arrive_unchanged() {
    vblk 'two words' '' '*' "\$HOME" "it's" '--x=a b'
    equal "java 17.0.15|<two words>|<>|<*>|<\$HOME>|<it's>|<--x=a b>|" \
        "$(tr '\n' '|' <"$FAKE/out")"
}

check_user_flags_come_last() {
    cd "$FAKE"
    touch -- -Dx=y # not what is meant
    VBLK_JAVA_OPTS='-Xmx1g  -Dx=*' vblk a
    equal 'flag -Xmx1g|flag -Dx=*|' "$(tail -n 2 "$FAKE/flags" | tr '\n' '|')"
}

check_only_bench_touches_the_heap_first() {
    vblk bench x
    equal 1 "$(grep -c AlwaysPreTouch "$FAKE/flags")"
    vblk serve x
    equal 0 "$(grep -c AlwaysPreTouch "$FAKE/flags")"
    vblk info x
    equal 0 "$(grep -c AlwaysPreTouch "$FAKE/flags")"
}

check_exit_code_passes_through() {
    vblk exit 0
    equal 0 "$code"
    vblk exit 2
    equal 2 "$code"
    vblk exit 77
    equal 77 "$code"
}

check_sigterm_reaches_java() {
    vblk a # trains
    "$root/launcher/bin/vblk" wait >"$FAKE/out" 2>"$FAKE/err" &
    local pid=$!
    await 5 test -e "$FAKE/ready"
    kill -TERM "$pid"
    wait "$pid"
    equal terminated "$(tail -n 1 "$FAKE/out")"
}

check_symlinks_lead_to_the_checkout() {
    mkdir "$FAKE/bin"
    ln -s "$root/launcher/bin/vblk" "$FAKE/bin/one"
    ln -s one "$FAKE/bin/two"
    equal 'java 17.0.15 <a>' "$(cd / && PATH=$FAKE/bin:$PATH two a | xargs)"
    ln -s "$root" "$FAKE/link"
    equal 'java 17.0.15 <a>' "$(cd "$FAKE" && link/launcher/bin/vblk a | xargs)"
    equal 'java 17.0.15 <a>' "$(cd "$root/launcher/bin" && ./vblk a | xargs)"
    builds 0
}

# --- The archive of classes ----------------------------------------------------------------------

check_archive_is_made_once_for_each_java() {
    vblk a
    vblk a
    trainings 1
    grep -qxF "flag -XX:SharedArchiveFile=$root/launcher/target/vblk-17.0.15.jsa" "$FAKE/flags"
    JAVA_HOME=$tmp/jdk25 vblk a
    JAVA_HOME=$tmp/jdk25 vblk a
    trainings 2
    grep -qxF "flag -XX:SharedArchiveFile=$root/launcher/target/vblk-25.0.3.jsa" "$FAKE/flags"
    equal '' "$(cat "$FAKE/err")"
}

check_archive_older_than_the_jar_is_made_again() {
    vblk a
    touch "$root/launcher/target/vblk.jar"
    vblk a
    vblk a
    trainings 2
}

check_failed_training_does_not_disturb() {
    touch "$FAKE/train.fails"
    vblk a
    vblk a
    trainings 2 # bench, then --version; once
    equal 'java 17.0.15 <a>' "$(xargs <"$FAKE/out")"
    equal '' "$(cat "$FAKE/err")"
    equal 0 "$(grep -c SharedArchiveFile "$FAKE/flags")"
    rm "$FAKE/train.fails"
    touch "$root/launcher/target/vblk.jar"
    vblk a
    equal 1 "$(grep -c SharedArchiveFile "$FAKE/flags")"
}

check_training_leaves_no_other_files() {
    vblk a
    equal 'vblk-17.0.15.jsa vblk.jar' \
        "$(cd "$root/launcher/target" && find . -type f | sed 's,./,,' | LC_ALL=C sort | xargs)"
}

# --- Real JDKs -----------------------------------------------------------------------------------

real_jdks() {
    local home
    for home in ${user_java_home:+"$user_java_home"} /usr/lib/jvm/*; do
        [ ! -x "$home/bin/jar" ] || readlink -f "$home"
    done | sort -u
}

check_every_real_jdk_is_quiet_and_uses_its_archive() {
    local homes home
    homes=$(real_jdks)
    [ -n "$homes" ] || { echo '  no JDK under /usr/lib/jvm'; return 1; }
    mv "$root" "$FAKE/plain" # Java 17 archives nothing of a jar whose path has blanks
    root=$FAKE/plain
    mkdir -p "$FAKE/io/vblk/launcher"
    cat >"$FAKE/io/vblk/launcher/Main.java" <<'END'
package io.vblk.launcher;

public class Main {
    public static void main(String[] args) {
        System.out.println(String.join(" ", args));
        System.exit(args[0].equals("exit") ? Integer.parseInt(args[1]) : 0);
    }
}
END
    printf '%s\n' 'Main-Class: io.vblk.launcher.Main' 'Enable-Native-Access: ALL-UNNAMED' \
        'Add-Opens: java.base/jdk.internal.misc' >"$FAKE/manifest"
    home=${homes%%$'\n'*}
    "$home/bin/javac" --release 17 -d "$FAKE/classes" "$FAKE/io/vblk/launcher/Main.java"
    "$home/bin/jar" --create --file "$root/launcher/target/vblk.jar" \
        --manifest "$FAKE/manifest" -C "$FAKE/classes" .
    while read -r home; do
        real_java "$home"
    done <<<"$homes"
}

real_java() { # real_java HOME
    local count
    JAVA_HOME=$1 vblk bench memory:1M
    equal "$1: 0, bench memory:1M, " "$1: $code, $(cat "$FAKE/out"), $(cat "$FAKE/err")"
    # The archive is used: without it the class would come from the jar.
    count=$(JAVA_HOME=$1 VBLK_JAVA_OPTS='-Xlog:class+load' "$root/launcher/bin/vblk" info x |
        grep -c 'vblk.launcher.Main source: shared objects file (top)')
    equal "$1: archive used 1" "$1: archive used $count"
    # A damaged one costs time, not words.
    echo garbage >"$root/launcher/target/vblk-$(sed -n 's/^JAVA_VERSION="\(.*\)"/\1/p' \
        "$1/release").jsa"
    JAVA_HOME=$1 vblk exit 3
    equal "$1: 3, exit 3, " "$1: $code, $(cat "$FAKE/out"), $(cat "$FAKE/err")"
    # What the JVM itself has to say is not hidden.
    JAVA_HOME=$1 VBLK_JAVA_OPTS=-XX:NoSuchFlag vblk info x
    equal 1 "$code"
    matches "*Unrecognized VM option 'NoSuchFlag'*" "$(cat "$FAKE/err" "$FAKE/out")"
}

# --- Runs the checks -----------------------------------------------------------------------------

make_tools
make_java "$tmp/jdk8" 1.8.0_402
make_java "$tmp/jdk11" 11.0.2
make_java "$tmp/jdk17" 17.0.15
make_java "$tmp/jdk25" 25.0.3
make_java "$tmp/bare11" 11.0.2
make_java "$tmp/bare21" 21.0.1
make_java "$tmp/mute" ''
rm "$tmp/bare11/release" "$tmp/bare21/release" "$tmp/mute/release"

host_path=$PATH
user_java_home=${JAVA_HOME:-}
unset JAVA_HOME VBLK_JAVA_OPTS

in_checkout() { # in_checkout CHECK
    make_checkout "$1"
    PATH=$tmp/jdk17/bin:$tmp/maven:$tmp/tools:$host_path
    "$1"
}

for name in $(declare -F | sed -n 's/^declare -f \(check_.*\)/\1/p'); do
    check in_checkout "$name"
done
conclude
