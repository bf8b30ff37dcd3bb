/** Who may talk to the daemon. A web page of someone else, open in the operator's browser, may not. */
import { forbidden, type Problem } from "./problem.ts";

export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, "");
  return name === "localhost" || name.endsWith(".localhost") || name === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name);
}

interface Asking {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
}

/**
 * Null when the request may pass. A daemon on loopback answers only to loopback names: a foreign name that was made to point here (DNS
 * rebinding) would otherwise make its page "same origin". An Origin, which browsers always send with a POST and a WebSocket, must be the page
 * the daemon itself served.
 */
export function refuse(asking: Asking, boundToLoopback: boolean): Problem | null {
  const authority = parseHost(asking.host);
  if (authority === null)
    return {
      ...forbidden("HOST_MISSING", "The Host header is missing or malformed.", "Use a plain HTTP/1.1 client."),
      status: 400,
      title: "Bad request",
    };
  if (boundToLoopback && !isLoopback(authority.hostname)) {
    const hint = "Use http://localhost and the port, or set api.host to listen on the network.";
    return forbidden("HOST_REFUSED", `This daemon listens on loopback and does not answer to the name ${authority.hostname}.`, hint);
  }
  if (asking.origin !== undefined && parseOrigin(asking.origin) !== authority.host) {
    return forbidden("ORIGIN_REFUSED", "The request comes from another web page.", "Open the dashboard at the daemon's own address.");
  }
  return null;
}

function parseHost(host: string | undefined): URL | null {
  if (host === undefined || !/^[\w.:[\]-]+$/.test(host)) return null;
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`) : null;
}

function parseOrigin(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}
