/** What switches a board off when the daemon cannot: whole programs on a twin's pseudo-terminals. docs/safety.md */
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { startTwin } from "../../twin/index.ts";
import { guardOf } from "./guard-of.ts";
import { type Program, run, start, workshop } from "./program.ts";

type Twin = Awaited<ReturnType<typeof startTwin>>;

const shop = workshop();
let twin: Twin;
let program: Program | null = null;
let count = 0;

afterEach(async () => {
  if (program !== null && program.child.exitCode === null) {
    program.child.kill("SIGKILL");
    await program.finished;
  }
  program = null;
  await twin.stop();
});
afterAll(() => shop.remove());

/** A daemon that mines on a twin of a Bitaxe; its main thread spins for so long as soon as `hang()` is called. */
async function mining({ variant, hangMs = 0 }: { variant?: "205" | "207"; hangMs?: number } = {}) {
  twin = await startTwin(variant ? { variant } : {});
  const mark = shop.file(`hang-${count++}`);
  const preload = shop.file(`preload-${count}.mjs`);
  writeFileSync(
    preload,
    `import { existsSync } from "node:fs";
     import { isMainThread } from "node:worker_threads";
     const mark = ${JSON.stringify(mark)};
     if (isMainThread && ${hangMs} > 0 && /cli.main/.test(process.argv[1] ?? "")) {
       const look = setInterval(() => {
         if (!existsSync(mark)) return;
         clearInterval(look);
         const end = Date.now() + ${hangMs};
         while (Date.now() < end);
       }, 50);
       look.unref();
     }`,
  );
  const config = shop.configFor(twin, { setPoint: { frequencyMhz: 400 }, store: { path: `safety-${count}.db` } });
  const env = { ...process.env, NODE_OPTIONS: `--import=${pathToFileURL(preload).href}` };
  program = start(["run", "--config", config], { env, detached: true });
  await program.saying(/Mining at the set-point/);
  expect(twin.status().frequencyMhz).toBeGreaterThan(0);
  return { program, config, hang: () => writeFileSync(mark, "") };
}

const held = () => twin.status().frequencyMhz === 0;

describe("a daemon whose main loop hangs", () => {
  it.each(["205", "207"] as const)(
    "has its board (%s) switched off by the watchdog while it hangs, and says so afterwards",
    async (variant) => {
      const { program: daemon, hang } = await mining({ variant, hangMs: 16_000 });
      hang();
      await expect.poll(held, { timeout: 60_000, interval: 100 }).toBe(true);
      if (variant === "207") await expect.poll(() => twin.status().coreVoltageMv, { timeout: 60_000 }).toBeLessThan(200);
      expect(daemon.said(), "it has not come to itself yet").not.toMatch(/\[fault\]/);
      await daemon.saying(/\[fault\]/, 40_000);
      await daemon.saying(/the watchdog switched the board off/, 10_000);
      expect(held()).toBe(true);
      daemon.child.kill("SIGTERM");
      expect((await daemon.finished).code).toBe(3);
      expect(held()).toBe(true);
    },
    120_000,
  );
});

const kill = (pid: number | undefined, signal: NodeJS.Signals) => process.kill(pid as number, signal);

describe("a daemon that is killed", () => {
  it("with kill -9, and its whole process group: the guard switches the board off", async () => {
    const { program: daemon } = await mining({ variant: "207" });
    // What reaches everything in a service is no order to the guard; systemd's watchdog sends SIGABRT.
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGABRT"] as const) kill(guardOf(daemon), signal);
    kill(-(daemon.child.pid as number), "SIGKILL");
    await expect.poll(held, { timeout: 60_000, interval: 100 }).toBe(true);
    await expect.poll(() => twin.status().coreVoltageMv, { timeout: 60_000 }).toBeLessThan(200);
    expect((await daemon.finished).stderr).toMatch(/\[guard\] board off/);
  }, 120_000);

  it("and a guard that is not there to take over: `off` does it", async () => {
    const { program: daemon, config } = await mining({ variant: "207" });
    const guard = guardOf(daemon);
    kill(guard, "SIGSTOP");
    try {
      kill(daemon.child.pid, "SIGKILL");
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      expect(held(), "without the guard nothing switches it off").toBe(false);
      const { code, stdout, stderr } = await run(["off", "--config", config, "--json"]);
      expect(code, stderr).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ off: true, supplyOff: true });
      expect(held()).toBe(true);
      expect(twin.status().coreVoltageMv).toBeLessThan(200);
    } finally {
      kill(guard, "SIGKILL");
    }
  }, 120_000);
});

describe("off", () => {
  it("asks a daemon that lives to stop, and it ends as if stopped by hand", async () => {
    const { program: daemon, config } = await mining();
    const { code, stdout, stderr } = await run(["off", "--config", config, "--grace", "30"]);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/asking it to stop/);
    expect(stderr).not.toMatch(/SIGKILL/);
    expect(stdout).toMatch(/The board is off: chips held in reset/);
    expect((await daemon.finished).code).toBe(0);
    expect(held()).toBe(true);
  }, 120_000);

  it("ends one that hangs, and switches the board off", async () => {
    const { config, hang } = await mining({ hangMs: 60_000 });
    hang();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { code, stderr } = await run(["off", "--config", config, "--grace", "1"]);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/SIGKILL/);
    expect(held()).toBe(true);
  }, 120_000);
});
