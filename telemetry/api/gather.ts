/**
 * Fewer, larger writes. A message to a hundred clients is a hundred system calls, and a thousand messages a second are too many of them. What is sent
 * when nothing was sent for GATHER_MS goes out at once, with what else is sent in that turn of the event loop; what follows waits until GATHER_MS have
 * passed and goes out in one write a client.
 */
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { type Clock, elapsedMs } from "../../common/clock.ts";
import type { ViewerSocket } from "./viewers.ts";

const GATHER_MS = 10;
const MOST_HELD_BYTES = 16 * 1024;

export class Gather {
  readonly #clock: Clock;
  readonly #held = new Set<Duplex>();
  #pending = false;
  #releasedNs: bigint | null = null;
  /** The text sent last and its bytes: the same goes to every client. */
  #last: { readonly text: string; readonly bytes: Buffer } = { text: "", bytes: Buffer.alloc(0) };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `connection` is what `client` writes to. */
  socket(client: WebSocket, connection: Duplex): ViewerSocket {
    const letGo = () => this.#letGo(connection);
    connection.once("close", () => this.#held.delete(connection));
    return {
      get readyState() {
        return client.readyState;
      },
      get bufferedAmount() {
        return client.bufferedAmount;
      },
      on: (event, listener) => client.on(event, listener),
      send: (message, taken) => {
        this.#hold(connection);
        if (typeof message === "string") client.send(this.#bytesOf(message), { binary: false }, taken);
        else client.send(message, taken);
        // Held bytes count as unsent: holding many would make a client that reads look like one that does not.
        if (client.bufferedAmount > MOST_HELD_BYTES) letGo();
      },
      ping: () => client.ping(),
      close(code, reason) {
        client.close(code, reason);
        letGo();
      },
      terminate: () => client.terminate(),
    };
  }

  #bytesOf(text: string): Buffer {
    if (this.#last.text !== text) this.#last = { text, bytes: Buffer.from(text) };
    return this.#last.bytes;
  }

  #hold(connection: Duplex): void {
    if (this.#held.has(connection)) return;
    this.#held.add(connection);
    connection.cork();
    if (this.#pending) return;
    this.#pending = true;
    const waitMs = this.#releasedNs === null ? 0 : GATHER_MS - elapsedMs(this.#clock, this.#releasedNs);
    if (waitMs <= 0) setImmediate(() => this.#release());
    else void this.#clock.sleep(waitMs).then(() => this.#release());
  }

  #release(): void {
    this.#pending = false;
    this.#releasedNs = this.#clock.nowNs();
    for (const connection of this.#held) this.#letGo(connection);
  }

  #letGo(connection: Duplex): void {
    if (this.#held.delete(connection)) connection.uncork();
  }
}
