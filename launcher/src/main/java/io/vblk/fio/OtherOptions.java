// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** fio's options that do nothing here, or that a load would not be the same without. */
final class OtherOptions {
    static final List<FioOption> ROWS = rows();

    private OtherOptions() {}

    private static List<FioOption> rows() {
        List<FioOption> rows = new ArrayList<>();
        met(rows);
        withoutEffect(rows);
        refused(rows);
        return List.copyOf(rows);
    }

    private static void met(List<FioOption> rows) {
        add(rows, FioOption.Role.MET, "jobs are threads", "thread");
        add(rows, FioOption.Role.MET, "results do not depend on it", "significant_figures",
                "log_entries", "random_generator", "clocksource", "mem iomem", "verify_state_save",
                "experimental_verify", "error_dump", "stats", "unit_base");
        add(rows, FioOption.Role.MET, "the target is there and is not laid out", "create_on_open",
                "create_serialize", "create_fsync", "allow_file_create", "fallocate", "overwrite",
                "unlink", "unlink_each_loop", "file_service_type", "openfiles");
    }

    private static void withoutEffect(List<FioOption> rows) {
        FioOption.Role role = FioOption.Role.NO_EFFECT;
        add(rows, role, "the page cache stays as it is", "invalidate", "pre_read",
                "fadvise_hint", "write_hint", "sync_file_range");
        add(rows, role, "clocks are always read", "gtod_reduce", "gtod_cpu", "disable_lat",
                "disable_clat", "disable_slat", "disable_bw_measurement disable_bw");
        add(rows, role, "threads run where the host puts them", "numa_cpu_nodes",
                "numa_mem_policy", "nice", "prio", "prioclass", "lockmem", "hugepage-size",
                "ioscheduler", "cgroup", "cgroup_nodelete", "cgroup_weight");
        add(rows, role, "blocks are checked by the thread that reads them", "verify_async",
                "verify_async_cpus");
        add(rows, role, "not part of the report", "disk_util", "unified_rw_reporting",
                "block_error_percentiles", "bwavgtime", "iopsavgtime", "per_job_logs",
                "log_max_value", "log_prio", "log_compression", "log_compression_cpus",
                "log_store_compressed", "log_alternate_epoch", "log_alternate_epoch_clock_id");
        add(rows, role, "each job ends by itself", "exitall_on_error");
        add(rows, role, "rates are checked once a second", "rate_cycle ratecycle");
        add(rows, role, "of fio's clients", "unique_filename");
        add(rows, role, "of fio's engines", "hipri", "sqthread_poll", "sqthread_poll_cpu",
                "fixedbufs", "registerfiles", "nonvectored", "force_async", "uncached", "nowait",
                "userspace_reap", "cmdprio_percentage", "libblkio_pre_connect_props",
                "libblkio_pre_start_props", "libblkio_num_entries", "libblkio_queue_size",
                "libblkio_vectored", "libblkio_force_enable_completion_eventfd");
    }

    private static void refused(List<FioOption> rows) {
        FioOption.Role role = FioOption.Role.REFUSED;
        add(rows, role, "a job has one target", "nrfiles nr_files=1", "filename_format", "opendir",
                "lockfile=none", "file_append=0");
        add(rows, role, "stonewall is the way to put jobs in order", "wait_for");
        add(rows, role, "exitall ends a group", "exit_what=group");
        add(rows, role, "offsets are multiples of the smallest size", "ba blockalign",
                "offset_align=0", "bs_unaligned blocksize_unaligned=0");
        add(rows, role, "a load is random or it is not", "percentage_random=100",
                "rw_sequencer=sequential", "bs_is_seq_rand=0");
        add(rows, role, "a disk has no zones here", "zonemode=none", "zonesize=0", "zonecapacity",
                "zonerange=0", "zoneskip=0", "read_beyond_wp", "max_open_zones",
                "job_max_open_zones", "ignore_zone_limits", "zone_reset_threshold",
                "zone_reset_frequency");
        add(rows, role, "traces are not replayed", "write_iolog", "read_iolog",
                "read_iolog_chunked", "replay_no_stall", "replay_redirect", "replay_scale",
                "replay_align", "replay_time_scale", "replay_skip", "merge_blktrace_file",
                "merge_blktrace_scalars", "merge_blktrace_iters");
        add(rows, role, "use rw=trim and trim_verify_zero", "trim_percentage=0", "trim_backlog",
                "trim_backlog_batch");
        add(rows, role, "the header is at the beginning", "verify_offset");
        add(rows, role, "nothing is loaded from an earlier run", "verify_state_load=0");
        add(rows, role, "commands are not run", "exec_prerun", "exec_postrun", "profile");
        add(rows, role, "errors are none, read, write or verify: continue_on_error",
                "ignore_error");
        add(rows, role, "a rate and a pause are one or the other", "rate_ignore_thinktime=0",
                "thinktime_iotime=0", "thinktime_blocks_type=complete");
        add(rows, role, "requests are submitted by the thread that completes them",
                "io_submit_mode=inline");
        add(rows, role, "a disk's length is known", "fill_device fill_fs=0", "create_only=0",
                "allow_mounted_write=0");
        add(rows, role, "virtio-blk has nothing like it", "write_barrier=0", "atomic=0");
        add(rows, role, "jobs do not wait for each other's rate", "flow=0", "flow_id", "flow_sleep",
                "flow_watermark");
        add(rows, role, "each job repeats its own data", "dedupe_mode=repeat",
                "dedupe_working_set_percentage", "dedupe_global=0");
        add(rows, role, "vblk stays the user that it is", "uid", "gid");
    }

    /**
     * Adds rows of one kind.
     *
     * @param names name, aliases, and what value of one that is refused asks for nothing
     */
    private static void add(List<FioOption> rows, FioOption.Role role, String reason,
            String... names) {
        Arrays.stream(names).map(name -> FioOption.without(name, role, reason)).forEach(rows::add);
    }
}
