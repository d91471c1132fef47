// SPDX-License-Identifier: Apache-2.0
package io.vblk.chart;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Where numbers lie along a side of a chart, and which of them are written there. Immutable. */
final class Axis {
    /**
     * A mark on the axis.
     *
     * @param value the number
     * @param label as it is written; empty of a mark between two numbers
     */
    record Tick(double value, String label) {}

    private enum Kind { LINEAR, LOG, PERCENTILE }

    /** More powers of ten than this are not all written. */
    private static final int DECADES_MAX = 8;
    /** A ratio's axis that spans more than this, in logarithms, is written in factors. */
    private static final double FACTORS_FROM = 2;
    private static final double ROUNDING = 1e-9;

    private final Kind kind;
    private final double min;
    private final double max;
    private final Unit unit;

    private Axis(Kind kind, double min, double max, Unit unit) {
        this.kind = kind;
        this.min = min;
        this.max = max;
        this.unit = unit;
    }

    /** Equal steps between two numbers, with some room where they are one. */
    static Axis linear(double min, double max, Unit unit) {
        double room = max > min ? 0 : Math.max(Math.abs(max) * 0.1, 1e-6);
        return new Axis(Kind.LINEAR, min - room, max + room, unit);
    }

    /** From nothing to a little more than the largest number. */
    static Axis fromZero(double max, Unit unit) {
        return new Axis(Kind.LINEAR, 0, max > 0 ? max * 1.06 : 1, unit);
    }

    /** Equal steps for equal ratios; numbers below the smallest one lie at the start. */
    static Axis log(double min, double max, Unit unit) {
        double low = Math.max(min, Double.MIN_NORMAL);
        double high = Math.max(max, low);
        double room = high / low < 1.2 ? 1.5 : 1.08;
        return new Axis(Kind.LOG, low / room, high * room, unit);
    }

    /** A logarithmic axis that ends just there. */
    static Axis logExactly(double min, double max, Unit unit) {
        return new Axis(Kind.LOG, min, max, unit);
    }

    /** An axis for durations or rates: logarithmic where they differ much, else from nothing. */
    static Axis fitting(double min, double max, Unit unit) {
        return min > 0 && max / min >= 10 ? log(min, max, unit) : fromZero(max, unit);
    }

    /** Percentiles from 0 on, each further nine as far as the one before. */
    static Axis percentile(double highestBelow100) {
        double nines = Math.max(1, Math.log10(100 / (100 - highestBelow100)));
        return new Axis(Kind.PERCENTILE, 0, nines, Unit.PERCENT);
    }

    /** Where a number lies, from 0 at the start to 1 at the end, and never beyond. */
    double position(double value) {
        double at = switch (kind) {
            case LINEAR -> (value - min) / (max - min);
            case LOG -> value <= min ? 0 : Math.log(value / min) / Math.log(max / min);
            case PERCENTILE -> value >= 100 ? 1 : Math.log10(100 / (100 - value)) / max;
        };
        return Math.max(0, Math.min(1, at));
    }

    boolean contains(double value) {
        return kind == Kind.PERCENTILE || value >= min && value <= max;
    }

    double min() {
        return min;
    }

    double max() {
        return max;
    }

    /** Marks in rising order, about as many of them labelled as wanted. */
    List<Tick> ticks(int wanted) {
        return switch (kind) {
            case LINEAR -> unit == Unit.LOG_RATIO ? ratioTicks(wanted) : linearTicks(wanted);
            case LOG -> logTicks(wanted);
            case PERCENTILE -> percentileTicks();
        };
    }

    /** 1, 2 or 5 times a power of ten: the smallest step with no more marks than wanted. */
    static double niceStep(double span, int wanted) {
        double raw = span / Math.max(1, wanted);
        double power = Math.pow(10, Math.floor(Math.log10(raw)));
        for (double times : new double[] {1, 2, 5}) {
            if (times * power >= raw * (1 - ROUNDING)) {
                return times * power;
            }
        }
        return 10 * power;
    }

    private List<Tick> linearTicks(int wanted) {
        double end = Math.max(Math.abs(min), Math.abs(max));
        double factor = unit.stepUnit(end);
        double step = niceStep((max - min) / factor, wanted) * factor;
        if (unit == Unit.COUNT) {
            step = Math.max(1, step);
        }
        List<Tick> ticks = new ArrayList<>();
        for (long i = (long) Math.ceil(min / step - ROUNDING); i * step <= max + step * ROUNDING;
                i++) {
            ticks.add(new Tick(i * step, unit.tick(i * step, end, step)));
        }
        return ticks;
    }

    private List<Tick> ratioTicks(int wanted) {
        List<Tick> ticks = new ArrayList<>();
        if (max - min > FACTORS_FROM) {
            double step = Math.max(1, Math.ceil((max - min) / Math.log(2) / wanted));
            for (double i = Math.ceil(min / Math.log(2) / step) * step; i * Math.log(2) <= max;
                    i += step) {
                String factor = String.format(Locale.ROOT, "%.0f", Math.pow(2, Math.abs(i)));
                ticks.add(new Tick(i * Math.log(2), i < 0 ? "1/" + factor : "x" + factor));
            }
            return ticks;
        }
        double low = Math.expm1(min) * 100;
        double high = Math.expm1(max) * 100;
        double step = niceStep(high - low, wanted);
        for (long i = (long) Math.ceil(low / step - ROUNDING); i * step <= high; i++) {
            String percent = Unit.PERCENT.tick(i * step, high, step);
            ticks.add(new Tick(Math.log1p(i * step / 100), i > 0 ? "+" + percent : percent));
        }
        return ticks;
    }

    private List<Tick> logTicks(int wanted) {
        double decades = Math.log10(max / min);
        if (decades < 0.7) {
            return linearTicks(wanted);
        }
        int first = (int) Math.floor(Math.log10(min));
        int last = (int) Math.ceil(Math.log10(max));
        int every = last - first > DECADES_MAX ? 2 : 1;
        List<Tick> ticks = new ArrayList<>();
        for (int power = first; power <= last; power++) {
            for (int times = 1; times <= 9; times++) {
                double value = times * Math.pow(10, power);
                if (value < min * (1 - ROUNDING) || value > max * (1 + ROUNDING)) {
                    continue;
                }
                boolean isWritten = times == 1 && power % every == 0
                        || decades < 2.3 && (times == 2 || times == 5)
                        || decades < 1 && times != 7 && times != 9;
                if (isWritten || decades < 6) {
                    ticks.add(new Tick(value, isWritten ? unit.format(value) : ""));
                }
            }
        }
        return ticks;
    }

    private List<Tick> percentileTicks() {
        List<Tick> ticks = new ArrayList<>();
        ticks.add(new Tick(0, "0"));
        ticks.add(new Tick(50, "50"));
        for (int nines = 1; nines <= max + ROUNDING; nines++) {
            double value = 100 - 100 * Math.pow(10, -nines);
            ticks.add(new Tick(value, percentileName(value)));
        }
        return ticks;
    }

    /** A percentile without the zeroes at its end: 99.9. */
    static String percentileName(double percentile) {
        String text = String.format(Locale.ROOT, "%.8f", percentile);
        return text.replaceAll("0+$", "").replaceAll("\\.$", "");
    }
}
