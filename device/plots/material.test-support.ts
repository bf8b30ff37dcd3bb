/** Runs made of numbers. */
import type { StoredRun } from "../../telemetry/store/store.ts";
import type { RunMaterial } from "./material.ts";

export const aRun: StoredRun = {
  id: 7,
  kind: "mining",
  origin: "twin",
  status: "finished",
  startedWallMs: 0,
  endedWallMs: 60_000,
  note: "a <note> & more",
  provenance: { seed: 1 },
  software: "0.1.0",
  configSha256: null,
  commitIntervalMs: 1000,
  lastCommitWallMs: 60_000,
  commits: null,
  imported: null,
  nonces: 0,
  jobs: 1,
  setPoints: 1,
  samples: 0,
  chunks: 1,
  dropped: [],
};

export interface Row {
  readonly tS: number;
  readonly chip?: number;
  readonly core?: number;
  readonly status?: number;
  readonly residualNs?: number;
}

export function materialFrom(rows: readonly Row[], changes: Partial<RunMaterial> = {}): RunMaterial {
  return {
    run: { ...aRun, nonces: rows.length },
    results: [],
    rows: rows.length,
    tS: Float64Array.from(rows, ({ tS }) => tS),
    chip: Uint16Array.from(rows, ({ chip = 0 }) => chip),
    core: Uint16Array.from(rows, ({ core = 0 }) => core),
    status: Uint8Array.from(rows, ({ status = 0 }) => status),
    residualNs: Float64Array.from(rows, ({ residualNs = Number.NaN }) => residualNs),
    cut: "",
    ...changes,
  };
}
