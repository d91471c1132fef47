#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Makes and checks the disk images of this folder. Needs neither root nor mount nor a loop device.
#
# The same tools make the same bytes on every run, because
# - names, contents, owners, modes and dates of all files are fixed here, and so are all UUIDs;
# - files enter an image in sorted order, never in the order of readdir or of inode numbers;
# - random data is an AES-128-CTR key stream: key = the seed as a 128-bit number, counter from 0.

set -euo pipefail
umask 022
export LC_ALL=C TZ=UTC
PATH=$PATH:/usr/sbin:/sbin

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
readonly here
readonly EPOCH=1704067200            # 2024-01-01 00:00:00 UTC
readonly ISO_DATE=2024010100000000   # the same in the words of xorriso, 1/100 s
export SOURCE_DATE_EPOCH=$EPOCH E2FSPROGS_FAKE_TIME=$EPOCH
export MTOOLSRC=/dev/null

readonly IMAGES=(ext4.raw fat12.raw iso9660.iso gpt.raw)   # the committed ones, in MANIFEST's order
readonly IMAGE_BYTES_MAX=$((1 << 20))                      # of one committed image
readonly BIG_BYTES_MAX=$((1 << 44))                        # of one --size image: 16 TiB
readonly SECTOR_BYTES=512

readonly EXT4_UUID=5b1c0de0-0000-4000-8000-000000000001
readonly EXT4_HASH_SEED=5b1c0de0-0000-4000-8000-000000000002
readonly GPT_DISK_GUID=5B1C0DE0-0000-4000-8000-000000000010
readonly GPT_FAT_GUID=5B1C0DE0-0000-4000-8000-000000000011
readonly GPT_EXT4_GUID=5B1C0DE0-0000-4000-8000-000000000012
readonly GPT_EXT4_UUID=5b1c0de0-0000-4000-8000-000000000013
readonly GPT_FAT_START=64 GPT_FAT_SECTORS=896              # sectors of 512 bytes
readonly GPT_EXT4_START=960 GPT_EXT4_SECTORS=1024

work=''   # scratch directory, removed at exit
part=''   # file being written beside its final name, removed at exit unless it was renamed
writer='' # process that writes $part in the background, ended at exit

usage() {
  cat <<'USAGE'
Usage:
  make-images.sh [TARGET...]   make images here; TARGET is ext4, fat12, iso9660, gpt, grub or all
                               (default: all = the first four); rewrites MANIFEST
  make-images.sh --size SIZE [--seed N] [--force] FILE
                               make FILE: exactly SIZE bytes of seeded random data; SIZE is a
                               number with K, M or G (powers of 1024) or of bytes, a multiple of 512
  make-images.sh --check       compare every committed image with MANIFEST, then let the tools
                               for its file system look at it and at the files in it
  make-images.sh --help        print this text

Options:
  --seed N    choose the random data, 0 to 999999999999999999 (default: 1)
  --force     replace FILE if it exists
USAGE
}

die() {
  printf 'make-images.sh: %s\n' "$*" >&2
  exit 1
}

bad_usage() {
  printf 'make-images.sh: %s (see --help)\n' "$*" >&2
  exit 2
}

have() {
  command -v "$1" >/dev/null 2>&1
}

# need COMMAND PACKAGE
need() {
  have "$1" || die "$1 is missing: install the Debian package $2"
}

clean_up() {
  if [[ -n $writer ]]; then kill "$writer" 2>/dev/null || true; fi
  if [[ -n $work ]]; then rm -rf -- "$work"; fi
  if [[ -n $part ]]; then rm -f -- "$part"; fi
}

# quietly COMMAND...: its output is shown only if it fails.
quietly() {
  if ! "$@" >"$work/log" 2>&1; then
    cat "$work/log" >&2
    die "failed: $*"
  fi
}

# random_bytes SEED COUNT: to stdout
random_bytes() {
  local key
  key=$(printf '%032x' "$1")
  head -c "$2" /dev/zero |
    openssl enc -aes-128-ctr -nosalt -bufsize 1048576 -K "$key" -iv 00000000000000000000000000000000
}

