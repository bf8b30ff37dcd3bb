import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { LEAVES } from "../device/config/leaf.ts";
import { FOLDER, settingsOf, textOf, UNITS } from "./unit-file.test-support.ts";

const folder = mkdtempSync(path.join(tmpdir(), "units-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hasAnalyze = spawnSync("systemd-analyze", ["--version"]).status === 0;
const SERVICES = UNITS.filter((name) => name.endsWith(".service"));
const EXPOSURE_LIMIT = 2.0;

describe.skipIf(!hasAnalyze)("systemd-analyze", () => {
  it.each(SERVICES)("finds %s exposed by no more than 2.0", (name) => {
    const { stdout } = spawnSync("systemd-analyze", ["security", "--offline=yes", "--no-pager", path.join(FOLDER, name)], {
      encoding: "utf8",
    });
    const exposure = /Overall exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1];
    expect(exposure, stdout).toBeDefined();
    expect(Number(exposure)).toBeLessThanOrEqual(EXPOSURE_LIMIT);
  });

  it("understands every line of every unit", () => {
    // Programs stand elsewhere before the package is installed.
    for (const name of UNITS)
      writeFileSync(
        path.join(folder, name),
        textOf(name)
          .replaceAll("/usr/bin/asic-reservoir", path.resolve("asic-reservoir"))
          .replaceAll("/usr/lib/asic-reservoir/systemd", FOLDER),
      );
    const files = UNITS.map((name) => path.join(folder, name));
    const { status, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", ...files], { encoding: "utf8" });
    expect(stderr.split("\n").filter((line) => line.includes("asic-reservoir"))).toEqual([]);
    expect(status).toBe(0);
  });
});

describe("the service", () => {
  const settings = settingsOf("asic-reservoir.service");
  const only = (key: string) => {
    expect(settings.get(key), key).toHaveLength(1);
    return settings.get(key)?.[0];
  };

  it("switches the board off whatever ended the daemon, by the same configuration", () => {
    const file = /--config (\S+)$/.exec(only("ExecStart") ?? "")?.[1];
    expect(only("ExecStopPost")).toBe(`/usr/bin/asic-reservoir off --config ${file}`);
    expect(only("ConditionPathExists")).toBe(file);
  });

  it("lets the guard of a killed daemon switch off: it is sent what it does not heed, and SIGKILL only after the patience of a stop", () => {
    expect(only("KillMode")).toBe("control-group");
    expect(settings.has("KillSignal")).toBe(false);
    expect(settings.has("SendSIGHUP")).toBe(false);
  });

  it("is killed when evaluations stop passing, but not while a board in a fault goes off", () => {
    expect(only("Type")).toBe("notify");
    expect(only("NotifyAccess")).toBe("main");
    // device/safe-board.ts waits for 20 s.
    expect(Number(only("WatchdogSec"))).toBeGreaterThan(20);
    // The same 20 s, the grace and patience of `off`, a ramp.
    expect(Number(only("TimeoutStopSec"))).toBeGreaterThanOrEqual(20 + 15 + 20 + 30);
  });

  it("takes every credential that the configuration knows", () => {
    const known = new Set(LEAVES.flatMap(({ credential }) => credential ?? []));
    expect(new Set(settings.get("LoadCredential"))).toEqual(known);
  });

  it("permits what the capture thread and the JavaScript engine need", () => {
    // drivers/native/watchdog.cc: priority 60; device/doctor/check-user.ts: 8 MiB locked, 1024 files.
    expect(Number(only("LimitRTPRIO"))).toBeGreaterThanOrEqual(60);
    expect(Number(only("LimitNOFILE"))).toBeGreaterThanOrEqual(1024);
    expect(settings.has("RestrictRealtime")).toBe(false);
    expect(settings.has("MemoryDenyWriteExecute")).toBe(false);
  });
});
