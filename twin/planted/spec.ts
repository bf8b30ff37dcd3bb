import { ConfigError } from "../../common/errors.ts";
import { neighbourCoupling } from "./coupling.ts";
import { earlyAbort } from "./early-abort.ts";
import type { PlantedEffect } from "./emission.ts";
import { deviceFingerprint } from "./fingerprint.ts";
import { correlationOfBits, difficultyLeakage } from "./leakage.ts";
import { rateLine, timingLine } from "./line.ts";
import { type DriveRange, leakyKernel, thermalMemory } from "./memory.ts";
import { effectOf, type HiddenSignal } from "./signal.ts";

/** Effect, kind, and the meaning of a strength. The first kind is the default. `parameter`: what --parameter sets, and its default. */
export const PLANTED_EFFECTS = {
  memory: {
    kinds: {
      thermal: { strength: "correlation of a delay with the drive behind one thermal pole", most: 1, parameter: ["time constant, s", 3] },
      kernel: { strength: "correlation of a delay with the leaky sum of past steps", most: 1, parameter: ["leak per step of 0.5 s", 0.6] },
    },
    leastChips: 1,
  },
  line: {
    kinds: {
      timing: { strength: "correlation of a delay with the line's phase", most: 1, parameter: ["frequency, Hz", 2.4] },
      rate: { strength: "depth of the modulation of the nonce rate", most: 1, parameter: ["frequency, Hz", 2.4] },
    },
    leastChips: 1,
  },
  leakage: {
    kinds: {
      correlation: { strength: "correlation of a delay's score with the difficulty's", most: 1, parameter: null },
      bits: { strength: "bits that a delay tells of the difficulty", most: 4, parameter: null },
    },
    leastChips: 1,
  },
  coupling: {
    kinds: { neighbours: { strength: "correlation of the slow fields of neighbouring chips", most: 0.5, parameter: null } },
    leastChips: 2,
  },
  fingerprint: {
    kinds: { cores: { strength: "correlation of a delay with its core's own offset", most: 1, parameter: ["device number", 0] } },
    leastChips: 1,
  },
  "early-abort": {
    kinds: { precursor: { strength: "relative change of P(winner) after a sign", most: 1, parameter: ["answers from sign to winner", 1] } },
    leastChips: 1,
  },
} as const satisfies Record<string, { kinds: Record<string, EffectKind>; leastChips: number }>;

interface EffectKind {
  readonly strength: string;
  readonly most: number;
  readonly parameter: readonly [string, number] | null;
}

export type EffectName = keyof typeof PLANTED_EFFECTS;

/** What to plant. `strength` 0 is the effect's null: the same delays, withheld nonces and random numbers, and nothing hidden in them. */
export interface PlantSpec {
  readonly effect: EffectName;
  /** One of the effect's kinds; the first unless told. */
  readonly kind?: string;
  readonly strength: number;
  /** The kind's parameter; its default unless told. */
  readonly parameter?: number;
  /** Decides everything that is drawn. */
  readonly secret: string;
  /** Decides what the devices of `fingerprint` are like, so that several runs can be of one; the secret unless told. */
  readonly deviceSecret?: string;
}

export interface PlantedBoard {
  readonly chips: number;
  readonly drive: DriveRange;
}

function refuse(message: string, hint: string, context: Record<string, unknown>): never {
  throw new ConfigError("PLANT_REFUSED", message, hint, context);
}

