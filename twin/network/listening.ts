import type { Server } from "node:net";
import { TwinError } from "../../common/errors.ts";

/** Resolves when the server can be reached. TwinError TWIN_LISTEN. */
export async function listening(server: Server, listen: { readonly host: string; readonly port: number }): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) =>
      reject(
        new TwinError(
          "TWIN_LISTEN",
          `The twin cannot listen at ${listen.host}:${listen.port} (${cause.code ?? cause.message}).`,
          "Choose a port that is free and an address of this machine.",
          { ...listen },
          cause,
        ),
      ),
    );
    server.listen({ ...listen }, () => resolve());
  });
}
