/** What people and programs ask of a running daemon, as a seed draws it: at a time, or at a moment of the daemon's life. */
import { type Random, splitmix64 } from "../../common/random.ts";
import { MOMENTS, type Moment } from "./strikes.ts";

/** Through the API, by MQTT, with the configuration's file, or beside the daemon. */
export const ORDERS = [
  "emergency-off",
  "emergency-off-mqtt",
  "clear",
  "clear-unknown",
  "read",
  "stop-plan",
  "set-point",
  "set-point-beyond",
  "command-again",
  "command-garbled",
  "tighten",
  "loosen",
  "break-file",
  "leave-broker",
  "return-to-broker",
  "budget",
  "backup",
] as const;
export type OrderName = (typeof ORDERS)[number];

export interface Order {
  readonly name: OrderName;
  /** Counted from this moment of the board's; null: from the simulation's beginning. */
  readonly moment: Moment | null;
  /** It waits for so many of these moments. */
  readonly nth: number;
  readonly afterMs: number;
  /** Which board it is for, the first being 0; those for all boards take no notice. */
  readonly board: number;
  /** Where in the order's own range it is, 0 to 1. */
  readonly share: number;
}

const MOST_ORDERS = 12;
/** These end what goes on: a run full of them would see little else. */
const ENDING: readonly OrderName[] = ["emergency-off", "emergency-off-mqtt"];
const ENDING_SHARE = 0.1;
const MOMENT_SHARE = 0.5;
/** One in four comes twice within a moment: two people, or one who doubts that he was heard. */
const TWICE_SHARE = 0.25;
const TWICE_MS = 300;
const AFTER_MS = [1, 10_000] as const;
const MOST_NTH = 2;

/** The same seed, length and number of boards, the same orders. */
export function drawOrders(seed: number, durationMs: number, boards: number): Order[] {
  const random = splitmix64(BigInt(seed) * 8n + 5n);
  const count = 1 + Math.floor(random.next() * MOST_ORDERS);
  return Array.from({ length: count }, () => drawOne(random, durationMs, boards)).flatMap((order) =>
    random.next() < TWICE_SHARE ? [order, { ...order, afterMs: order.afterMs + Math.floor(random.next() * TWICE_MS) }] : [order],
  );
}

function drawOne(random: Random, durationMs: number, boards: number): Order {
  const names = random.next() < ENDING_SHARE ? ENDING : ORDERS.filter((name) => !ENDING.includes(name));
  const pick = <T>(of: readonly T[]) => of[Math.floor(random.next() * of.length)] as T;
  const name = pick(names);
  const waits = random.next() < MOMENT_SHARE;
  const moment = pick(MOMENTS);
  const nth = 1 + Math.floor(random.next() * MOST_NTH);
  const after = random.next();
  const afterMs = waits ? Math.round(AFTER_MS[0] * (AFTER_MS[1] / AFTER_MS[0]) ** after) : Math.floor(after * durationMs);
  return { name, moment: waits ? moment : null, nth, afterMs, board: Math.floor(random.next() * boards), share: random.next() };
}
