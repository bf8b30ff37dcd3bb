import { describe, expect, it } from "vitest";
import { DriverError } from "../common/errors.ts";
import { splitmix64 } from "../common/random.ts";
import { insistOnOff } from "./power-off.ts";
import { VirtualHostClocks, VirtualProcess } from "./simulation/virtual-process.ts";
import { VirtualTime } from "./simulation/virtual-time.ts";

const OFF = { supplyOff: true, how: "bench" };
const lost = () => new DriverError("LINK_LOST", "The port is gone.", "");
const silent = () => new DriverError("BRIDGE_TIMEOUT", "The bridge does not answer.", "");

interface Asking {
  readonly obeysAt: number;
  readonly leaveAfterMs?: number;
  readonly error?: Error;
  /** When ports that were lost can be opened again, s. */
  readonly backAfterS?: number;
}

/** Asks a board that obeys from its `obeysAt`-th time on; the program is about to end after `leaveAfterMs`. */
async function ask({ obeysAt, leaveAfterMs = Number.POSITIVE_INFINITY, error = silent(), backAfterS = Number.POSITIVE_INFINITY }: Asking) {
  const time = new VirtualTime(splitmix64(1));
  const clock = new VirtualProcess(time, new VirtualHostClocks(time), splitmix64(2));
  const leaving = new AbortController();
  if (Number.isFinite(leaveAfterMs)) time.after(leaveAfterMs, () => leaving.abort());
  const refused: string[] = [];
  let asked = 0;
  const powerDown = async () => {
    if (++asked < obeysAt) throw error;
    return OFF;
  };
  const reopened: number[] = [];
  const reopen = async () => {
    if (time.nowNs / 1e9 < backAfterS) throw new Error("no such port");
    reopened.push(time.nowNs / 1e9);
  };
  let result: unknown = null;
  void insistOnOff({ clock, powerDown, reopen, leaving: leaving.signal, refused: (why) => void refused.push(why) }).then((end) => {
    result = end;
  });
  await time.pass(
    () => result !== null || time.nowNs > 3600e9,
    (thrown) => {
      throw thrown;
    },
  );
  return { result, refused, asked, reopened, seconds: time.nowNs / 1e9 };
}

describe("a board that does not obey", () => {
  it("is asked again until it does, and its reason is told once", async () => {
    const { result, refused, asked } = await ask({ obeysAt: 600 });
    expect(result).toEqual(OFF);
    expect(asked).toBe(600);
    expect(refused).toHaveLength(1);
  });

  it("is asked once more when the program is about to end, and then said to be on", async () => {
    const { result, seconds } = await ask({ obeysAt: Number.POSITIVE_INFINITY, leaveAfterMs: 100_000 });
    expect(result).toEqual({ stillOn: expect.stringContaining("BRIDGE_TIMEOUT") });
    expect(seconds).toBeGreaterThanOrEqual(100);
    expect(seconds).toBeLessThan(102);
  });

  it("whose ports were lost has them opened again as soon as they are back", async () => {
    const { result, reopened } = await ask({ obeysAt: 302, error: lost(), backAfterS: 299.5 });
    expect(result).toEqual(OFF);
    expect(reopened[0]).toBeGreaterThan(299);
    expect(reopened[0]).toBeLessThan(301);
  });

  it("is not taken for off as long as nobody could look at what stands behind its new ports", async () => {
    const { result, asked, seconds } = await ask({ obeysAt: 2, error: lost(), backAfterS: 80 });
    expect(result).toEqual(OFF);
    expect(asked).toBe(2);
    expect(seconds).toBeGreaterThanOrEqual(80);
    expect(seconds).toBeLessThan(82);
  });

  it("whose ports were lost is not waited for when the program is about to end", async () => {
    const { result, seconds } = await ask({ obeysAt: Number.POSITIVE_INFINITY, error: lost(), leaveAfterMs: 5_000 });
    expect(result).toEqual({ stillOn: expect.stringContaining("LINK_LOST") });
    expect(seconds).toBeLessThan(6);
  });
});
