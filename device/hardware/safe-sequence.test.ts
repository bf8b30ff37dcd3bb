/** The bytes that a watchdog writes, against twins: they switch the board off, and every answer is the one that is waited for. */
import { describe, expect, it } from "vitest";
import type { SafeStep } from "../../drivers/native/watchdog.ts";
import { Bitaxe } from "../../twin/bitaxe.ts";
import { S9HashBoard } from "../../twin/board/s9-hashboard.ts";
import { FaultTable } from "../../twin/index.ts";
import { bitaxeSafeSteps, s9BridgeSafeSteps, s9LinuxSafeSteps } from "./safe-sequence.ts";

const MS = 1e6;
const RELEASE = { V0: Uint8Array.of(7, 0, 1, 0, 6, 0, 1), V1: Uint8Array.of(7, 0, 1, 0, 6, 0, 1) };
const TPS546_ON = Uint8Array.of(9, 0, 2, 0, 5, 0x20, 0x24, 0x01, 0x80);

interface Twin {
  advance(toNs: number): void;
  receiveControl(bytes: Uint8Array): void;
  takeOutputs(): readonly { readonly port: string; readonly bytes: Uint8Array }[];
}

/** Writes each step and collects what comes back within its time; the names of those whose answer is not the one expected. */
function carryOut(twin: Twin, steps: readonly SafeStep[], fromMs = 1000): string[] {
  let ms = fromMs;
  const failed: string[] = [];
  for (const { what, write, expect: expected, settleMs = 0 } of steps) {
    twin.takeOutputs();
    twin.receiveControl(write);
    ms += 50 + settleMs;
    twin.advance(ms * MS);
    const answer = Buffer.concat(
      twin
        .takeOutputs()
        .filter(({ port }) => port === "control")
        .map(({ bytes }) => bytes),
    );
    if (!answer.includes(Buffer.from(expected))) failed.push(`${what}: ${answer.toString("hex")}`);
  }
  return failed;
}

describe("a Bitaxe's safe sequence", () => {
  const twinOf = (variant: "205" | "207", bridgeGeneration: "V0" | "V1") =>
    new Bitaxe({ chips: 1, variant, bridgeGeneration, workScale: 20, seed: 1, ambientC: 25, faults: new FaultTable([]) });

  it.each([
    ["205", "V0"],
    ["205", "V1"],
    ["207", "V0"],
    ["207", "V1"],
  ] as const)("switches a %s behind a bridge of generation %s off, and reads it back", (variant, generation) => {
    const twin = twinOf(variant, generation);
    twin.advance(100 * MS);
    twin.receiveControl(RELEASE[generation]);
    twin.advance(200 * MS);
    if (variant === "207") twin.receiveControl(TPS546_ON);
    twin.advance(900 * MS);
    expect(twin.physics.coreV).toBeGreaterThan(0.3);
    const regulator = variant === "207" ? "TPS546D24A" : "DS4432U + TPS40305";
    const failed = carryOut(twin, bitaxeSafeSteps(regulator, generation === "V0" ? "v0" : "v1"));
    expect(failed.filter((what) => !what.startsWith("ASIC_EN"))).toEqual([]);
    expect(twin.chain.running).toBe(false);
    if (variant === "207") expect(twin.physics.coreV).toBeLessThan(0.2);
    else expect(twin.physics.coreV).toBeLessThanOrEqual(1.01);
  });

  it("is not satisfied by a board that does not answer as it must", () => {
    const twin = twinOf("207", "V0");
    twin.advance(900 * MS);
    expect(carryOut(twin, bitaxeSafeSteps("DS4432U + TPS40305", "v0")).length).toBeGreaterThan(1);
  });

  it("waits for answers in each generation's form, and asks a bridge that cannot tell one byte from an error for two", () => {
    const [read] = (["v0", "total", "v1"] as const).map((generation) => bitaxeSafeSteps("TPS546D24A", generation).at(-1));
    const of = (generation: "v0" | "total" | "v1") => [...(bitaxeSafeSteps("TPS546D24A", generation).at(-1)?.expect ?? [])];
    const id = read?.write[2] ?? 0;
    expect(of("v0")).toEqual([1, 0, id, 0]);
    expect(of("total")).toEqual([5, 0, id, 0]);
    expect(of("v1")).toEqual([5, 0, id, 0, 0]);
    expect(bitaxeSafeSteps("TPS546D24A", "total").at(-1)?.write.at(-1)).toBe(2);
  });
});

describe("an S9 hash board's safe sequence", () => {
  it("disables the PIC's output, from whatever its parser was in the middle of, and sees that its application answers", () => {
    const twin = new S9HashBoard({
      chips: 1,
      workScale: 24,
      seed: 1,
      ambientC: 25,
      faults: new FaultTable([]),
      boardAddress: 0x55,
      tailShare: 0,
      sensor: "TMP451",
    });
    const pic = (at: number, ...bytes: number[]) =>
      bytes.forEach((byte, i) => {
        twin.receiveControl(Uint8Array.of(8, 0, i + 1, 0, 5, 0x20, 0x55, byte));
        twin.advance((at + i * 20) * MS);
      });
    twin.advance(1000 * MS);
    // Its application, 8.9 V, output on; then a frame that broke off.
    pic(1100, 0x55, 0xaa, 0x06);
    pic(2000, 0x55, 0xaa, 0x10, 0x50);
    pic(3000, 0x55, 0xaa, 0x15, 0x01);
    twin.advance(4000 * MS);
    expect(twin.pic.targetV).toBeGreaterThan(0);
    pic(4100, 0x55, 0xaa, 0x10);
    expect(carryOut(twin, s9BridgeSafeSteps(0x55, "v0"), 4300)).toEqual([]);
    expect(twin.pic.targetV).toBe(0);
    expect(twin.chain.running).toBe(false);
  });

  it("is the same on a host's own bus and GPIO, byte for byte", () => {
    const bridged = s9BridgeSafeSteps(0x55, "v0").slice(2);
    const [reset, ...bus] = s9LinuxSafeSteps(0x55, "/dev/i2c-0", "/sys/class/gpio/gpio888/value");
    expect(reset).toMatchObject({ way: "file", write: Uint8Array.of(0x30), expect: Uint8Array.of(0x30) });
    expect(bus.map(({ write }) => [...write])).toEqual(bridged.map(({ what, write }) => (what.endsWith("answers") ? [] : [write.at(-1)])));
    expect(bus.at(-1)?.expect).toEqual(Uint8Array.of(3));
  });
});
