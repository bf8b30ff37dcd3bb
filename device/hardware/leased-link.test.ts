import { describe, expect, it } from "vitest";
import { Lease } from "../../drivers/boards/lease.ts";
import type { ChipLink } from "../../drivers/transport/chip-link.ts";
import { leasedLink } from "./leased-link.ts";

describe("a link under a lease", () => {
  it("writes while the lease is held, and not a byte before, after, or when it ran out", async () => {
    let nowNs = 0n;
    const lease = new Lease({ nowNs: () => nowNs, wallMs: () => 0, sleep: async () => {} }, 5_000);
    const written: number[] = [];
    const inner = {
      path: "test",
      baud: 115_200,
      async write(bytes: Uint8Array) {
        written.push(...bytes);
        return nowNs;
      },
    };
    const link = leasedLink(inner as unknown as ChipLink, lease);
    const refused = { code: "LEASE_EXPIRED" };
    await expect(link.write(Uint8Array.of(1))).rejects.toMatchObject(refused);
    lease.acquire();
    await link.write(Uint8Array.of(2));
    nowNs = 5_000_000_000n;
    await expect(link.write(Uint8Array.of(3))).rejects.toMatchObject(refused);
    lease.acquire();
    await link.write(Uint8Array.of(4));
    lease.release();
    await expect(link.write(Uint8Array.of(5))).rejects.toMatchObject(refused);
    expect(written).toEqual([2, 4]);
  });

  it("passes a dialogue on, which has a lease of its own, and has none where the link has none", () => {
    const lease = new Lease({ nowNs: () => 0n, wallMs: () => 0, sleep: async () => {} }, 5_000);
    const started: unknown[] = [];
    const inner = { startDialogue: (options: unknown) => started.push(options) } as unknown as ChipLink;
    const options = { depth: 1 } as unknown as Parameters<NonNullable<ChipLink["startDialogue"]>>[0];
    leasedLink(inner, lease).startDialogue?.(options);
    expect(started).toEqual([options]);
    expect(leasedLink({} as ChipLink, lease).startDialogue).toBeUndefined();
  });
});