# open_part FINAL: names a new file in the directory of FINAL and stores the name in $part.
open_part() {
  local dir
  dir=$(dirname -- "$1")
  [[ -d $dir && -w $dir ]] || die "cannot write to the directory $dir"
  part=$(mktemp -- "$dir/.$(basename -- "$1").part.XXXXXX")
}

# close_part FINAL: the written file gets its name in one step.
close_part() {
  chmod 644 "$part"
  mv -fT -- "$part" "$1"
  part=''
}

# put FILE NAME: moves a finished image into this folder.
put() {
  open_part "$here/$2"
  cp -- "$1" "$part"
  close_part "$here/$2"
  printf '%s: %s bytes\n' "$2" "$(stat -c %s -- "$here/$2")"
}

# ---- the files inside the images ----

# make_tree DIR LABEL SEED RANDOM_COUNT: the same tree for all images but for label and random.bin.
make_tree() {
  local dir=$1 i
  mkdir -p "$dir/data" "$dir/deep/a/b/c/d" "$dir/many" "$dir/text"
  printf '%s\n' "$2" 'A disk image of vblk, for tests. All files in it are licensed Apache-2.0.' \
    >"$dir/readme.txt"
  : >"$dir/empty.txt"
  printf 'no line feed at the end' >"$dir/text/no-line-feed.txt"
  printf 'The name of this file needs more than eleven characters.\n' \
    >"$dir/text/a-file-with-a-rather-long-name.txt"
  awk 'BEGIN { for (i = 1; i <= 1000; i++) print i "," i * i "," i * i * i }' \
    >"$dir/data/powers.csv"
  random_bytes "$3" "$4" >"$dir/data/random.bin"
  { printf 'begin\n'; head -c 20000 /dev/zero; printf 'end\n'; } >"$dir/data/zeros.bin"
  printf 'leaf\n' >"$dir/deep/a/b/c/d/leaf.txt"
  for i in {00..31}; do printf 'small file %s\n' "$i" >"$dir/many/file-$i.txt"; done
  (cd "$dir" && find . -type f -print | sed 's,^\./,,' | sort | xargs sha256sum) >"$work/sums"
  mv "$work/sums" "$dir/SHA256SUMS"
  chmod -R u=rwX,go=rX "$dir"
  find "$dir" -exec touch -d "@$EPOCH" {} +
}

# sorted DIR TYPE: paths of that type below DIR, relative to it, parents first.
sorted() {
  (cd "$1" && find . -mindepth 1 -type "$2" -print | sed 's,^\./,,' | sort)
}

# make_ext4 FILE BLOCKS UUID LABEL TREE: blocks of 1 KiB.
# No journal: the smallest one has 1024 blocks. Files enter by debugfs and not by mke2fs -d, which
# copies ctime and owner from the host and takes files in the order of readdir.
make_ext4() {
  local file=$1 path
  need mke2fs e2fsprogs
  need debugfs e2fsprogs
  : >"$work/mke2fs.conf"
  MKE2FS_CONFIG=$work/mke2fs.conf quietly mke2fs -q -F -t ext4 -b 1024 -I 256 -N 96 -m 0 \
    -O none,ext_attr,filetype,extent,64bit,flex_bg,sparse_super,large_file,huge_file \
    -O dir_index,dir_nlink,extra_isize,metadata_csum \
    -U "$3" -L "$4" -E "hash_seed=$EXT4_HASH_SEED,root_owner=0:0,lazy_itable_init=0" "$file" "$2"
  {
    printf 'set_current_time @%s\n' "$EPOCH"
    printf 'set_super_value flags 1\n'   # hashes of names take char as signed on every host
    sorted "$5" d | sed 's,.*,mkdir /&,'
    while read -r path; do
      printf 'cd /%s\nwrite %s %s\n' "$(dirname "$path")" "$path" "${path##*/}"
    done < <(sorted "$5" f)
    printf 'symlink /link-to-leaf deep/a/b/c/d/leaf.txt\n'
  } >"$work/debugfs.cmd"
  (cd "$5" && quietly debugfs -w -f "$work/debugfs.cmd" "$file")

  # debugfs reports success whatever its commands did.
  mkdir "$file.dump"
  debugfs -R "rdump / \"$file.dump\"" "$file" >"$work/log" 2>&1 || true
  (cd "$file.dump" && quietly sha256sum -c SHA256SUMS)
}

