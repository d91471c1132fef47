#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds the C programs that the event loop is compared with, into event-loop/target/c.
set -euo pipefail

source_dir=$(dirname "$(readlink -f "$0")")
output_dir=$source_dir/../../../target/c
mkdir -p "$output_dir"
for name in epoll_loop busy_poll; do
    "${CC:-gcc}" -O2 -Wall -Wextra -pthread -o "$output_dir/$name" "$source_dir/$name.c"
done
