/** Features of the nonces of a step. Sums rather than means, so that a step without nonces has a value that is true (0) instead of one that is made up. */

import { ScienceError } from "../../common/errors.ts";
import { type NonceBatch, STATUS } from "../../common/nonce-batch.ts";
import { type Features, type StepWindow, windowSeconds } from "./window.ts";

function rows(nonces: NonceBatch, status: number): number[] {
  return Array.from({ length: nonces.length }, (_, row) => row).filter((row) => nonces.status[row] === status);
}

/** Valid and invalid nonces. */
export function counts(): Features {
  return {
    names: ["nonces valid", "nonces invalid"],
    hostMemory: 0,
    of: ({ nonces }) => Float64Array.of(rows(nonces, STATUS.valid).length, rows(nonces, STATUS.invalid).length),
  };
}

/** Valid nonces per second of the step as it really was. */
export function rate(): Features {
  return {
    names: ["nonces valid (1/s)"],
    hostMemory: 0,
    of: (window) => Float64Array.of(rows(window.nonces, STATUS.valid).length / windowSeconds(window)),
  };
}

/** Power sums of the valid nonces' residuals in microseconds, orders 1 to `orders`. */
export function residualSums(orders = 2): Features {
  return {
    names: Array.from({ length: orders }, (_, i) => `residual sum, power ${i + 1} (us^${i + 1})`),
    hostMemory: 0,
    of: ({ nonces }) => {
      const sums = new Float64Array(orders);
      for (const row of rows(nonces, STATUS.valid)) {
        const us = (nonces.residualNs[row] as number) / 1000;
        if (!Number.isFinite(us)) continue;
        let power = us;
        for (let i = 0; i < orders; i++) {
          sums[i] = (sums[i] as number) + power;
          power *= us;
        }
      }
      return sums;
    },
  };
}

/** Valid nonces of each chip. */
export function perChip(chips: number): Features {
  return {
    names: Array.from({ length: chips }, (_, chip) => `chip ${chip}: nonces valid`),
    hostMemory: 0,
    of: ({ nonces }) => {
      const map = new Float64Array(chips);
      for (const row of rows(nonces, STATUS.valid)) {
        const chip = nonces.chip[row] as number;
        if (chip < chips) map[chip] = (map[chip] as number) + 1;
      }
      return map;
    },
  };
}

/** Valid nonces of groups of neighbouring cores, all chips together: `groups` groups over core numbers 0..mostCore. */
export function perCoreGroup(mostCore: number, groups: number): Features {
  return {
    names: Array.from({ length: groups }, (_, group) => `cores ${group + 1} of ${groups}: nonces valid`),
    hostMemory: 0,
    of: ({ nonces }) => {
      const map = new Float64Array(groups);
      for (const row of rows(nonces, STATUS.valid)) {
        const group = Math.floor(((nonces.core[row] as number) * groups) / (mostCore + 1));
        if (group < groups) map[group] = (map[group] as number) + 1;
      }
      return map;
    },
  };
}

/** Virtual nodes: the step cut into equal parts, valid nonces of each (Appeltant 2011; the drive should be masked with as many values, see maskOf). */
export function virtualNodes(nodes: number): Features {
  return {
    names: Array.from({ length: nodes }, (_, node) => `part ${node + 1} of ${nodes}: nonces valid`),
    hostMemory: 0,
    of: ({ fromNs, toNs, nonces }) => {
      const map = new Float64Array(nodes);
      const length = Number(toNs - fromNs);
      for (const row of rows(nonces, STATUS.valid)) {
        const part = Math.floor((Number((nonces.tNs[row] as bigint) - fromNs) * nodes) / length);
        if (part >= 0 && part < nodes) map[part] = (map[part] as number) + 1;
      }
      return map;
    },
  };
}

/** Named sensors at the end of the step; unknown ones are NaN. */
export function analog(names: readonly string[]): Features {
  return { names, hostMemory: 0, of: (window) => Float64Array.from(names, (name) => window.analog[name] ?? Number.NaN) };
}

/**
 * Golden nonces of a job (DESIGN section 1.3): 1 for each that was hit in the step, keyed by nonce and version bits. `set`: those enrolled at a safe
 * operating point, in their order.
 */
export function goldenHits(set: readonly { readonly nonce: number; readonly versionBits: number }[]): Features {
  const index = new Map(set.map(({ nonce, versionBits }, at) => [`${nonce} ${versionBits}`, at]));
  if (index.size !== set.length)
    throw new ScienceError("DUPLICATE_GOLDEN", "A golden nonce stands twice in its set.", "Enrol each nonce once.", { size: set.length });
  return {
    names: set.map((_, at) => `golden ${at}`),
    hostMemory: 0,
    of: ({ nonces }) => {
      const hits = new Float64Array(set.length);
      for (const row of rows(nonces, STATUS.valid)) {
        const at = index.get(`${nonces.nonce[row]} ${nonces.versionBits[row]}`);
        if (at !== undefined) hits[at] = 1;
      }
      return hits;
    },
  };
}

/** Features of this step and of the `lags` before it: memory that the host supplies, and is declared as such. The first steps have zeros. */
export function delayed(inner: Features, lags: number): Features {
  const past: Float64Array[] = Array.from({ length: lags }, () => new Float64Array(inner.names.length));
  return {
    names: [inner.names, ...Array.from({ length: lags }, (_, lag) => inner.names.map((name) => `${name}, ${lag + 1} steps ago`))].flat(),
    hostMemory: inner.hostMemory + lags,
    of: (window: StepWindow) => {
      const now = inner.of(window);
      const out = Float64Array.from([...now, ...past.flatMap((one) => [...one])]);
      past.pop();
      past.unshift(now);
      return lags === 0 ? now : out;
    },
  };
}