# make_fat12 FILE KIBIBYTES ID LABEL TREE [MKFS_OPTION...]
make_fat12() {
  local file=$1 kib=$2 id=$3 label=$4 tree=$5
  shift 5
  need mkfs.vfat dosfstools
  quietly mkfs.vfat --invariant -F 12 -i "$id" -n "$label" "$@" -C "$file" "$kib"
  # The boot code of mkfs.vfat is GPL: ours asks the BIOS for the next device (int 18h), then halts.
  { printf '\xcd\x18\xf4\xeb\xfd'; head -c 443 /dev/zero; } >"$work/boot-code"
  quietly dd if="$work/boot-code" of="$file" bs=1 seek=62 conv=notrunc
  fill_fat "$file" "$tree"
}

# fill_fat FILE TREE
fill_fat() {
  local path
  need mcopy mtools
  while read -r path; do
    quietly mmd -i "$1" "::/$path"
  done < <(sorted "$2" d)
  while read -r path; do
    quietly mcopy -i "$1" "$2/$path" "::/$path"
  done < <(sorted "$2" f)
}

# ---- targets ----

make_target_ext4() {
  make_tree "$work/ext4" 'ext4.raw: ext4' 1 $((768 * 1024))
  make_ext4 "$work/ext4.raw" 1024 "$EXT4_UUID" vblk-ext4 "$work/ext4"
  put "$work/ext4.raw" ext4.raw
}

make_target_fat12() {
  make_tree "$work/fat12" 'fat12.raw: FAT12, 720 KiB floppy' 2 $((512 * 1024))
  make_fat12 "$work/fat12.raw" 720 5b1c0012 VBLK-FAT12 "$work/fat12"
  put "$work/fat12.raw" fat12.raw
}

# xorriso lays out file contents by inode number of the host unless each file has its own weight.
make_target_iso9660() {
  local tree=$work/iso9660 path weight=1000
  need xorriso xorriso
  make_tree "$tree" 'iso9660.iso: ISO 9660 with Rock Ridge' 3 $((256 * 1024))
  ln -s deep/a/b/c/d/leaf.txt "$tree/link-to-leaf"
  while read -r path; do
    printf '%s /%s\n' "$weight" "$path"
    weight=$((weight - 1))
  done < <(sorted "$tree" f) >"$work/weights"
  quietly xorriso -no_rc -as mkisofs -quiet -R -no-pad -V VBLK_ISO9660 -sysid '' -publisher '' \
    -p VBLK -A VBLK -uid 0 -gid 0 "--modification-date=$ISO_DATE" \
    "--set_all_file_dates" "$ISO_DATE" --sort-weight-list "$work/weights" \
    -o "$work/iso9660.iso" "$tree"
  put "$work/iso9660.iso" iso9660.iso
}

