// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;
final class LatencySearch{ LatencySearch(io.vblk.fio.Goals.LatencyTarget t,int d){} int depth(){return 1;} void window(long f,long a){} boolean isDone(){return false;}}
