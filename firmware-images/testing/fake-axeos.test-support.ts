/** A miner with AxeOS as specs/bm1366.md 6 describes it: two slots for firmware, one for www, and a power plug that can be pulled. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

export interface FakeAxeosOptions {
  readonly version?: string;
  readonly boardVersion?: string;
  /** Firmware before the route came has no `miningPaused`. */
  readonly knowsPause?: boolean;
  readonly accessPoint?: boolean;
  /** What the image makes the miner say, by its SHA-256; an image that is not in it fails the miner's own check. */
  readonly images: ReadonlyMap<string, string>;
  /** Started, it fails and goes back to the former slot. */
  readonly failsToStart?: boolean;
  /** Seconds of its uptime in one of this host's (default 1): tests that hurry. */
  readonly hurry?: number;
  /** It is back so soon that nobody sees it away. */
  readonly restartsUnseen?: boolean;
}

interface Slot {
  readonly label: string;
  version: string | null;
}

export class FakeAxeos {
  readonly requests: string[] = [];
  paused = false;
  www = "former";
  /** Bytes of the update that is arriving. */
  arrived = 0;
  /** Called with each request before it is answered, and with each piece of a body: false pulls the plug. */
  onEvent: (event: string) => boolean = () => true;
  readonly #options: FakeAxeosOptions;
  readonly #slots: [Slot, Slot];
  #running = 0;
  /** It has been on for a while when a test first sees it. */
  #startedMs = Date.now() - 10_000;
  #server: Server | null = null;
  readonly #sockets = new Set<Socket>();
  #port = 0;

  constructor(options: FakeAxeosOptions) {
    this.#options = options;
    this.#slots = [
      { label: "ota_0", version: options.version ?? "v2.8.0" },
      { label: "ota_1", version: null },
    ];
  }

  get address(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get version(): string {
    return this.#slots[this.#running]?.version ?? "";
  }

  async powerOn(): Promise<void> {
    if (this.#server !== null) return;
    this.paused = false;
    if (this.#port !== 0) this.#startedMs = Date.now();
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => this.#server?.listen(this.#port, "127.0.0.1", resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  powerOff(): void {
    const server = this.#server;
    this.#server = null;
    for (const socket of this.#sockets) socket.destroy();
    server?.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const what = `${request.method} ${request.url}`;
    this.requests.push(what);
    if (!this.#goesOn(what)) return;
    const body: Buffer[] = [];
    this.arrived = 0;
    try {
      for await (const piece of request) {
        body.push(piece);
        this.arrived += piece.length;
        if (!this.#goesOn(`${what} body`)) return;
      }
    } catch {
      return; // the other end went away in the middle of it
    }
    if (!this.#goesOn(`${what} whole`)) return;
    const [status, said, restarts] = this.#perform(what, Buffer.concat(body));
    response.writeHead(status).end(said);
    if (restarts) setTimeout(() => this.#restart(), 20);
  }

  #goesOn(event: string): boolean {
    if (this.#server === null) return false;
    if (this.onEvent(event)) return true;
    this.powerOff();
    return false;
  }

  #perform(what: string, body: Buffer): [number, string, boolean] {
    const { images, accessPoint = false, knowsPause = true } = this.#options;
    switch (what) {
      case "GET /api/system/info":
        return [200, JSON.stringify(this.#info()), false];
      case "POST /api/system/pause":
      case "POST /api/system/resume":
        if (!knowsPause) return [404, '{"error":"unknown route"}', false];
        this.paused = what.endsWith("pause");
        return [200, '{"message":"ok"}', false];
      case "POST /api/system/boot": {
        const slot = this.#slots.findIndex(({ label }) => label === JSON.parse(body.toString()).partition);
        if (slot === -1) return [400, "no such partition", false];
        this.#running = slot;
        return [200, '{"message":"ok"}', true];
      }
      case "POST /api/system/OTA": {
        if (accessPoint) return [500, '{"message":"Not allowed in AP mode"}', false];
        const version = images.get(createHash("sha256").update(body).digest("hex"));
        const other = this.#slots[1 - this.#running] as Slot;
        other.version = version ?? null;
        if (version === undefined) return [500, "Validation / Activation Error", false];
        if (!this.#options.failsToStart) this.#running = 1 - this.#running;
        return [200, "Firmware update complete, rebooting now!\n", true];
      }
      case "POST /api/system/OTAWWW":
        this.www = createHash("sha256").update(body).digest("hex");
        return [200, "WWW update complete, rebooting now!\n", true];
      default:
        return [404, '{"error":"unknown route"}', false];
    }
  }

  #info(): Record<string, unknown> {
    const { boardVersion = "205", knowsPause = true, accessPoint = false } = this.#options;
    return {
      version: this.version,
      ASICModel: "BM1366",
      boardVersion,
      runningPartition: this.#slots[this.#running]?.label,
      apEnabled: accessPoint ? 1 : 0,
      uptimeSeconds: Math.floor(((Date.now() - this.#startedMs) * (this.#options.hurry ?? 1)) / 1000),
      ...(knowsPause ? { miningPaused: this.paused } : {}),
      partitions: this.#slots.map(({ label, version }, i) => ({ label, isCurrent: i === this.#running, version: version ?? "" })),
    };
  }

  #restart(): void {
    if (this.#server === null) return;
    if (this.#options.restartsUnseen) {
      this.#startedMs = Date.now();
      this.paused = false;
      return;
    }
    this.powerOff();
    setTimeout(() => void this.powerOn(), 30);
  }
}
