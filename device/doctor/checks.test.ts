import { describe, expect, it } from "vitest";
import { checkClock, checkDisk, checkLatency } from "./check-host.ts";
import { checkPorts } from "./check-ports.ts";
import { checkSoftware } from "./check-software.ts";
import { checkUser } from "./check-user.ts";
import type { ClockFacts, DiskFacts, LatencyFacts, PortFacts, SoftwareFacts, UserFacts } from "./facts.ts";
import { FINE, FINE_PORT } from "./fine-host.test-support.ts";
import type { Row } from "./row.ts";

/** What is not as it should be: exactly one row, with what mends it. */
function only(rows: readonly Row[]): Row {
  const wrong = rows.filter(({ status }) => status !== "ok");
  expect(wrong).toHaveLength(1);
  expect(wrong[0]?.mend).toBeTruthy();
  return wrong[0] as Row;
}

const user = (change: Partial<UserFacts>) => only(checkUser({ ...FINE.user, ...change }));
const limits = (change: Partial<UserFacts["limits"]>) => user({ limits: { ...FINE.user.limits, ...change } });
const port = (change: Partial<PortFacts>, origin: "hardware" | "twin" | null = "hardware") =>
  only(checkPorts([{ ...FINE_PORT, ...change }], origin, "pi"));
const latency = (change: Partial<LatencyFacts>) => only(checkLatency({ ...FINE.latency, ...change }));
const clock = (change: Partial<ClockFacts>) => only(checkClock({ ...FINE.clock, ...change }));
const disk = (change: Partial<DiskFacts>, budget: number | null = null) =>
  only(checkDisk({ ...FINE.disk, ...change }, { commitIntervalMs: 1000, sizeBudgetMb: budget }));
const software = (change: Partial<SoftwareFacts>) => only(checkSoftware({ ...FINE.software, ...change }));

describe("permissions and limits", () => {
  it("a user outside dialout is told the command, with the name in it", () => {
    expect(user({ groups: ["pi"] })).toMatchObject({ status: "warning", mend: expect.stringContaining("sudo usermod -aG dialout pi") });
    expect(checkUser({ ...FINE.user, root: true, groups: [] })[0]?.status).toBe("ok");
  });

  it("real-time priority is wanted by limit or by capability", () => {
    expect(limits({ realTimePriority: 0 }).says).toContain("wants 60");
    expect(limits({ realTimePriority: 50 }).status).toBe("warning");
    expect(limits({ realTimePriority: null }).status).toBe("warning");
    const allowed = checkUser({ ...FINE.user, mayNice: true, limits: { ...FINE.user.limits, realTimePriority: 0 } });
    expect(allowed.every(({ status }) => status === "ok")).toBe(true);
  });

  it("the kernel's workers are hurried, may be, or are told of; where they cannot be seen nothing is said", () => {
    const ordinary = { seen: 4, realtime: 3 };
    expect(user({ lineWorkers: ordinary })).toMatchObject({
      status: "warning",
      mend: expect.stringContaining("asic-reservoir line-workers"),
    });
    expect(checkUser({ ...FINE.user, mayNice: true, lineWorkers: ordinary }).every(({ status }) => status === "ok")).toBe(true);
    const unseen = checkUser({ ...FINE.user, lineWorkers: { seen: 0, realtime: 0 } });
    expect(unseen.map(({ says }) => says)).toEqual(
      checkUser(FINE.user)
        .map(({ says }) => says)
        .filter((says) => !says.includes("workers")),
    );
  });

  it("idle processors may be kept awake, or it is told of; nothing is said where the kernel has no such request", () => {
    expect(user({ mayKeepAwake: false })).toMatchObject({ status: "warning", mend: expect.stringContaining("/dev/cpu_dma_latency") });
    const says = (mayKeepAwake: boolean | null) => checkUser({ ...FINE.user, mayKeepAwake }).filter(({ says }) => says.includes("awake"));
    expect(says(true)).toMatchObject([{ status: "ok" }]);
    expect(says(null)).toEqual([]);
  });

  it.each([
    [{ lockedBytes: 65_536 }, "locked memory"],
    [{ lockedBytes: null }, "locked memory"],
    [{ openFiles: 256 }, "open files"],
  ])("%j", (change, says) => {
    expect(limits(change)).toMatchObject({ area: "limits", status: "warning", says: expect.stringContaining(says) });
  });
});

