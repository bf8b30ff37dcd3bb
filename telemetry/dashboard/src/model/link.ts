/** The WebSocket: connects, reconnects with growing pauses, and turns frames into messages. A gap or silence ends the connection. */

import type { RecentLanes } from "../../../messages.ts";
import { decodeNonceFrame, type NonceFrame } from "../../../nonce-frame.ts";
import { backoffMs } from "./backoff.ts";
import type { Connection } from "./freshness.ts";
import { apply, EMPTY, type Model, parseMessage, resumeAt } from "./state.ts";

/** A daemon with nothing to say repeats its snapshot every 5 s (telemetry/api/viewers.ts). Longer silence is a dead connection. */
const SILENCE_MS = 15_000;

export interface LinkListener {
  connection(state: Connection, retryAtMs: number | null): void;
  /** After every snapshot and update. */
  model(model: Model): void;
  nonces(frame: NonceFrame): void;
  /**
   * What the daemon counted in the last minute, at the beginning of a connection and after frames were lost; null where it has counted nothing.
   * `snapshotFollows`: it may be of a board that only the snapshot tells of.
   */
  lanes(recent: RecentLanes | null, snapshotFollows: boolean): void;
}

/** Keeps a connection to `url` until the page goes away. */
export function openLink(url: string, listener: LinkListener): void {
  let model: Model = EMPTY;
  let attempt = 0;

  const connect = (): void => {
    const socket = new WebSocket(resumeAt(url, model));
    let silence: ReturnType<typeof setTimeout> | undefined;
    let ended = false;
    let reload = false;
    socket.binaryType = "arraybuffer";
    listener.connection("connecting", null);

    const end = (): void => {
      if (ended) return;
      ended = true;
      clearTimeout(silence);
      socket.close();
      const waitMs = backoffMs(attempt++, Math.random());
      listener.connection(reload ? "reload" : "waiting", Date.now() + waitMs);
      setTimeout(connect, waitMs);
    };
    const heard = (): void => {
      clearTimeout(silence);
      silence = setTimeout(end, SILENCE_MS);
    };

    const text = (frame: string): void => {
      const message = parseMessage(frame);
      const outcome = message === null ? null : apply(model, message);
      if (message === null || outcome?.kind !== "applied") {
        reload = outcome?.kind === "protocol";
        // After a gap only a snapshot brings a true picture again.
        model = { ...model, seq: null };
        end();
        return;
      }
      model = outcome.model;
      if (message.type === "snapshot" || (message.type === "hello" && message.resumed)) {
        attempt = 0;
        listener.connection("connected", null);
      }
      if (message.type === "hello") listener.lanes(message.lanes ?? null, message.resumed !== true);
      if (message.type === "caught-up") listener.lanes(message.lanes ?? null, false);
      if (message.type !== "hello") listener.model(model);
    };

    socket.addEventListener("open", heard);
    socket.addEventListener("message", (event: MessageEvent<string | ArrayBuffer>) => {
      if (ended) return;
      heard();
      if (typeof event.data === "string") {
        text(event.data);
        return;
      }
      const nonces = decodeNonceFrame(event.data);
      if (nonces !== null) listener.nonces(nonces);
    });
    socket.addEventListener("close", end);
    socket.addEventListener("error", end);
  };

  connect();
}
