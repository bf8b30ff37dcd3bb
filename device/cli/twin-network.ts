import { hostClock } from "../../common/clock.ts";
import { ConfigError } from "../../common/errors.ts";
import { parseListenAddress } from "../../drivers/stratum/address.ts";
import { startAxeOsTwin } from "../../twin/network/axeos.ts";
import { parseAxeOsFault } from "../../twin/network/axeos-faults.ts";
import { parseCgminerFault, type S9Firmware, startCgminerTwin } from "../../twin/network/cgminer.ts";
import { MINER_KINDS, type MinerKind } from "../../twin/network/miner-kinds.ts";
import { mineFor } from "../../twin/network/pool-miner.ts";
import { WIRED } from "../../twin/network/wireless-path.ts";
import { EXIT } from "./exit.ts";

export interface TwinNetworkOptions {
  board: "axeos" | "cgminer-s9" | "lb-box";
  listen: string;
  pool?: string;
  workScale: number;
  firmware: S9Firmware;
  fault: string[];
  wifiLoss?: number;
  wifiBatchMs?: number;
  wifiLatencyMs?: number;
  seed: number;
  seconds?: number;
  json?: boolean;
}

/** Answers until the time is up or somebody stops it. */
export async function twinNetworkCommand(options: TwinNetworkOptions): Promise<number> {
  const { board, seed, workScale, fault, firmware, wifiLoss: loss, wifiBatchMs: batchMs, wifiLatencyMs: latencyMs } = options;
  const given = Object.fromEntries(Object.entries({ loss, batchMs, latencyMs }).filter(([, value]) => value !== undefined));
  const path = { ...(board === "axeos" ? MINER_KINDS.lv06.path : WIRED), ...given };
  if (board === "lb-box") return minesOnly(options, { ...MINER_KINDS["lb-box"], path: { ...WIRED, ...given } });
  const listen = parseListenAddress(options.listen);
  const pool = options.pool === undefined ? {} : { pool: { ...poolOf(options.pool), workScale, seed } };
  const common = { clock: hostClock(), listen, path, seed, ...pool };
  const twin =
    board === "axeos"
      ? await startAxeOsTwin({ ...common, faults: fault.map(parseAxeOsFault) })
      : await startCgminerTwin({ ...common, firmware, faults: fault.map(parseCgminerFault) });
  const host = listen.host.includes(":") ? `[${listen.host}]` : listen.host;
  const where = board === "axeos" ? `http://${host}:${twin.port}` : `${host}:${twin.port}`;
  const how = board === "axeos" ? `miner info --url ${where}` : `miner info --cgminer ${where}`;
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ origin: "twin", board, address: where, faults: fault, path })}\n`
      : `A twin of ${board === "axeos" ? "a Bitaxe with AxeOS" : `an Antminer S9 (${firmware} firmware)`} at ${where} (origin: twin). Ask it with: ${how}. Ctrl-C ends it.\n`,
  );
  await ended(options.seconds);
  await twin.stop();
  return EXIT.good;
}

/** An LB-Box: what its maker's own interface says is not published, so its twin has Stratum alone. */
async function minesOnly({ pool, workScale, seed, fault, seconds, json }: TwinNetworkOptions, kind: MinerKind): Promise<number> {
  if (pool === undefined || fault.length > 0)
    throw new ConfigError(
      "BAD_OPTION",
      "A twin of an LB-Box needs --pool, and has the faults of its network alone.",
      "Add --pool HOST:PORT; use --wifi-loss.",
    );
  const where = poolOf(pool);
  let [accepted, refused] = [0, 0];
  const stop = mineFor({ ...where, workScale, seed }, kind, {
    hashRateHs: () => kind.hashRateHs,
    isDown: () => false,
    onAnswers: (more, less) => {
      accepted += more;
      refused += less;
    },
  });
  process.stderr.write(`A twin of an LB-Box mines LBRY for ${where.host}:${where.port} (origin: twin). Ctrl-C ends it.\n`);
  await ended(seconds);
  stop();
  process.stdout.write(
    json
      ? `${JSON.stringify({ origin: "twin", board: "lb-box", accepted, refused })}\n`
      : `${accepted} shares accepted, ${refused} refused.\n`,
  );
  return accepted > 0 ? EXIT.good : EXIT.no;
}

function poolOf(text: string): { host: string; port: number } {
  const match = /^(?:stratum\+tcp:\/\/)?(?:\[([^\]]+)\]|([^:/]+)):(\d{1,5})$/.exec(text);
  const [host, port] = [match?.[1] ?? match?.[2], Number(match?.[3])];
  if (host !== undefined && port >= 1 && port <= 65535) return { host, port };
  throw new ConfigError("BAD_OPTION", `--pool ${text} is no address of a Stratum server.`, "Write HOST:PORT, such as 127.0.0.1:3333.");
}

function ended(seconds: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = seconds === undefined ? undefined : setTimeout(() => resolve(), seconds * 1000);
    const stop = () => {
      clearTimeout(timer);
      resolve();
    };
    process.once("SIGINT", stop).once("SIGTERM", stop);
  });
}