describe("ports", () => {
  it("a twin that is not there is started, not plugged in", () => {
    expect(port({ exists: false, path: "bench/s9-ports/data" }, "twin").mend).toContain("--link bench/s9-ports");
  });

  it.each<[string, Partial<PortFacts>, Row["status"], string, string]>([
    ["missing", { exists: false }, "bad", "is not there", "/dev/serial/by-id"],
    ["a plain file", { device: false }, "bad", "is no device", "name the port itself"],
    ["not readable", { readable: false }, "bad", "may not be read by pi", "usermod -aG dialout pi"],
    ["not writable", { writable: false, group: "root" }, "bad", "may not be written by pi", "udev rule"],
    ["in use", { holders: [{ pid: 42, name: "minicom" }] }, "bad", "minicom (process 42)", "kill 42"],
    ["perhaps in use", { holders: null }, "warning", "cannot be seen", "sudo fuser -v"],
    ["named by its place in a row", { stablePath: "/dev/serial/by-id/x" }, "warning", "another device", "board.data: /dev/serial/by-id/x"],
    ["a pseudo-terminal", { pseudoTerminal: true }, "bad", "is a pseudo-terminal", "origin: twin"],
    ["slow", { latencyTimer: { ms: 16, file: "/sys/t", writable: false } }, "warning", "up to 16 ms", "sudo tee /sys/t"],
  ])("a port that is %s", (_, change, status, says, mend) => {
    expect(port(change)).toMatchObject({ status, says: expect.stringContaining(says), mend: expect.stringContaining(mend) });
  });

  it("a real port is no twin", () => {
    expect(port({}, "twin")).toMatchObject({ status: "bad", says: expect.stringContaining("is a real port") });
  });

  it("is said to be free only where that was looked up", () => {
    const says = (change: Partial<PortFacts>, origin: "hardware" | "twin") =>
      checkPorts([{ ...FINE_PORT, ...change }], origin, "pi").map((row) => [row.status, row.says]);
    expect(says({}, "hardware")).toEqual([["ok", expect.stringContaining("is there and free")]]);
    expect(says({ pseudoTerminal: true, holders: [] }, "twin")).toEqual([["ok", expect.stringMatching(/is there, a twin's$/)]]);
  });

  it("a slow timer that the daemon may set is no trouble", () => {
    const rows = checkPorts([{ ...FINE_PORT, latencyTimer: { ms: 16, file: "/sys/t", writable: true } }], "hardware", "pi");
    expect(rows.map(({ status }) => status)).toEqual(["ok"]);
  });

  it("a host without any is told what to try", () => {
    expect(only(checkPorts([], null, "pi")).mend).toContain("asic-reservoir demo");
  });

  it("what was found by itself need not have a lasting name, nor fit an origin", () => {
    const rows = checkPorts([{ ...FINE_PORT, key: "found", stablePath: "/dev/serial/by-id/x" }], null, "pi");
    expect(rows.map(({ status }) => status)).toEqual(["ok"]);
  });
});

describe("latency", () => {
  it.each<[string, Partial<LatencyFacts>, Row["status"]]>([
    ["timers a little late", { timer: { medianMs: 1, worstMs: 30 } }, "warning"],
    ["timers later than a turn of the sentinel", { timer: { medianMs: 1, worstMs: 130 } }, "bad"],
    ["timers that were not measured", { timer: null }, "warning"],
    ["a slow pseudo-terminal", { loopback: { medianMs: 9, worstMs: 10 } }, "warning"],
    ["no pseudo-terminal", { loopback: null }, "warning"],
  ])("%s", (_, change, status) => {
    expect(latency(change).status).toBe(status);
  });

  it("one slow round through a pseudo-terminal is no trouble", () => {
    const rows = checkLatency({ ...FINE.latency, loopback: { medianMs: 0.1, worstMs: 40 } });
    expect(rows.every(({ status }) => status === "ok")).toBe(true);
  });
});

describe("clock", () => {
  it.each<[string, Partial<ClockFacts>, Row["status"]]>([
    ["not synchronised", { synchronised: false }, "warning"],
    ["perhaps not synchronised", { synchronised: null }, "warning"],
    ["read from a slow source", { source: "hpet" }, "warning"],
    ["monotonic and not to be read", { monotonic: null }, "bad"],
    ["monotonic and standing still", { monotonic: { advances: false, anchorErrorNs: 0 } }, "bad"],
    ["badly told", { monotonic: { advances: true, anchorErrorNs: 2e6 } }, "warning"],
  ])("%s", (_, change, status) => {
    expect(clock(change).status).toBe(status);
  });
});

describe("disk", () => {
  it.each<[string, Partial<DiskFacts>, Row["status"], string]>([
    ["that cannot be written", { writable: false }, "bad", "cannot be written"],
    ["nearly full", { freeBytes: 50e6 }, "bad", "GB are free"],
    ["with little room", { freeBytes: 500e6 }, "warning", "may grow"],
    ["of unknown room", { freeBytes: null }, "warning", "could not be found out"],
    ["on a network", { fileSystem: "nfs4" }, "bad", "can be damaged"],
    ["in memory", { fileSystem: "tmpfs" }, "warning", "after a restart"],
    ["without permissions", { fileSystem: "vfat" }, "warning", "without permissions"],
    ["of unknown kind", { fileSystem: null }, "warning", "could not be found out"],
    ["slower than the commits", { fsyncMedianMs: 700 }, "warning", "every 1000 ms"],
    ["that was not measured", { fsyncMedianMs: null }, "warning", "could not be measured"],
  ])("%s", (_, change, status, says) => {
    expect(disk(change)).toMatchObject({ status, says: expect.stringContaining(says) });
  });

  it("with less room than the record's budget", () => {
    expect(disk({ freeBytes: 5e9 }, 8192).says).toContain("may grow to 8.2 GB");
  });
});

describe("software", () => {
  it("of an old Node is bad, at the edge of 20.19", () => {
    expect(software({ node: "20.18.3" }).status).toBe("bad");
    for (const node of ["20.19.0", "21.0.0", "24.2.0"])
      expect(
        checkSoftware({ ...FINE.software, node }).every(({ status }) => status === "ok"),
        node,
      ).toBe(true);
  });

  it("without a native part says which, and how to build it", () => {
    const addons = FINE.software.addons.map((addon) => (addon.name === "twin" ? { ...addon, error: "wrong ELF class" } : addon));
    expect(software({ addons })).toMatchObject({
      status: "bad",
      says: expect.stringContaining("twin does not load: wrong ELF"),
      mend: "make clean native",
    });
  });

  it("that is missing is named with its package", () => {
    expect(software({ missing: [{ program: "g++", debianPackage: "g++", needed: "build" }] })).toMatchObject({
      mend: "sudo apt-get install g++",
    });
  });

  it("that writes to serial ports is told to stop", () => {
    expect(software({ modemManager: true }).mend).toContain("disable --now ModemManager");
  });
});