make_target_gpt() {
  local disk=$work/gpt.raw
  need sfdisk fdisk
  make_tree "$work/gpt1" 'gpt.raw, partition 1: FAT12' 4 $((256 * 1024))
  make_tree "$work/gpt2" 'gpt.raw, partition 2: ext4' 5 $((256 * 1024))
  make_fat12 "$work/gpt1.raw" $((GPT_FAT_SECTORS / 2)) 5b1c0013 VBLK-GPT1 "$work/gpt1" \
    -h "$GPT_FAT_START"
  make_ext4 "$work/gpt2.raw" $((GPT_EXT4_SECTORS / 2)) "$GPT_EXT4_UUID" vblk-gpt2 "$work/gpt2"
  truncate -s "$IMAGE_BYTES_MAX" "$disk"
  cat >"$work/sfdisk.cmd" <<SFDISK
label: gpt
label-id: $GPT_DISK_GUID
unit: sectors
first-lba: 34
start=$GPT_FAT_START, size=$GPT_FAT_SECTORS, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7, \
uuid=$GPT_FAT_GUID, name=fat12
start=$GPT_EXT4_START, size=$GPT_EXT4_SECTORS, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, \
uuid=$GPT_EXT4_GUID, name=ext4
SFDISK
  quietly sfdisk -q "$disk" <"$work/sfdisk.cmd"
  quietly dd if="$work/gpt1.raw" of="$disk" bs=$SECTOR_BYTES seek=$GPT_FAT_START conv=notrunc
  quietly dd if="$work/gpt2.raw" of="$disk" bs=$SECTOR_BYTES seek=$GPT_EXT4_START conv=notrunc
  put "$disk" gpt.raw
}

# A 1440 KiB FAT12 floppy with GRUB in its boot sector and its reserved sectors; it boots as a
# floppy and as a disk. GRUB is GPL: the image is never committed.
make_target_grub() {
  local lib=/usr/lib/grub/i386-pc disk=$work/grub-floppy.raw tree=$work/grub reserved=512
  need grub-mkimage grub-common
  [[ -f $lib/boot.img ]] || die "$lib/boot.img is missing: install the Debian package grub-pc-bin"
  make_tree "$tree" 'grub-floppy.raw: FAT12, GRUB (GPL) before the files' 6 $((768 * 1024))
  mkdir -p "$tree/boot/grub"
  cat >"$tree/boot/grub/grub.cfg" <<'CONFIG'
serial --unit=0 --speed=115200
terminal_output serial
terminal_input serial
echo "vblk: booted from virtio-blk"
cat /readme.txt
if hashsum --hash sha256 --check /SHA256SUMS --prefix ($root); then
  echo "vblk: all files read back right"
else
  echo "vblk: files read back wrong"
fi
halt
CONFIG
  grub-mkimage -O i386-pc -p /boot/grub -o "$work/core.img" \
    biosdisk fat normal serial terminal echo cat test hashsum gcry_sha256 halt
  (($(stat -c %s "$work/core.img") <= (reserved - 1) * SECTOR_BYTES)) || die 'GRUB is too large'
  make_fat12 "$disk" 1440 5b1c0014 VBLK-GRUB "$tree" -R "$reserved"
  # Bytes 3 to 89 of the boot sector describe the file system: they stay.
  quietly dd if="$lib/boot.img" of="$disk" bs=1 count=3 conv=notrunc
  quietly dd if="$lib/boot.img" of="$disk" bs=1 skip=90 seek=90 count=422 conv=notrunc
  quietly dd if="$work/core.img" of="$disk" bs=$SECTOR_BYTES seek=1 conv=notrunc
  put "$disk" grub-floppy.raw
}

write_manifest() {
  local name sum
  open_part "$here/MANIFEST"
  {
    printf '# vblk disk images: name size format sha256 made-by\n'
    printf '# size in bytes; format of the image file, not of the file system in it\n'
    printf '# made-by: the target to be given to make-images.sh\n'
    for name in "${IMAGES[@]}"; do
      [[ -f $here/$name ]] || continue
      sum=$(sha256sum <"$here/$name")
      printf '%s %s raw %s %s\n' \
        "$name" "$(stat -c %s -- "$here/$name")" "${sum%% *}" "${name%.*}"
    done
  } >"$part"
  close_part "$here/MANIFEST"
}

make_targets() {
  local target targets=()
  (($# > 0)) || set -- all
  for target in "$@"; do
    case $target in
      all) targets+=("${IMAGES[@]%.*}") ;;
      ext4 | fat12 | iso9660 | gpt | grub) targets+=("$target") ;;
      *) bad_usage "unknown target $target" ;;
    esac
  done
  need openssl openssl
  for target in "${targets[@]}"; do
    "make_target_$target"
    if [[ $target != grub ]]; then write_manifest; fi
  done
}

