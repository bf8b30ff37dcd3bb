import { normalAt } from "./scores.ts";
import type { HiddenSignal } from "./signal.ts";

/**
 * Path lengths and thresholds as they left the fab: every core of every chip of a device has an offset that stays, another on another device.
 * `correlation` is that of a delay with its core's offset, so its square is their share of the variance.
 */
export function deviceFingerprint(correlation: number, device: number, secret: string): HiddenSignal {
  const offsets = new Map<number, number>();
  return {
    visibility: correlation,
    score({ chip, core }) {
      const place = chip * 128 + core;
      const known = offsets.get(place);
      if (known !== undefined) return known;
      const offset = normalAt(secret, "device", device, chip, core);
      offsets.set(place, offset);
      return offset;
    },
  };
}
