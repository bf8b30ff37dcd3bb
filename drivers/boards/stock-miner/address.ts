import { isIP } from "node:net";
import { DriverError } from "../../../common/errors.ts";
import { isPrivate } from "../../stratum/address.ts";

/** cgminer's own default. */
export const API_PORT = 4028;

/** HOST[:PORT] of a miner with cgminer's API, in this network: it has no password. DriverError STOCK_MINER_ADDRESS. */
export function parseApiAddress(text: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([A-Za-z0-9][A-Za-z0-9.-]*))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2] ?? "";
  const port = Number(match?.[3] ?? API_PORT);
  const isGood = match !== null && port >= 1 && port <= 65535;
  if (isGood && (isIP(host) === 0 || isPrivate(host))) return { host, port };
  throw new DriverError(
    "STOCK_MINER_ADDRESS",
    isGood ? `${host} is outside the laboratory's network.` : `${text} is no address of a miner.`,
    "Write HOST or HOST:PORT of a miner in this network, such as 192.168.1.30:4028.",
    { text },
  );
}
