/** One connection after another to the same broker, for as long as wanted, with pauses that grow and words for whoever looks after the rig. */
import { type Clock, elapsedMs } from "../../common/clock.ts";
import { explain } from "../../common/errors.ts";
import type { Random } from "../../common/random.ts";
import type { LogEvent } from "../messages.ts";
import { type Backoff, backoffMs } from "./backoff.ts";
import type { BrokerConnection, Protocol } from "./connection.ts";
import { CLOSED_BY_BROKER, TAKEN_OVER, VERSION_REFUSED } from "./ending.ts";

const CLOSE_GRACE_MS = 1000;
/** MQTT 3.1.1 cannot say why it hangs up: after so many short connections in a row the likely reason is named. */
const CUT_SHORT_TIMES = 3;

export interface Reconnecting {
  /** How it is called in events. */
  readonly shownUrl: string;
  readonly clientId: string;
  /** "auto": MQTT 5, and 3.1.1 from when a broker refuses that. */
  readonly protocol: Protocol | "auto";
  readonly clock: Clock;
  readonly random: Random;
  readonly backoff: Backoff;
  readonly signal: AbortSignal;
  /** Throws what keeps it from even trying, such as a certificate that is gone. */
  connect(protocol: Protocol): BrokerConnection;
  online(connection: BrokerConnection): void;
  offline(): void;
  tell(level: LogEvent["level"], text: string): void;
  /** What was lost during the outage, to be told with its end. */
  losses(): string;
}

/** Resolves after `signal`, when the last connection has said goodbye. */
export async function keepConnected(wanted: Reconnecting): Promise<void> {
  const { clock, random, backoff, signal, shownUrl } = wanted;
  const outage = new Outage(wanted);
  let protocol: Protocol = wanted.protocol === "auto" ? "5" : wanted.protocol;
  let attempt = 0;
  while (!signal.aborted) {
    const { refusal, reason, livedMs } = await oneConnection(wanted, protocol, outage);
    if (signal.aborted) return;
    if (refusal === VERSION_REFUSED && wanted.protocol === "auto" && protocol === "5") {
      protocol = "3.1.1";
      wanted.tell("info", `the MQTT broker at ${shownUrl} does not speak MQTT 5: using 3.1.1`);
      continue;
    }
    outage.begin(reason, refusal === null, livedMs);
    // A broker that accepts and hangs up at once must not be called twice a second for ever.
    if (livedMs > backoff.maxMs) attempt = 0;
    // Two clients with one id cut each other off each time: at their slowest from the first.
    if (outage.isContested) attempt = Number.MAX_SAFE_INTEGER;
    await clock.sleep(backoffMs(attempt, backoff, random.next()), signal).catch(() => undefined);
    attempt++;
  }
}

async function oneConnection(wanted: Reconnecting, protocol: Protocol, outage: Outage) {
  const { clock, signal } = wanted;
  let connection: BrokerConnection;
  try {
    connection = wanted.connect(protocol);
  } catch (error) {
    return { refusal: explain(error), reason: explain(error), livedMs: 0 };
  }
  const onStop = () => void connection.end(CLOSE_GRACE_MS);
  signal.addEventListener("abort", onStop, { once: true });
  const refusal = await connection.connected;
  const sinceNs = clock.nowNs();
  if (refusal === null && !signal.aborted) {
    wanted.online(connection);
    outage.end();
  }
  const reason = refusal ?? (await connection.closed);
  wanted.offline();
  signal.removeEventListener("abort", onStop);
  connection.destroy();
  return { refusal, reason, livedMs: refusal === null ? elapsedMs(clock, sinceNs) : 0 };
}

/** Says each trouble once, not with every attempt. */
class Outage {
  readonly #wanted: Reconnecting;
  #isOn = false;
  #cutShort = 0;
  /** Somebody else seems to use the client id: what comes and goes meanwhile is no news. */
  isContested = false;

  constructor(wanted: Reconnecting) {
    this.#wanted = wanted;
  }

  begin(reason: string, wasConnected: boolean, livedMs: number): void {
    const { shownUrl, clientId, backoff, tell } = this.#wanted;
    if (livedMs > backoff.maxMs) {
      this.#cutShort = 0;
      this.isContested = false;
    }
    if (wasConnected && reason === CLOSED_BY_BROKER) this.#cutShort++;
    const hint = `If another rig or daemon uses the client id ${clientId}, give each its own with mqtt.clientId.`;
    if (reason === TAKEN_OVER || this.#cutShort === CUT_SHORT_TIMES) {
      const what = reason === TAKEN_OVER ? reason : `the broker accepts this rig and hangs up, ${CUT_SHORT_TIMES} times in a row`;
      if (!this.isContested) tell("error", `MQTT broker at ${shownUrl}: ${what}. ${hint} Trying again every ${backoff.maxMs / 1000} s.`);
      this.isContested = true;
    } else if (!this.#isOn && !this.isContested) {
      tell("warning", `no connection to the MQTT broker at ${shownUrl} (${reason}); trying again, nothing else waits for it`);
    }
    this.#isOn = true;
  }

  end(): void {
    if (this.#isOn && !this.isContested)
      this.#wanted.tell("info", `connected to the MQTT broker at ${this.#wanted.shownUrl}; ${this.#wanted.losses()}`);
    this.#isOn = false;
  }
}
