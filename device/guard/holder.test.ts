import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { hostClock } from "../../common/clock.ts";
import { DriverError } from "../../common/errors.ts";
import { endsWithin, holderKind, holderPid, openAfterGuard } from "./holder.ts";

const folder = mkdtempSync(path.join(tmpdir(), "asic-holder-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const busy = (holder: object | null) => new DriverError("PORT_BUSY", "in use", "", { holder });

/** A process that looks like one of ours, until it is killed. */
async function running(script: string) {
  const file = path.join(folder, script);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, "process.stdout.write('up'); setInterval(() => {}, 1000);\n");
  const child = spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "ignore"] });
  await once(child.stdout, "data");
  return { pid: child.pid as number, kill: () => child.kill("SIGKILL") };
}

describe("who holds a port", () => {
  it("is known from a PORT_BUSY that names the process, and from nothing else", () => {
    expect(holderPid(busy({ pid: 12, name: "node" }))).toBe(12);
    expect([
      holderPid(busy(null)),
      holderPid(busy({})),
      holderPid(new Error("x")),
      holderPid(new DriverError("PORT_MISSING", "", "")),
    ]).toEqual([null, null, null, null]);
  });

  it.each([
    ["guard/main.js", "guard"],
    ["cli/main.js", "ours"],
    ["minicom.js", "other"],
    ["not-a-guard/main.js", "other"],
  ])("is told by what it runs: %s is %s", async (script, kind) => {
    const process = await running(script);
    expect(await holderKind(process.pid)).toBe(kind);
    process.kill();
    expect(await endsWithin(process.pid, 5_000, hostClock())).toBe(true);
    expect(await holderKind(process.pid)).toBe("gone");
  });

  it("is waited for while it is a guard, and no other", async () => {
    const guard = await running("guard/main.js");
    let tries = 0;
    const opened = openAfterGuard(async () => {
      if (++tries === 3) guard.kill();
      if (tries < 4) throw busy({ pid: guard.pid });
      return "open";
    }, hostClock());
    await expect(opened).resolves.toBe("open");
    const other = await running("minicom.js");
    await expect(
      openAfterGuard(async () => {
        throw busy({ pid: other.pid });
      }, hostClock()),
    ).rejects.toMatchObject({ code: "PORT_BUSY" });
    expect(await endsWithin(other.pid, 150, hostClock())).toBe(false);
    other.kill();
  });
});
