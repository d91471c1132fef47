#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds the C program that the rings are compared with, into virtqueue/target/c.
set -euo pipefail

source_dir=$(dirname "$(readlink -f "$0")")
output_dir=$source_dir/../../../target/c
mkdir -p "$output_dir"
"${CC:-gcc}" -O2 -Wall -Wextra -pthread -o "$output_dir/ring_pingpong" \
    "$source_dir/ring_pingpong.c"
