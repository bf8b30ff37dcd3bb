import type { Server } from "node:net";
import { TelemetryError } from "../../common/errors.ts";

/** Resolves when it listens. */
export function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** What kept it from listening: PORT_IN_USE, PORT_DENIED or ADDRESS_UNKNOWN. */
export function listenError(error: unknown, host: string, port: number): TelemetryError {
  const code = error instanceof Error && "code" in error ? error.code : "";
  const context = { host, port, reason: String(code) };
  const make = (ours: string, message: string, hint: string) => new TelemetryError(ours, message, hint, context, error);
  if (code === "EADDRINUSE") {
    return make(
      "PORT_IN_USE",
      `Port ${port} on ${host} is in use.`,
      "Stop the other daemon, or choose another port (0 takes any free one).",
    );
  }
  if (code === "EACCES") return make("PORT_DENIED", `Port ${port} may not be opened by this user.`, "Choose a port above 1023.");
  return make(
    "ADDRESS_UNKNOWN",
    `${host} is not an address of this machine (${String(code)}).`,
    "Use 127.0.0.1, or 0.0.0.0 for every interface.",
  );
}
