import { closeSync, openSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { I2cAddon } from "../transport/linux-i2c.ts";
import { loadAddon } from "./addon.ts";

const addon = loadAddon("#native/drivers") as I2cAddon;

describe("the addon's I2C", () => {
  it("gives the kernel's errno", async () => {
    const fd = openSync("/dev/null", "r+");
    try {
      await expect(addon.i2cTransfer(fd, 0x55, Uint8Array.of(0xaa), 0)).rejects.toMatchObject({ errno: 25 });
      await expect(addon.i2cTransfer(fd, 0x55, new Uint8Array(0), 4)).rejects.toMatchObject({ errno: 25 });
      expect(() => addon.i2cFunctions(fd)).toThrow(expect.objectContaining({ errno: 25 }));
    } finally {
      closeSync(fd);
    }
  });

  it("is used or refused with a TypeError, whatever it is given", async () => {
    const { i2cTransfer, i2cFunctions } = addon as unknown as Record<string, (...args: unknown[]) => unknown>;
    const anything = fc.oneof(
      fc.anything({ withTypedArray: true, withBigInt: true }),
      fc.uint8Array({ maxLength: 20 }),
      fc.constantFrom(-1, 0.5, 0x80, 8193, Number.NaN, 2 ** 40),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(anything, { maxLength: 4 }), async (args) => {
        // A descriptor that is never open.
        const tail = args.slice(1);
        for (const call of [
          () => i2cTransfer?.(0x7fffffff, ...tail),
          () => i2cTransfer?.(...args.map((arg) => (arg === 0 ? -1 : arg))),
          () => i2cFunctions?.(...tail),
        ]) {
          try {
            await call();
          } catch (error) {
            expect(error instanceof TypeError || (error as { errno?: number }).errno !== undefined).toBe(true);
          }
        }
      }),
    );
    const bytes = Uint8Array.of(1);
    for (const args of [
      [],
      [1, 0x80, bytes, 0],
      [1, 1.5, bytes, 0],
      [1, 0x10, bytes, 8193],
      [1, 0x10, [1], 0],
      [1, 0x10, new Uint8Array(0), 0],
      [1, 0x10, new Uint8Array(8193), 0],
      [-1, 0x10, bytes, 0],
    ])
      expect(() => i2cTransfer?.(...args)).toThrow(TypeError);
  });
});
