/** An experiment as a file: what is driven with what, beside what, and what counts as a yes. docs/experiments.md */
import { z } from "zod";
import { driveModeSchema, hostMemoryOf } from "../dispatcher/drive-mode.ts";

const software = (kind: "esn" | "delay-line" | "noise") =>
  z.strictObject({ kind: z.literal(kind), size: z.int().min(2).default(20).describe("Features") });

const substrate = z
  .discriminatedUnion("kind", [
    software("esn"),
    software("delay-line"),
    software("noise"),
    z.strictObject({
      kind: z.literal("twin"),
      board: z.enum(["bitaxe-ultra", "s9"]).default("bitaxe-ultra"),
      chips: z.int().min(1).max(63).default(1),
      seed: z.int().min(0).default(1).describe("Seed of the twin's noise and differences"),
      store: z.string().default("runs/experiment.db").describe("Database to write; a relative path starts where the program does"),
    }),
    z.strictObject({
      kind: z.literal("rig"),
      config: z.string().min(1).describe("Configuration of the board; a relative path starts at this file's folder"),
    }),
  ])
  .describe("What is driven");

const task = z.discriminatedUnion("name", [
  z.strictObject({
    name: z.literal("narma10"),
    washout: z.int().min(0).default(200),
    train: z.int().min(50).default(2000),
    test: z.int().min(20).default(2000),
  }),
  z.strictObject({
    name: z.literal("computes"),
    sessions: z.int().min(1).default(5),
    steps: z.int().min(500).default(2000),
  }),
]);

/** Rows of the controls table that a substrate can be asked to be better than. reservoir/readout/controls.ts */
export const CONTROLS = [
  "constant",
  "input-only",
  "taps-10",
  "taps-20",
  "taps-30",
  "quadratic-10",
  "quadratic-20",
  "quadratic-30",
  "shuffled",
  "esn",
  "host alone",
] as const;

const decision = z.discriminatedUnion("rule", [
  z.strictObject({
    rule: z.literal("beats"),
    than: z.enum(["taps-30", "input-only"]).default("taps-30").describe("The control of the paired test"),
    alpha: z.number().gt(0).max(0.01).default(0.01).describe("Level of the one-sided paired test of each seed"),
    seeds: z.int().min(1).optional().describe("In so many seeds at least (default: in all)"),
    mostInvalidShare: z.number().min(0).max(1).default(0.05).describe("With more of a seed's steps invalid there is no answer"),
  }),
  z.strictObject({ rule: z.literal("computes").describe("The decision procedure's own rule (docs/computes.md)") }),
]);

export const experimentSchema = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,60}$/, "use small letters, digits and dashes"),
    question: z.string().default("").describe("What it is to find out, in words"),
    substrate,
    task,
    mode: driveModeSchema.prefault({ name: "monologue" }),
    stepMs: z.int().min(20).default(100).describe("Length of one input step on a board, ms"),
    driveMinMv: z.number().optional().describe("Core voltage for u = 0, mV (default: the board's)"),
    driveMaxMv: z.number().optional().describe("Core voltage for u = 0.5, mV (default: the board's)"),
    features: z
      .union([z.literal("all"), z.array(z.string().min(1)).min(1)])
      .default("all")
      .describe("Names of the features that are used, or their beginnings"),
    controls: z.array(z.enum(CONTROLS)).default([]).describe("Rows whose NRMSE the substrate must be below, besides the paired test"),
    seeds: z.array(z.int().min(0)).min(1).default([1]).describe("Seeds of the inputs, a session each (computes: one, of all sessions)"),
    decision,
  })
  .superRefine((plan, context) => {
    const wrong = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
    if ((plan.task.name === "computes") !== (plan.decision.rule === "computes"))
      wrong("decision", `the rule ${plan.decision.rule} does not belong to the task ${plan.task.name}`);
    if (plan.decision.rule === "beats" && (plan.decision.seeds ?? 1) > plan.seeds.length)
      wrong("decision", `${plan.decision.seeds} seeds are asked for, and there are ${plan.seeds.length}`);
    if (plan.task.name === "computes" && plan.seeds.length > 1) wrong("seeds", "the task computes takes one seed, for all its sessions");
    if (plan.task.name === "computes" && plan.controls.length > 0) wrong("controls", "the task computes has controls of its own");
    const fedBack = hostMemoryOf(plan.mode).recursive;
    if (!fedBack && plan.controls.includes("host alone"))
      wrong("controls", "this mode feeds nothing back, so that there is no host alone to compare with");
    if (fedBack && plan.task.name === "computes")
      wrong("mode", "the task computes does not know the host's share of a memory: take a mode that feeds nothing back");
    if (new Set(plan.seeds).size < plan.seeds.length) wrong("seeds", "a seed stands there twice");
    const software = plan.substrate.kind !== "twin" && plan.substrate.kind !== "rig";
    if (software && plan.mode.name !== "monologue") wrong("mode", "software has no modes");
    if (plan.mode.name === "chorus" && plan.substrate.kind === "twin" && plan.substrate.board !== "s9")
      wrong("mode", "chorus needs chips with clocks of their own: board s9");
    if (plan.driveMinMv !== undefined && plan.driveMaxMv !== undefined && plan.driveMinMv >= plan.driveMaxMv)
      wrong("driveMinMv", "it must be below driveMaxMv");
  });

export type ExperimentPlan = z.infer<typeof experimentSchema>;
