# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Sourced by .ci/guests, after checks.sh: starts back-ends and virtual machines with a Linux guest,
# and talks with both. All of a check's files lie in its working directory, named after the machine:
#
#   NAME.console   what the guest prints      NAME.monitor   QEMU's monitor, a socket
#   NAME.qemu      what QEMU says             NAME.words     its second serial port, a socket
#
# What is started dies with the check (setpriv --pdeathsig), however that ends.

: "${server:?vblk or qemu-storage-daemon}" "${vblk:?our program}"
: "${seed:?of all that is random}" "${tmp:?a directory for what the checks share}"
guest_files=$PWD/launcher/src/test/sh/guest
guest_programs=(fio mke2fs e2fsck blkdiscard)
guest_modules=(virtio_pci virtio_blk)
boot_limit=120 # seconds until a guest's first line; it takes 3 on two processors
test_limit=180 # and until it has switched itself off after that

# --- Guest ----------------------------------------------------------------------------------------

# Sets kernel: the newest of Debian's for clouds; it has ext4 and the serial port built in.
find_kernel() {
    kernel=$(printf '%s\n' /boot/vmlinuz-*-cloud-amd64 | sort -V | tail -n 1)
    [ -r "$kernel" ] || { echo "no kernel to be read: $kernel (linux-image-cloud-amd64)"; exit 1; }
}

# The initramfs that all guests share, without the test: busybox, the programs with their
# libraries, the modules in the order in which they need each other.
make_initramfs() { # make_initramfs FILE
    local root=$1.root program library module
    mkdir -p "$root/bin" "$root/programs" "$root/modules"
    cp "$guest_files/init" "$root/init"
    cp "$(command -v busybox)" "$root/bin"
    ln -s busybox "$root/bin/sh"
    for program in busybox "${guest_programs[@]}"; do
        program=$(command -v "$program")
        [ "${program##*/}" = busybox ] || cp "$program" "$root/programs"
        { ldd "$program" || :; } 2>/dev/null | grep -o '/[^ ]*' || :
    done | sort -u | while read -r library; do
        mkdir -p "$root${library%/*}"
        cp --dereference "$library" "$root$library"
    done
    for module in "${guest_modules[@]}"; do
        modprobe --set-version="${kernel#*/vmlinuz-}" --show-depends "$module" >"$1.modules"
        awk '$1 == "insmod" { print $2 }' "$1.modules"
    done | awk '!seen[$0]++' | while read -r module; do
        cp "$module" "$root/modules"
        echo "${module##*/}" >>"$root/modules/order"
    done
    [ "$(wc -l <"$root/modules/order")" -ge ${#guest_modules[@]} ]
    pack "$root" "$1"
    rm -r "$root" "$1.modules"
}

pack() { # pack DIRECTORY FILE
    (cd "$1" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0) >"$2"
}

# --- Back-end -------------------------------------------------------------------------------------

held_us=0     # how long the back-end's reads and writes are held back at most
disk_server=0 # the process id of the last back-end started

# Runs a back-end of IMAGE on SOCKET in place of this shell.
become_server() { # become_server SOCKET IMAGE OPTION...
    local socket=$PWD/$1 image=$2 held=()
    shift 2
    if [ "$held_us" != 0 ]; then
        held=(env LD_PRELOAD="$tmp/hold.so" HOLD_SEED="$seed" HOLD_MAX_US="$held_us")
    fi
    case $server in
        vblk)
            exec setpriv --pdeathsig KILL "${held[@]}" "$vblk" serve "$image" \
                --socket-path="$socket" "$@"
            ;;
        qemu-storage-daemon)
            storage_daemon_options "$socket" "$image" "$@"
            exec setpriv --pdeathsig KILL "${held[@]}" qemu-storage-daemon "${options[@]}"
            ;;
    esac
}

# Sets options: what the peer calls ours; what it does not have ends it.
storage_daemon_options() { # storage_daemon_options SOCKET IMAGE OPTION...
    local socket=$1 option
    local device=driver=file,node-name=disk,filename=$2,discard=unmap
    local export=type=vhost-user-blk,id=export,node-name=disk,addr.type=unix,addr.path=$socket
    local writable=on
    shift 2
    for option; do
        case $option in
            --read-only) device+=,read-only=on writable=off ;;
            --num-queues=* | --logical-block-size=*) export+=,${option#--} ;;
            --locking=*) device+=,locking=${option#*=} ;;
            *) echo "qemu-storage-daemon has no $option"; exit 2 ;;
        esac
    done
    options=(--blockdev "$device" --export "$export,writable=$writable")
}

# Starts a back-end and waits until it listens; a socket that another one has left is no hindrance.
start_server() { # start_server SOCKET IMAGE OPTION...
    become_server "$@" >>"$1.server" 2>&1 &
    disk_server=$!
    await 30 listens "$1" "$disk_server"
}

listens() { # listens SOCKET PID
    [ -d "/proc/$2" ] || { echo "  the back-end has ended"; exit 1; }
    grep -q " 00010000 .* $PWD/$1\$" /proc/net/unix
}

