/** Bad input and missing devices: each ends in one clear sentence with what to do, the right exit code, and nothing half-written. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import Database from "better-sqlite3";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { startTwin } from "../../twin/index.ts";
import { run, workshop } from "./program.ts";

const shop = workshop();
afterAll(() => shop.remove());

type Twin = Awaited<ReturnType<typeof startTwin>>;
let twin: Twin | null = null;
afterEach(async () => {
  await twin?.stop();
  twin = null;
});

async function runOn(options: Parameters<typeof startTwin>[0], extra?: Record<string, unknown>) {
  twin = await startTwin(options);
  return { twin, ...(await run(["run", "--once", "--config", shop.configFor(twin, extra)])) };
}

describe("configuration and ports", () => {
  it("an unknown key", async () => {
    const file = shop.configFor({ controlPath: "/dev/pts/900", dataPath: "/dev/pts/901", workScale: 0 }, { volts: 1200 });
    const { code, stderr } = await run(["run", "--config", file]);
    expect(code).toBe(2);
    expect(stderr).toContain("unknown key volts");
  });

  it("ports that do not exist", async () => {
    const file = shop.configFor({ controlPath: "/dev/no-such-control", dataPath: "/dev/no-such-data", workScale: 0 });
    const { code, stderr } = await run(["run", "--once", "--config", file]);
    expect(code).toBe(3);
    expect(stderr).toContain("PORT_MISSING");
    expect(stderr).toContain("/dev/no-such-control");
  });

  it("a port that another process holds", async () => {
    twin = await startTwin({});
    const file = shop.configFor(twin);
    const holder = spawn(
      "python3",
      [
        "-c",
        `import fcntl,os,sys,termios\nfd=os.open(${JSON.stringify(twin.dataPath)},os.O_RDWR|os.O_NOCTTY)\nfcntl.flock(fd,fcntl.LOCK_EX)\nfcntl.ioctl(fd,termios.TIOCEXCL)\nprint('held',flush=True)\nsys.stdin.read()`,
      ],
      {
        stdio: ["pipe", "pipe", "inherit"],
      },
    );
    await new Promise((resolve) => holder.stdout.once("data", resolve));
    try {
      const { code, stderr } = await run(["run", "--once", "--config", file]);
      expect(code).toBe(3);
      expect(stderr).toContain("PORT_BUSY");
    } finally {
      holder.stdin.end();
      await new Promise((resolve) => holder.once("exit", resolve));
    }
  });

  it("a twin passed off as hardware", async () => {
    twin = await startTwin({});
    const file = shop.configFor({ ...twin, workScale: 0 }, { origin: "hardware" });
    const { code, stderr } = await run(["run", "--once", "--config", file]);
    expect(code).toBe(2);
    expect(stderr).toContain("ORIGIN_MISMATCH");
  });
});

describe("chips", () => {
  it("no chip", async () => {
    const { code, stderr, twin } = await runOn({ faults: [{ name: "chip-dead", value: 0 }] });
    expect(code).toBe(3);
    expect(stderr).toContain("CHIP_MISSING");
    expect(twin.status().frequencyMhz, "0 means held in reset").toBe(0);
  });

  it("a wrong chip", async () => {
    const { code, stderr, twin } = await runOn({ faults: [{ name: "chip-wrong-id", value: 0x1370 }] });
    expect(code).toBe(3);
    expect(stderr).toContain("WRONG_CHIP");
    expect(stderr).toContain("1370");
    expect(twin.status().frequencyMhz, "0 means held in reset").toBe(0);
  });

  it("fewer chips than the chain should have", async () => {
    const { code, stderr, twin } = await runOn({ chips: 5, faults: [{ name: "chips-missing", value: 2 }] }, { board: { chips: 5 } });
    expect(code).toBe(3);
    expect(stderr).toContain("CHAIN_SHORT");
    expect(stderr).toMatch(/5.*3|3.*5/);
    expect(twin.status().frequencyMhz).toBe(0);
  });
});

describe("the bridge", () => {
  it("that answers errors", async () => {
    const { code, stderr } = await runOn({ faults: [{ name: "bridge-error" }] });
    expect(code).toBe(3);
    expect(stderr).toMatch(/BOARD_UNKNOWN|I2C_NAK|BRIDGE_[A-Z]+/);
  });
});

describe("the record", () => {
  it("a database of a newer schema is left as it is", async () => {
    twin = await startTwin({});
    const file = shop.configFor(twin);
    const database = new Database(shop.file("telemetry.db"));
    database.pragma("user_version = 999");
    database.close();
    const { code, stderr } = await run(["run", "--once", "--config", file]);
    expect(code).toBe(3);
    expect(stderr).toContain("DATABASE_NEWER");
    expect(new Database(shop.file("telemetry.db"), { readonly: true }).pragma("user_version", { simple: true })).toBe(999);
  });

  it("no database to list", async () => {
    const { code, stderr } = await run(["runs", "list", "--store", shop.file("none.db")]);
    expect(code).toBe(2);
    expect(stderr).toContain("DATABASE_MISSING");
    expect(existsSync(shop.file("none.db"))).toBe(false);
  });
});

describe("the command line", () => {
  it.each([[["--nonsense"]], [["run"]], [["narma10", "--train", "many"]], [["runs", "show", "x"]], [["twin", "--fault", "gremlins"]]])(
    "%j is bad usage",
    async (args) => {
      const { code, stderr } = await run(args);
      expect(code).toBe(2);
      expect(stderr.trim().split("\n").length).toBeLessThan(6);
    },
  );

  it("--json makes errors a document too", async () => {
    const { code, stdout } = await run(["check-config", shop.file("none.yaml"), "--json"]);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: "CONFIG_MISSING" } });
  });
});
