// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A worker that is not what it should be; what it does is its first argument. */
final class FakeWorker {
    private FakeWorker() {}

    static Build build(String mode) {
        return new Build(mode, null, List.of(
                "-cp", System.getProperty("java.class.path"), FakeWorker.class.getName(), mode));
    }

    /** Does it. */
    public static void main(String[] arguments) throws IOException {
        BufferedReader in = new BufferedReader(
                new InputStreamReader(System.in, StandardCharsets.UTF_8));
        switch (arguments[0]) {
            case "old" -> System.err.println("vblk: unknown command 'regress-worker': say info");
            case "newer" -> System.out.println("vblk-regress 2");
            case "garbage" -> System.out.println("Hello");
            case "refuses" -> {
                System.out.println(Protocol.ANNOUNCEMENT);
                while (in.readLine() != null) {
                    System.out.println("{\"ok\":false,\"error\":\"Unrecognized option: --x\"}");
                }
            }
            case "mumbles" -> {
                System.out.println(Protocol.ANNOUNCEMENT);
                in.readLine();
                System.out.println("not JSON");
                in.readLine();
            }
            case "floods" -> {
                System.out.println(Protocol.ANNOUNCEMENT);
                while (!System.out.checkError()) {
                    System.out.println("{\"ok\":true}");
                }
            }
            case "endless" -> {
                byte[] piece = " ".repeat(1 << 16).getBytes(StandardCharsets.UTF_8);
                while (!System.out.checkError()) {
                    System.out.write(piece, 0, piece.length);
                }
            }
            case "loud" -> {
                for (int i = 0; i < 100_000; i++) {
                    System.err.println("a line that is as long as another one, " + i);
                }
                System.err.println("the last word");
            }
            case "scrawls" -> {
                System.out.println(Protocol.ANNOUNCEMENT);
                in.readLine();
                System.out.println("{\"ok\":true,\"samples\":1,\"elapsedNs\":1,\"p50Ns\":1,"
                        + "\"p90Ns\":1,\"p99Ns\":1,\"maxNs\":1,\"cpuNs\":1,\"pollHitRate\":1,"
                        + "\"kicks\":1,\"histogram\":\"!!!!\"}");
                in.readLine();
            }
            case "mute" -> {
                in.readLine();
                in.readLine();
            }
            case "dies" -> {
                System.out.println(Protocol.ANNOUNCEMENT);
                in.readLine();
                System.err.println("first line");
                System.err.println("the last word");
            }
            default -> {
                System.out.println(Protocol.ANNOUNCEMENT);
                for (String line = in.readLine(); line != null; line = in.readLine()) {
                    // Never answers, and stays when nobody asks any more.
                    System.out.flush();
                }
                in.readLine();
            }
        }
    }
}
