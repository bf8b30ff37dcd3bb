/** The look-ups, on the host that runs this: that they answer, and read the kernel's texts as they are written. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { hostClock } from "../../common/clock.ts";
// @ts-expect-error: a plain script without types; it runs before anything is built.
import { BUILD_TOOLS, TEST_TOOLS } from "../../scripts/prepare.mjs";
import { startTwin } from "../../twin/index.ts";
import { clockFacts } from "./host-clock.ts";
import { diskFacts, fileSystemOf } from "./host-disk.ts";
import { latencyFacts } from "./host-latency.ts";
import { portFacts } from "./host-ports.ts";
import { softwareFacts } from "./host-probe.ts";
import { capabilities, groupNames, limitsOf, lineWorkers, mayWrite, userFacts } from "./host-user.ts";
import { BUILD_PROGRAMS, TEST_PROGRAMS } from "./packages.ts";

describe("texts of the kernel", () => {
  it("limits", () => {
    const text = `Limit                     Soft Limit           Hard Limit           Units
Max locked memory         8388608              unlimited            bytes
Max open files            unlimited            unlimited            files
Max realtime priority     50                   99
`;
    expect(limitsOf(text)).toEqual({ realTimePriority: 50, lockedBytes: 8_388_608, openFiles: Infinity });
    expect(limitsOf("")).toEqual({ realTimePriority: null, lockedBytes: null, openFiles: null });
  });

  it("capabilities and groups", () => {
    expect(capabilities("Name:\tnode\nCapEff:\t0000000000800000\n")).toBe(1n << 23n);
    expect(capabilities("")).toBe(0n);
    expect([...groupNames("root:x:0:\ndialout:x:20:pi,bob\n\n")]).toEqual([
      [0, "root"],
      [20, "dialout"],
    ]);
  });

  it("the kernel's workers, and not what calls itself one", () => {
    const stat = (name: string, flags: number, policy: number) =>
      `48 (${name}) I 2 0 0 0 -1 ${flags} ${Array(41 - 10)
        .fill(0)
        .join(" ")} ${policy} 0 0\n`;
    const kernel = 69_238_880;
    expect(
      lineWorkers([
        stat("kworker/u8:1-events_unbound", kernel, 0),
        stat("kworker/u9:0", kernel, 1),
        stat("kworker/1:0H-kblockd", kernel, 1),
        stat("kworker/u8:2", 4_194_304, 1),
        stat("a (kworker/u) b", kernel, 1),
        "",
      ]),
    ).toEqual({ seen: 2, realtime: 1 });
  });

  it("mounts: the longest above, the last of two at one point", () => {
    const mounts = "a / ext4 rw 0 0\nb /data nfs rw 0 0\nc /data xfs rw 0 0\nd /my\\040disk vfat rw 0 0\n";
    expect(fileSystemOf("/data/rig", mounts)).toBe("xfs");
    expect(fileSystemOf("/database", mounts)).toBe("ext4");
    expect(fileSystemOf("/my disk", mounts)).toBe("vfat");
    expect(fileSystemOf("/", "")).toBeNull();
  });
});

describe("this host", () => {
  const clock = hostClock();

  it("has a user with limits", async () => {
    const { name, limits } = await userFacts();
    expect(name).not.toBe("");
    expect(limits.openFiles).toBeGreaterThan(0);
  });

  it("says of a file whether it may be written, and of none that there is none", async () => {
    expect(await mayWrite("/dev/null")).toBe(true);
    expect(await mayWrite("/dev/null/below")).toBe(false);
    expect(await mayWrite("/dev/no-such-device")).toBeNull();
  });

  it("measures a disk, in the nearest folder that is there, and leaves nothing behind", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "disk-"));
    const facts = await diskFacts(path.join(folder, "not/yet/there"), clock);
    expect(facts).toMatchObject({ folder, writable: true });
    expect(facts.fsyncMedianMs).toBeGreaterThan(0);
    expect(readdirSync(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  it("measures its timers and a pseudo-terminal", async () => {
    const { timer, loopback } = await latencyFacts(clock);
    expect(timer?.worstMs).toBeGreaterThanOrEqual(timer?.medianMs ?? Number.NaN);
    expect(loopback?.medianMs).toBeGreaterThan(0);
  });

  it("has a monotonic clock that goes on", async () => {
    expect((await clockFacts()).monotonic?.advances).toBe(true);
  });

  it("loads every native part, and names the kernels", async () => {
    const { addons, kernels } = await softwareFacts();
    expect(addons.map(({ error }) => error)).toEqual([null, null, null, null]);
    expect(kernels).toHaveLength(2);
  });

  it("tells a twin's port, a port that is not there and a plain file", async () => {
    const twin = await startTwin({});
    const facts = await portFacts({
      ports: [twin.dataPath, "/dev/no-such-port", path.resolve("package.json")].map((each) => ({ key: "k", path: each })),
    });
    await twin.stop();
    expect(facts.map(({ exists, device, pseudoTerminal }) => ({ exists, device, pseudoTerminal }))).toEqual([
      { exists: true, device: true, pseudoTerminal: true },
      { exists: false, device: false, pseudoTerminal: false },
      { exists: true, device: false, pseudoTerminal: false },
    ]);
  });
});

it("the packages are those that the build asks for", () => {
  expect(BUILD_PROGRAMS).toEqual(BUILD_TOOLS);
  expect({ ...BUILD_PROGRAMS, ...TEST_PROGRAMS }).toEqual(TEST_TOOLS);
});
