/**
 * Stratum V1 as the server sees it: JSON-RPC, one message a line. Each request is declared once, as its parameters by position and their
 * names; parsing, types and tests come from the table. Version rolling: BIP 310.
 */
import { z } from "zod";
import { parseBounded } from "./bounded-json.ts";
import type { CloseReason, StratumLimits } from "./limits.ts";

const text = z.string().max(256);
const hexOf = (digits: number) => z.string().regex(new RegExp(`^[0-9a-fA-F]{${digits}}$`));
/** Some miners print a word without its leading zeros. */
const word = z
  .string()
  .regex(/^(?:0x)?[0-9a-fA-F]{1,8}$/)
  .transform((digits) => Number.parseInt(digits, 16) >>> 0);
const extranonce2 = z.string().regex(/^(?:[0-9a-fA-F]{2}){1,16}$/);

export const REQUESTS = {
  "mining.subscribe": z.tuple([text.nullish(), text.nullish()], z.unknown()).transform(([agent]) => ({ agent: agent ?? null })),
  "mining.authorize": z.tuple([text, text.nullish()], z.unknown()).transform(([worker]) => ({ worker })),
  "mining.configure": z
    .tuple([z.array(text).max(16), z.record(z.string().max(64), z.unknown()).nullish()], z.unknown())
    .transform(([extensions, parameters]) => ({ extensions, parameters: parameters ?? {} })),
  "mining.submit": z
    .tuple([text, text, extranonce2, hexOf(8), hexOf(8), word.nullish()], z.unknown())
    .transform(([worker, jobId, extranonce2, ntime, nonce, versionBits]) => ({
      worker,
      jobId,
      extranonce2: extranonce2.toLowerCase(),
      ntime: Number.parseInt(ntime, 16) >>> 0,
      nonce: Number.parseInt(nonce, 16) >>> 0,
      versionBits: versionBits ?? 0,
    })),
  "mining.suggest_difficulty": z.tuple([z.number().positive().finite()], z.unknown()).transform(([difficulty]) => ({ difficulty })),
  "mining.extranonce.subscribe": z.array(z.unknown()).transform(() => ({})),
} as const;

export type Method = keyof typeof REQUESTS;
export type Params<M extends Method> = z.output<(typeof REQUESTS)[M]>;
export type RequestId = number | string | null;
export type StratumRequest =
  | { [M in Method]: { readonly id: RequestId; readonly method: M; readonly params: Params<M> } }[Method]
  | { readonly id: RequestId; readonly method: "unknown"; readonly params: { readonly name: string } };

const envelope = z.object({
  id: z.union([z.number(), z.string().max(64), z.null()]).optional(),
  method: z.string().max(64),
  params: z.unknown().optional(),
});

const isMethod = (name: string): name is Method => Object.hasOwn(REQUESTS, name);

/** One line from a miner. null: an answer to something, which asks for nothing. */
export function parseRequest(line: string, limits: Pick<StratumLimits, "depth">): StratumRequest | null | { readonly fault: CloseReason } {
  const parsed = parseBounded(line, limits.depth);
  if ("fault" in parsed) return parsed;
  const { value } = parsed;
  if (typeof value === "object" && value !== null && "result" in value && !("method" in value)) return null;
  const request = envelope.safeParse(value);
  if (!request.success) return { fault: "not-a-request" };
  const { id = null, method, params = [] } = request.data;
  if (!isMethod(method)) return { id, method: "unknown", params: { name: method } };
  const checked = REQUESTS[method].safeParse(params);
  if (!checked.success) return { fault: "bad-params" };
  return { id, method, params: checked.data } as StratumRequest;
}

/** Why a share or request is refused, as pools number it. */
export const REFUSALS = {
  other: [20, "Not understood"],
  staleJob: [21, "Job not found (stale)"],
  duplicate: [22, "Duplicate share"],
  lowDifficulty: [23, "Low difficulty share"],
  unauthorized: [24, "Unauthorized worker"],
  notSubscribed: [25, "Not subscribed"],
} as const;
export type Refusal = keyof typeof REFUSALS;

const line = (message: Record<string, unknown>): string => `${JSON.stringify(message)}\n`;

export const result = (id: RequestId, value: unknown): string => line({ id, result: value, error: null });
export const refusal = (id: RequestId, why: Refusal): string => line({ id, result: null, error: [...REFUSALS[why], null] });
export const notification = (method: string, params: readonly unknown[]): string => line({ id: null, method, params });
