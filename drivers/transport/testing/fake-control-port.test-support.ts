/** A control port in memory: what is written is seen as requests, what is answered goes out as the bytes of one generation. */
import { type DecodedRequest, decodeRequest } from "../bridge-commands.ts";
import type { Generation } from "../bridge-protocol.ts";
import type { ControlPort } from "../control-port.ts";

/** Data of a good answer, or an error. null: no answer at all. */
export type Reply = { data: Uint8Array | readonly number[] } | { code: number; text?: string } | null;

/** An answer's bytes as specs/bm1366.md 5.10 lays them out. Written from the specification, apart from the parser. */
export function answerBytes(generation: Generation, id: number, reply: Exclude<Reply, null>): Uint8Array {
  const text = "code" in reply ? [...Buffer.from(reply.text ?? "")] : [];
  const word = (n: number) => [n & 0xff, n >> 8];
  if ("code" in reply) {
    return Uint8Array.from(generation === "v1" ? [...word(4 + text.length), id, reply.code, ...text] : [4, 0, id, reply.code]);
  }
  const { data } = reply;
  if (generation === "v0") return Uint8Array.from([...word(data.length), id, ...data]);
  if (generation === "total") return Uint8Array.from([...word(3 + data.length), id, ...data]);
  return Uint8Array.from([...word(4 + data.length), id, 0, ...data]);
}

export class FakeControlPort implements ControlPort {
  readonly path = "a port in memory";
  readonly written: Uint8Array[] = [];
  readonly requests: DecodedRequest[] = [];
  closed = false;
  #data: (bytes: Uint8Array) => void = () => {};
  #lost: (reason: Error) => void = () => {};
  readonly #respond: (request: DecodedRequest, port: FakeControlPort) => void;

  constructor(respond: (request: DecodedRequest, port: FakeControlPort) => void) {
    this.#respond = respond;
  }

  write(bytes: Uint8Array): void {
    this.written.push(bytes);
    const request = decodeRequest(bytes);
    if (request === null) throw new Error(`not a request: ${Buffer.from(bytes).toString("hex")}`);
    this.requests.push(request);
    setImmediate(() => this.#respond(request, this));
  }

  /** Bytes from the bridge to the host, in one piece. */
  send(bytes: Uint8Array | readonly number[]): void {
    this.#data(Uint8Array.from(bytes));
  }

  unplug(reason: Error): void {
    this.#lost(reason);
  }

  onData(listener: (bytes: Uint8Array) => void): void {
    this.#data = listener;
  }

  onLost(listener: (reason: Error) => void): void {
    this.#lost = listener;
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

/** A port whose firmware answers every request with `reply`, at once and in one piece. */
export function answeringPort(generation: Generation, reply: (request: DecodedRequest) => Reply): FakeControlPort {
  return new FakeControlPort((request, port) => {
    const answer = reply(request);
    if (answer !== null) port.send(answerBytes(generation, request.id, answer));
  });
}