/** A specification with nothing left open. ConfigError PLANT_REFUSED when there is no such effect or kind, or a number is out of range. */
export function checkPlant(spec: PlantSpec, chips: number): Required<PlantSpec> {
  const names = Object.keys(PLANTED_EFFECTS).join(", ");
  if (!Object.hasOwn(PLANTED_EFFECTS, spec.effect))
    refuse(`There is no effect ${spec.effect}.`, `Known: ${names}.`, { effect: spec.effect });
  const { kinds, leastChips } = PLANTED_EFFECTS[spec.effect] as { kinds: Record<string, EffectKind>; leastChips: number };
  const name = spec.kind ?? (Object.keys(kinds)[0] as string);
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  if (kind === undefined) refuse(`${spec.effect} has no kind ${name}.`, `Known: ${Object.keys(kinds).join(", ")}.`, { kind: name });
  if (!(spec.strength >= 0 && spec.strength <= kind.most))
    refuse(`A strength of ${spec.strength} is not possible: it is the ${kind.strength}.`, `Give a number from 0 to ${kind.most}.`, {
      strength: spec.strength,
    });
  if (chips < leastChips) refuse(`${spec.effect} needs ${leastChips} chips or more.`, "Give more with --chips.", { chips });
  const parameter = spec.parameter ?? kind.parameter?.[1] ?? 0;
  if ((spec.parameter ?? 0) !== 0 && kind.parameter === null) refuse(`${spec.effect} ${name} has no parameter.`, "Leave it out.", {});
  checkParameter(spec.effect, name, parameter);
  const { effect, strength, secret, deviceSecret = secret } = spec;
  return { effect, kind: name, strength, parameter, secret, deviceSecret };
}

function checkParameter(effect: EffectName, kind: string, value: number): void {
  const whole = effect === "fingerprint" || effect === "early-abort";
  const least = effect === "early-abort" ? 1 : effect === "fingerprint" ? 0 : Number.MIN_VALUE;
  const most = kind === "kernel" ? 0.99 : 1e6;
  if (value >= least && value <= most && (!whole || Number.isInteger(value))) return;
  if (effect === "leakage" || effect === "coupling") return;
  refuse(
    `${effect} ${kind} cannot have ${value} as its parameter.`,
    whole ? "Give a whole number." : `Give a number above 0, at most ${most}.`,
    {
      value,
    },
  );
}

/** The effect itself, ready to be planted in a twin. ConfigError PLANT_REFUSED. */
export function plantedEffect(spec: PlantSpec, { chips, drive }: PlantedBoard): PlantedEffect {
  const whole = checkPlant(spec, chips);
  return effectOf(signalOf(whole, drive), whole.secret);
}

function signalOf({ effect, kind, strength, parameter, secret, deviceSecret }: Required<PlantSpec>, drive: DriveRange): HiddenSignal {
  switch (effect) {
    case "memory":
      return kind === "thermal" ? thermalMemory(strength, parameter, drive) : leakyKernel(strength, parameter, drive);
    case "line":
      return kind === "timing" ? timingLine(strength, parameter, secret) : rateLine(strength, parameter, secret);
    case "leakage":
      return difficultyLeakage(kind === "bits" ? correlationOfBits(strength) : strength, secret);
    case "coupling":
      return neighbourCoupling(strength, secret);
    case "fingerprint":
      return deviceFingerprint(strength, parameter, deviceSecret);
    case "early-abort":
      return earlyAbort(strength, parameter, secret);
  }
}

/** `effect=memory,kind=thermal,strength=0.3,parameter=3` as a specification; ConfigError PLANT_REFUSED when it is not of that form. */
export function parsePlant(text: string, secret: string): PlantSpec {
  const fields = new Map<string, string>();
  for (const part of text.split(",")) {
    const [key = "", value] = part.split("=", 2);
    if (!["effect", "kind", "strength", "parameter", "seed"].includes(key) || value === undefined || value === "" || fields.has(key))
      refuse(`"${part}" says nothing about a planted effect.`, "Write it as effect=memory,kind=thermal,strength=0.3,parameter=3,seed=..", {
        text,
      });
    fields.set(key, value);
  }
  const kind = fields.get("kind");
  const parameter = fields.get("parameter");
  return {
    effect: (fields.get("effect") ?? "") as EffectName,
    strength: Number(fields.get("strength") ?? Number.NaN),
    secret: fields.get("seed") ?? secret,
    ...(kind === undefined ? {} : { kind }),
    ...(parameter === undefined ? {} : { parameter: Number(parameter) }),
  };
}
