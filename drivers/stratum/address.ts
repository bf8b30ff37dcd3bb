import { isIP } from "node:net";
import { DriverError } from "../../common/errors.ts";

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const hint = "Write ADDRESS:PORT with an address of this machine, such as 127.0.0.1:3333, or 192.168.1.10:3333 for a lab network.";

/**
 * ADDRESS:PORT of a loopback or private network (RFC 1918, RFC 4193, link-local). Miners' traffic is neither encrypted nor authenticated, so an
 * address that the world can reach is refused, as is one that stands for all interfaces. DriverError STRATUM_ADDRESS.
 */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2] ?? "";
  const port = Number(match?.[3] ?? Number.NaN);
  if (match === null || port > 65535 || (isIP(host) === 0 && host !== "localhost"))
    throw new DriverError("STRATUM_ADDRESS", `${text} is no address to listen at.`, hint, { text });
  if (!isPrivate(host)) throw new DriverError("STRATUM_ADDRESS", `${host} could be reached from outside the laboratory.`, hint, { text });
  return { host, port };
}

/** Loopback, RFC 1918, RFC 4193 or link-local. `host` is an IP address or localhost. */
export function isPrivate(host: string): boolean {
  if (host === "localhost") return true;
  if (isIP(host) === 6) return host === "::1" || /^f[cd]/i.test(host) || /^fe[89ab]/i.test(host);
  const [a = 0, b = 0] = host.split(".").map(Number);
  return a === 127 || a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168) || (a === 169 && b === 254);
}