# Sends the signal and waits for the end with that exit code.
end_server() { # end_server SIGNAL CODE
    local code=0
    kill -s "$1" "$disk_server"
    await 10 has_ended "$disk_server"
    wait "$disk_server" 2>/dev/null || code=$?
    equal "$2" "$code"
}

has_ended() { # has_ended PID: perhaps not yet waited for
    local state
    { read -r state <"/proc/$1/stat"; } 2>/dev/null || return 0
    state=${state##*) }
    [[ $state == Z* ]]
}

# Bytes that the back-end has read and written so far, whatever for.
moved_bytes() {
    awk '/char/ { sum += $2 } END { print sum + 0 }' "/proc/$disk_server/io"
}

has_moved() { # has_moved BYTES FROM
    [ "$(($(moved_bytes) - $2))" -ge "$1" ]
}

# --- Machine --------------------------------------------------------------------------------------

disk=num-queues=2 # properties of the machine's vhost-user-blk-pci device
chardev=''        # and of its socket, such as ,reconnect=1

# Starts a machine with the disk on disk.sock; its guest runs the test that comes on stdin.
start_guest() { # start_guest NAME [QEMU-OPTION...]
    local name=$1
    shift
    rm -rf "$name.root"
    mkdir "$name.root"
    cat >"$name.root/test"
    pack "$name.root" "$name.test"
    cat "$tmp/initramfs" "$name.test" >"$name.initramfs"
    start_machine "$name" disk.sock -kernel "$kernel" -initrd "$name.initramfs" \
        -append "console=ttyS0 quiet loglevel=3 panic=-1 mitigations=off apparmor=0 \
            audit=0 cryptomgr.notests no_timer_check init_on_alloc=0" \
        "$@"
    await $boot_limit says "$name" 'RESULT booted='
}

# Sets machine: the process id.
start_machine() { # start_machine NAME SOCKET [QEMU-OPTION...]
    local name=$1 socket=$2
    shift 2
    : >"$name.console"
    # Two pages more than 512 MiB: of memory that is a whole number of 256 KiB QEMU before 9.0 loses
    # what an emulated processor writes during a migration (its TLB does not see the cleared bits).
    setpriv --pdeathsig KILL qemu-system-x86_64 -accel tcg,thread=multi -smp 2 -m 524296K \
        -object memory-backend-memfd,id=ram,size=524296K,share=on -machine q35,memory-backend=ram \
        -nodefaults -no-user-config -display none \
        -serial "file:$name.console" \
        -chardev "socket,id=words,path=$name.words,server=on,wait=off" -serial chardev:words \
        -monitor "unix:$name.monitor,server=on,wait=off" \
        -chardev "socket,id=disk,path=$socket$chardev" \
        -device "vhost-user-blk-pci,chardev=disk,id=disk,$disk" \
        "$@" >"$name.qemu" 2>&1 &
    machine=$!
}

# Waits for the guest to switch itself off after a test in which nothing failed.
finish_guest() { # finish_guest NAME
    await $test_limit has_ended "$machine"
    ! grep '^STUCK' "$1.console" || return 1
    equal 0 "$(value "$1" ended)"
    equal 0 "$(value "$1" disk_errors)"
}

# Whether a line of the console begins with that text. Ends the check when it cannot come.
says() { # says NAME TEXT
    local ended=0 console
    ! has_ended "$machine" || ended=1
    console=$'\n'$(<"$1.console")
    if [[ $console == *$'\n'"$2"* ]]; then
        return 0
    fi
    if [ $ended = 1 ] || [[ $console == *'Kernel panic'* || $console == *$'\n'STUCK* ]]; then
        echo "  the guest of $1 has not said '$2'"
        exit 1
    fi
    return 1
}

# The last value that the guest gave for the name; fails when there is none.
value() { # value NAME RESULT
    tr -d '\r' <"$1.console" | sed -n "s|^RESULT $2=||p" | tail -n 1 | grep .
}

tell_guest() { # tell_guest NAME WORD
    echo "$2" | socat -u - "UNIX-CONNECT:$1.words"
}

# One command of QEMU's monitor, and what it says; waits until it prompts again, or has ended.
monitor() { # monitor NAME COMMAND
    local input output
    coproc MONITOR { exec socat - "UNIX-CONNECT:$1.monitor"; }
    input=${MONITOR[0]} output=${MONITOR[1]}
    until_prompt "$input" >/dev/null
    echo "$2" >&"$output"
    until_prompt "$input"
    exec {output}>&- {input}<&-
    wait "$MONITOR_PID" 2>/dev/null || :
}

until_prompt() { # until_prompt DESCRIPTOR
    local text='' part
    until [[ $text == *'(qemu' ]]; do
        IFS= read -r -t 30 -d ')' part <&"$1" || break
        text+=$part
    done
    echo "$text"
}

feature() { # feature NAME BIT: 0 or 1, what device and guest have agreed on
    local bits
    bits=$(value "$1" features)
    echo "${bits:$2:1}"
}

# For a check that has failed: the end of each log.
show_logs() {
    local file
    for file in *.console *.qemu *.server; do
        [ ! -s "$file" ] || { echo "  --- $file" && tail -n 25 "$file" | tr -d '\r'; }
    done
}