# ---- --size ----

# size_in_bytes TEXT
size_in_bytes() {
  local unit=1
  [[ $1 =~ ^([1-9][0-9]{0,14})([KMG]?)$ ]] ||
    bad_usage "--size $1: not a number with K, M, G or no unit"
  case ${BASH_REMATCH[2]} in
    K) unit=$((1 << 10)) ;;
    M) unit=$((1 << 20)) ;;
    G) unit=$((1 << 30)) ;;
  esac
  ((BASH_REMATCH[1] <= BIG_BYTES_MAX / unit)) || bad_usage "--size $1: more than 16384G"
  ((BASH_REMATCH[1] * unit % SECTOR_BYTES == 0)) || bad_usage "--size $1: not a multiple of 512"
  printf '%s\n' $((BASH_REMATCH[1] * unit))
}

# make_big SIZE SEED FORCE FILE
make_big() {
  local bytes file=$4 progress=none
  bytes=$(size_in_bytes "$1")
  [[ $2 =~ ^(0|[1-9][0-9]{0,17})$ ]] || bad_usage "--seed $2: not a number of 1 to 18 digits"
  if [[ -e $file || -L $file ]]; then
    [[ -f $file || -L $file ]] || die "$file exists and is not a file"
    $3 || die "$file exists (--force replaces it)"
  fi
  need openssl openssl
  open_part "$file"
  if [[ -t 2 ]]; then progress=progress; fi
  # In the background, because bash handles signals only between foreground commands.
  random_bytes "$2" "$bytes" | dd of="$part" bs=1M iflag=fullblock status="$progress" &
  writer=$!
  wait "$writer" || die "$file could not be written"
  writer=''
  (($(stat -c %s -- "$part") == bytes)) || die "$file came out too short"
  close_part "$file"
  printf '%s: %s bytes, seed %s\n' "$file" "$bytes" "$2"
}

# ---- --check ----

failures=0

# report ok|FAILED|skipped TEXT
report() {
  printf '%-8s %s\n' "$1" "$2"
  if [[ $1 == FAILED ]]; then failures=$((failures + 1)); fi
}

# tool_check NAME PACKAGE COMMAND...: the command must succeed; absent tools are skipped aloud.
tool_check() {
  local name=$1 package=$2
  shift 2
  if ! have "$1"; then
    report skipped "$name: $1 is not installed (Debian package $package)"
  elif "$@" >"$work/log" 2>&1; then
    report ok "$name: $1"
  else
    report FAILED "$name: $*"
    sed 's/^/         /' "$work/log"
  fi
}

# check_sums NAME DIR: SHA256SUMS in an extracted tree names all its files but itself.
check_sums() {
  local listed found
  listed=$(awk '{ print $2 }' "$2/SHA256SUMS" 2>/dev/null | sort)
  found=$(sorted "$2" f | grep -vx SHA256SUMS)
  if [[ -n $listed && $listed == "$found" ]] &&
    (cd "$2" && sha256sum --quiet -c SHA256SUMS) >"$work/log" 2>&1; then
    report ok "$1: $(wc -l <"$2/SHA256SUMS") files match SHA256SUMS"
  else
    report FAILED "$1: the files do not match SHA256SUMS"
  fi
}

# check_ext4 NAME FILE
check_ext4() {
  tool_check "$1" e2fsprogs e2fsck -fn "$2"
  if have debugfs; then
    mkdir "$work/$1"
    debugfs -R "rdump / \"$work/$1\"" "$2" >"$work/log" 2>&1 || true
    check_sums "$1" "$work/$1"
  fi
}

# check_fat NAME FILE
check_fat() {
  tool_check "$1" dosfstools fsck.fat -n "$2"
  if have mcopy; then
    mkdir "$work/$1"
    mcopy -s -i "$2" '::/*' "$work/$1" >"$work/log" 2>&1 || true
    check_sums "$1" "$work/$1"
  fi
}

