/** A miner that runs AxeOS, as far as updates need it. specs/bm1366.md 6 */
import { request } from "node:http";
import { z } from "zod";
import { FirmwareError } from "../../common/errors.ts";

const infoSchema = z.looseObject({
  version: z.string(),
  axeOSVersion: z.string().optional(),
  ASICModel: z.string(),
  boardVersion: z.string(),
  runningPartition: z.string().optional(),
  apEnabled: z.union([z.literal(0), z.literal(1)]).optional(),
  miningPaused: z.boolean().optional(),
  uptimeSeconds: z.number().optional(),
  partitions: z.array(z.looseObject({ label: z.string(), isCurrent: z.boolean(), version: z.string().optional() })).optional(),
});
export type MinerInfo = z.infer<typeof infoSchema>;

export type UpdateSlot = "firmware" | "www";

const ROUTES: Readonly<Record<UpdateSlot, string>> = { firmware: "/api/system/OTA", www: "/api/system/OTAWWW" };
const ANSWER_MS = 5_000;
/** Erasing and writing 2 MB of flash while the network goes on. GUESS */
const UPLOAD_MS = 180_000;
const CHUNK_BYTES = 4096;
const MOST_ANSWER_BYTES = 256 * 1024;

export class AxeosMiner {
  readonly address: string;

  /** http://HOST[:PORT]. FIRMWARE_ADDRESS when it is no such thing. */
  constructor(address: string) {
    const url = URL.canParse(address) ? new URL(address) : null;
    if (url?.protocol !== "http:" || url.pathname !== "/" || url.search !== "" || url.username !== "") throw badAddress(address);
    this.address = url.origin;
  }

  /** MINER_UNREACHABLE, MINER_ANSWER. */
  async info(): Promise<MinerInfo> {
    const text = await this.#ask("GET", "/api/system/info");
    let answer: unknown;
    try {
      answer = JSON.parse(text);
    } catch {
      throw strange(this.address, "its information is not JSON");
    }
    const parsed = infoSchema.safeParse(answer);
    if (parsed.success) return parsed.data;
    throw strange(this.address, `its information lacks ${parsed.error.issues.map(({ path }) => path.join(".")).join(", ")}`);
  }

  /** Stops hashing until the miner is told to resume or restarts. */
  async pause(): Promise<void> {
    await this.#ask("POST", "/api/system/pause");
  }

  async resume(): Promise<void> {
    await this.#ask("POST", "/api/system/resume");
  }

  /** Starts from this partition from now on, and restarts. */
  async bootFrom(partition: string): Promise<void> {
    await this.#ask("POST", "/api/system/boot", JSON.stringify({ partition }));
  }

  /** Resolves when the miner has said that it has all of it. MINER_REFUSED with what it said; MINER_UNREACHABLE when the line broke. */
  async update(slot: UpdateSlot, image: Uint8Array, onShare: (share: number) => void): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const headers = { "content-type": "application/octet-stream", "content-length": image.length };
      const signal = AbortSignal.timeout(UPLOAD_MS);
      const sending = request(`${this.address}${ROUTES[slot]}`, { method: "POST", headers, signal }, (response) => {
        let said = "";
        response.setEncoding("utf8");
        response.on("data", (text: string) => {
          if (said.length < MOST_ANSWER_BYTES) said += text;
        });
        response.on("end", () => {
          if (response.statusCode === 200) resolve();
          else reject(refused(this.address, response.statusCode ?? 0, said));
        });
        response.on("error", (cause) => reject(unreachable(this.address, cause)));
      });
      sending.on("error", (cause) => reject(unreachable(this.address, cause)));
      let sent = 0;
      const more = () => {
        while (sent < image.length) {
          const chunk = image.subarray(sent, sent + CHUNK_BYTES);
          sent += chunk.length;
          onShare(sent / image.length);
          if (!sending.write(chunk)) {
            sending.once("drain", more);
            return;
          }
        }
        sending.end();
      };
      more();
    });
  }

  async #ask(method: "GET" | "POST", path: string, body?: string): Promise<string> {
    let response: Response;
    let said: string;
    try {
      response = await fetch(`${this.address}${path}`, {
        method,
        body: body ?? null,
        signal: AbortSignal.timeout(ANSWER_MS),
        redirect: "manual",
      });
      said = (await response.text()).slice(0, MOST_ANSWER_BYTES);
    } catch (cause) {
      throw unreachable(this.address, cause);
    }
    if (response.status !== 200) throw refused(this.address, response.status, said);
    return said;
  }
}

function badAddress(address: string): FirmwareError {
  return new FirmwareError("FIRMWARE_ADDRESS", `${address} is no address of a miner.`, "Write it as http://192.168.1.23", { address });
}

function unreachable(address: string, cause: unknown): FirmwareError {
  const message = `The miner at ${address} does not answer.`;
  const hint =
    "Check its power and that this host is in its network: AxeOS answers private addresses alone. While it restarts, wait half a minute.";
  return new FirmwareError("MINER_UNREACHABLE", message, hint, { address }, cause);
}

function refused(address: string, status: number, said: string): FirmwareError {
  const text = said.trim().slice(0, 200);
  const message = `The miner at ${address} refused: ${status} ${text}`.trim();
  return new FirmwareError("MINER_REFUSED", message, "It runs what it ran before. Restart it and try again.", {
    address,
    status,
    said: text,
  });
}

function strange(address: string, what: string): FirmwareError {
  const hint = "Is it a miner with AxeOS? Old or foreign firmware is updated over its USB port.";
  return new FirmwareError("MINER_ANSWER", `What answers at ${address} is no AxeOS that is known: ${what}.`, hint, { address });
}
