/** What figures are made of: a run's nonces as columns, and its results. */
import { ScienceError } from "../../common/errors.ts";
import type { Store, StoredResult, StoredRun } from "../../telemetry/store/store.ts";

/** 21 bytes each; longer runs are shown from their start, and say so. */
const MOST_ROWS = 5_000_000;
const CHUNKS_AT_ONCE = 16;

export interface RunMaterial {
  readonly run: StoredRun;
  readonly results: readonly StoredResult[];
  readonly rows: number;
  /** Seconds after the run's first nonce. */
  readonly tS: Float64Array;
  readonly chip: Uint16Array;
  readonly core: Uint16Array;
  readonly status: Uint8Array;
  /** ns; NaN where the sweep model does not apply. */
  readonly residualNs: Float64Array;
  /** Empty, or that the run is longer than what is here. */
  readonly cut: string;
}

export async function materialOf(store: Pick<Store, "nonceChunks" | "results">, run: StoredRun, most = MOST_ROWS): Promise<RunMaterial> {
  const rows = Math.min(run.nonces, most);
  const material = {
    run,
    results: await store.results(run.id),
    rows,
    tS: new Float64Array(rows),
    chip: new Uint16Array(rows),
    core: new Uint16Array(rows),
    status: new Uint8Array(rows),
    residualNs: new Float64Array(rows),
    cut: rows < run.nonces ? `The first ${rows} of ${run.nonces} nonces. ` : "",
  };
  let firstNs: bigint | null = null;
  for (let at = 0, from = 0; at < rows; from += CHUNKS_AT_ONCE) {
    const chunks = await store.nonceChunks(run.id, from, CHUNKS_AT_ONCE);
    if (chunks.length === 0) return cutAt(material, at);
    for (const batch of chunks) {
      for (let i = 0; i < batch.length && at < rows; i++, at++) {
        const tNs = batch.tNs[i] as bigint;
        firstNs ??= tNs;
        material.tS[at] = Number(tNs - firstNs) / 1e9;
        material.chip[at] = batch.chip[i] as number;
        material.core[at] = batch.core[i] as number;
        material.status[at] = batch.status[i] as number;
        material.residualNs[at] = batch.residualNs[i] as number;
      }
    }
  }
  return material;
}

/** A run whose chunks were joined or dropped between two reads has fewer rows than it said. */
function cutAt(material: RunMaterial, rows: number): RunMaterial {
  const { tS, chip, core, status, residualNs } = material;
  const [t, c, k, s, r] = [tS.slice(0, rows), chip.slice(0, rows), core.slice(0, rows), status.slice(0, rows), residualNs.slice(0, rows)];
  return { ...material, rows, tS: t, chip: c, core: k, status: s, residualNs: r };
}

/** What stands above each figure of a run. */
export function aboutRun({ run }: RunMaterial): { origin: string; run: string } {
  const started = new Date(run.startedWallMs).toISOString().replace("T", " ").slice(0, 19);
  return {
    origin: run.origin,
    run: `Run ${run.id}, ${run.kind}, ${run.status}, started ${started} UTC${run.software ? `, ${run.software}` : ""}`,
  };
}

export function nothingToPlot(kind: string, { run }: RunMaterial, hint: string): ScienceError {
  return new ScienceError("NOTHING_TO_PLOT", `Run ${run.id} has nothing for the figure "${kind}".`, hint, { run: run.id, kind });
}