# check_iso NAME FILE
check_iso() {
  tool_check "$1" xorriso xorriso -no_rc -abort_on WARNING -osirrox on -indev "$2" \
    -extract / "$work/$1"
  if have xorriso; then
    chmod -R u+w "$work/$1"
    check_sums "$1" "$work/$1"
  fi
}

# check_gpt NAME FILE
check_gpt() {
  tool_check "$1" fdisk sfdisk --verify "$2"
  tool_check "$1" gdisk sgdisk -v "$2"
  dd if="$2" of="$work/p1.raw" bs=$SECTOR_BYTES skip=$GPT_FAT_START count=$GPT_FAT_SECTORS \
    status=none
  dd if="$2" of="$work/p2.raw" bs=$SECTOR_BYTES skip=$GPT_EXT4_START count=$GPT_EXT4_SECTORS \
    status=none
  check_fat "$1-partition-1" "$work/p1.raw"
  check_ext4 "$1-partition-2" "$work/p2.raw"
}

# check_line NAME SIZE FORMAT SHA256: one line of MANIFEST against its file.
check_line() {
  local file=$here/$1 sum
  if [[ ! -f $file ]]; then
    report FAILED "$1: in MANIFEST, but not here"
    return
  fi
  sum=$(sha256sum <"$file")
  if [[ $(stat -c %s -- "$file") != "$2" ]]; then
    report FAILED "$1: size differs from MANIFEST"
  elif (($2 % SECTOR_BYTES != 0 || $2 > IMAGE_BYTES_MAX)); then
    report FAILED "$1: size is not a multiple of 512 up to $IMAGE_BYTES_MAX"
  elif [[ ${sum%% *} != "$4" ]]; then
    report FAILED "$1: sha256 differs from MANIFEST"
  else
    report ok "$1: $2 bytes, $3, sha256"
  fi
}

check_all() {
  local name size format sum _
  [[ -f $here/MANIFEST ]] || die 'MANIFEST is missing'
  while read -r name size format sum _; do
    [[ $name == '#'* || -z $name ]] || check_line "$name" "$size" "$format" "$sum"
  done <"$here/MANIFEST"
  for name in "${IMAGES[@]}"; do
    grep -q "^$name " "$here/MANIFEST" || report FAILED "$name: not in MANIFEST"
    [[ -f $here/$name ]] || continue
    case $name in
      ext4.raw) check_ext4 "$name" "$here/$name" ;;
      fat12.raw) check_fat "$name" "$here/$name" ;;
      iso9660.iso) check_iso "$name" "$here/$name" ;;
      gpt.raw) check_gpt "$name" "$here/$name" ;;
    esac
  done
  ((failures == 0)) || die "$failures checks failed"
}

main() {
  local size='' seed='' force=false check=false words=()
  while (($# > 0)); do
    case $1 in
      --help | -h) usage; exit 0 ;;
      --check) check=true ;;
      --force) force=true ;;
      --size | --seed)
        (($# > 1)) || bad_usage "$1 needs a value"
        if [[ $1 == --size ]]; then size=$2; else seed=$2; fi
        shift ;;
      --) shift; words+=("$@"); break ;;
      -*) bad_usage "unknown option $1" ;;
      *) words+=("$1") ;;
    esac
    shift
  done

  trap clean_up EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  if [[ -n $size ]]; then
    ! $check || bad_usage '--check and --size exclude each other'
    ((${#words[@]} == 1)) || bad_usage '--size needs one FILE'
    make_big "$size" "${seed:-1}" "$force" "${words[0]}"
    return
  fi
  if [[ -n $seed ]] || $force; then bad_usage '--seed and --force go with --size'; fi
  work=$(mktemp -d)
  if $check; then
    ((${#words[@]} == 0)) || bad_usage '--check takes no target'
    check_all
  else
    make_targets "${words[@]}"
  fi
}

main "$@"
