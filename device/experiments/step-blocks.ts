/** A drive in blocks of steps that are stored as they are done, so that one that was cut off goes on at its step. */
import { ScienceError } from "../../common/errors.ts";
import type { Driven } from "../../reservoir/drive.ts";
import { matrix } from "../../reservoir/matrix.ts";
import type { Emitted, Substrate } from "../../reservoir/substrate.ts";

/** Steps `from` and after of one session, as JSON keeps them. */
export interface StepBlock {
  readonly session: string;
  readonly from: number;
  readonly features: readonly string[];
  readonly emitted: readonly (readonly Emitted[])[];
  /** null where the step counts; otherwise why it does not. */
  readonly invalid: readonly (string | null)[];
  /** A row a step; null for an invalid one. */
  readonly states: readonly (readonly (number | null)[] | null)[];
  /** Steps before it that were driven once more to bring the substrate back to where it had been: its own rows are not the first after a pause. */
  readonly drivenAgain: number;
}

export interface BlockSettings {
  readonly session: string;
  /** Of this session, in order, from step 0 on without gaps. */
  readonly before: readonly StepBlock[];
  /** Steps that bring the substrate back to where it was when the process ended: as many as are washed out at the beginning. */
  readonly washout: number;
  readonly blockSteps: number;
  readonly signal?: AbortSignal;
  /** Stored before the next step is driven. */
  readonly onBlock: (block: StepBlock) => Promise<void>;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Drives a substrate with what is left of an input, and resolves with all of it. Steps that were stored are not driven again, but for the `washout` of them
 * before the first new one, whose answers are thrown away. A session whose features have other names than the stored ones begins anew.
 */
export async function driveInBlocks(substrate: Substrate, u: Float64Array, settings: BlockSettings): Promise<Driven> {
  const { washout, blockSteps, signal, onBlock } = settings;
  const names = substrate.featureNames;
  const kept = settings.before.every(({ features }) => features.join() === names.join()) ? [...settings.before] : [];
  const from = kept.reduce((sum, block) => sum + block.emitted.length, 0);
  if (from >= u.length) return joined(kept, names, u.length);
  await substrate.open?.(signal);
  try {
    const again = Math.min(from, washout);
    for (let t = from - again; t < from; t++) {
      signal?.throwIfAborted();
      await substrate.step(u[t] as number, t, signal);
    }
    for (let at = from; at < u.length; ) {
      const until = Math.min(u.length, at + blockSteps);
      const block = await driveBlock(substrate, u, [at, until], at === from ? again : 0, settings);
      await onBlock(block);
      kept.push(block);
      at = until;
    }
  } finally {
    await substrate.close?.();
  }
  return joined(kept, names, u.length);
}

async function driveBlock(
  substrate: Substrate,
  u: Float64Array,
  [from, until]: readonly [number, number],
  drivenAgain: number,
  { session, signal, onProgress }: BlockSettings,
): Promise<StepBlock> {
  const names = substrate.featureNames;
  const emitted: (readonly Emitted[])[] = [];
  const invalid: (string | null)[] = [];
  const states: (readonly (number | null)[] | null)[] = [];
  for (let t = from; t < until; t++) {
    signal?.throwIfAborted();
    const outcome = await substrate.step(u[t] as number, t, signal);
    if (outcome.valid && outcome.features.length !== names.length)
      throw new ScienceError(
        "FEATURE_COUNT",
        `${substrate.name} gave ${outcome.features.length} features at step ${t} and names ${names.length}.`,
        "A substrate must answer every valid step with one value per feature name.",
        { step: t },
      );
    emitted.push(outcome.emitted);
    invalid.push(outcome.valid ? null : (outcome.reason ?? "no reason given"));
    states.push(outcome.valid ? Array.from(outcome.features, (value) => (Number.isFinite(value) ? value : null)) : null);
    onProgress?.(t + 1, u.length);
  }
  return { session, from, features: names, emitted, invalid, states, drivenAgain };
}

/** Blocks as if they had been driven at one go. */
export function joined(blocks: readonly StepBlock[], names: readonly string[], steps: number): Driven {
  const states = matrix(steps, names.length);
  states.data.fill(Number.NaN);
  const valid = new Uint8Array(steps);
  const invalid = new Map<string, number>();
  for (const block of blocks) {
    for (const [i, row] of block.states.entries()) {
      const reason = block.invalid[i] ?? null;
      if (reason !== null) invalid.set(reason, (invalid.get(reason) ?? 0) + 1);
      if (row === null) continue;
      valid[block.from + i] = 1;
      states.data.set(
        row.map((value) => value ?? Number.NaN),
        (block.from + i) * names.length,
      );
    }
  }
  return { names, states, valid, emitted: blocks.flatMap(({ emitted }) => emitted), invalid };
}

/** Blocks of one session from its beginning: what comes after a gap is not there. */
export function sessionBlocks(blocks: readonly StepBlock[], session: string): StepBlock[] {
  const own: StepBlock[] = [];
  let next = 0;
  for (const block of blocks) {
    if (block.session !== session) continue;
    // A session that began anew.
    if (block.from === 0) {
      own.length = 0;
      next = 0;
    }
    if (block.from !== next) continue;
    own.push(block);
    next += block.emitted.length;
  }
  return own;
}
