import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { problemOf, sendProblem } from "./problem.ts";
import type { Answer, Download } from "./route-declaration.ts";

/** A client that takes nothing of a download for so long is cut: a thread and a view of the database are kept for it. */
const STALLED_MS = 30_000;

/** Resolves when everything was handed to the network, or the client went away. */
export async function sendAnswer(request: IncomingMessage, response: ServerResponse, answer: Answer): Promise<void> {
  const bodyless = request.method === "HEAD";
  if ("problem" in answer) return sendProblem(response, answer.problem, answer.headers);
  if ("download" in answer) return bodyless ? void response.end() : sendDownload(response, answer.download);
  if ("text" in answer) {
    response.writeHead(200, { "content-type": answer.type, "cache-control": "no-store" });
    response.end(bodyless ? undefined : answer.text);
    return;
  }
  response.writeHead(answer.status, { ...answer.headers, "content-type": "application/json", "cache-control": "no-store" });
  response.end(bodyless ? undefined : JSON.stringify(answer.body));
}

/** The first part decides between an answer and a problem; one that fails later cuts the connection, so that nobody takes it for whole. */
async function sendDownload(response: ServerResponse, { type, fileName, chunks }: Download): Promise<void> {
  const parts = chunks[Symbol.asyncIterator]();
  let first: IteratorResult<Uint8Array>;
  try {
    first = await parts.next();
  } catch (error) {
    return sendProblem(response, problemOf(error, 503, "Not available"));
  }
  response.writeHead(200, {
    "content-type": type,
    "content-disposition": `attachment; filename="${fileName}"`,
    "cache-control": "no-store",
  });
  response.setTimeout(STALLED_MS, () => response.destroy());
  const rest = async function* () {
    try {
      for (let part = first; !part.done; part = await parts.next()) yield part.value;
    } finally {
      await parts.return?.();
    }
  };
  await pipeline(Readable.from(rest(), { objectMode: true, highWaterMark: 1 }), response).catch(() => response.destroy());
}
