import { isIP } from "node:net";
import { DriverError } from "../../../common/errors.ts";
import { isPrivate } from "../../stratum/address.ts";

export interface MinerAddress {
  readonly host: string;
  readonly port: number;
}

const hint = "Write the address of a miner in this network, such as http://192.168.1.20 or http://bitaxe.local.";

/**
 * http://HOST[:PORT] of a miner. AxeOS has neither encryption nor a password, so a number that the world can reach is refused: it would be another's
 * miner, or a slip of the pen. DriverError AXEOS_ADDRESS.
 */
export function parseAxeOsUrl(text: string): MinerAddress {
  const url = URL.canParse(text) ? new URL(text) : null;
  const plain = url !== null && url.protocol === "http:" && url.username === "" && url.password === "";
  if (url === null || !plain || url.hostname === "" || url.pathname !== "/" || url.search !== "" || url.hash !== "")
    throw new DriverError("AXEOS_ADDRESS", `${text} is no address of an AxeOS miner.`, hint, { text });
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (isIP(host) !== 0 && !isPrivate(host))
    throw new DriverError("AXEOS_ADDRESS", `${host} is outside the laboratory's network.`, hint, { text });
  return { host, port: url.port === "" ? 80 : Number(url.port) };
}
