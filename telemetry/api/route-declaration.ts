/** What an address of the HTTP API is, said once: the server answers by it, the OpenAPI document and docs/api.md are made from it. */
import type { ZodType, z } from "zod";
import type { ControlStore } from "../control/control-store.ts";
import type { Store } from "../store/store.ts";
import type { Right } from "./access/rights.ts";
import type { ApiBoard, ApiBoards } from "./api-board.ts";
import type { FleetSource } from "./fleet/facts.ts";
import type { Problem } from "./problem.ts";

export interface RouteContext {
  readonly boards: ApiBoards;
  readonly store: Pick<Store, "path" | "listRuns" | "run" | "results" | "nonceChunks" | "nonceRows">;
  /** Where faults are latched; absent, or null, without a disk. */
  readonly control?: Pick<ControlStore, "latches" | "clear"> | null;
  readonly wallMs?: () => number;
  /** Absent where nobody counts. */
  readonly metricsText?: () => string;
  readonly fleet?: (board: ApiBoard) => FleetSource;
}

/** A body that is sent while it is made, for as long as the client reads. */
export interface Download {
  readonly type: string;
  readonly fileName: string;
  readonly chunks: AsyncIterable<Uint8Array>;
}

export type Answer =
  | { readonly status: number; readonly body: unknown; readonly headers?: Record<string, string> }
  | { readonly text: string; readonly type: string }
  | { readonly download: Download }
  | { readonly problem: Problem; readonly headers?: Record<string, string> };

interface Asked<P, Q> {
  readonly params: P;
  readonly query: Q;
  /** The path as it was asked for, without the query. */
  readonly path: string;
}

/** What goes well: a JSON body of a named schema, or something else of a media type; "a|b": of one of them. */
export type GoodAnswer =
  | { readonly status: 200 | 202; readonly about: string; readonly schema: ZodType }
  | { readonly status: 200; readonly about: string; readonly type: string };

export interface RouteDeclaration<P extends z.ZodObject = z.ZodObject, Q extends z.ZodObject = z.ZodObject> {
  readonly method: "GET" | "POST";
  /** With {names} of `params` in it. */
  readonly path: string;
  readonly about: string;
  /** What the asker must have the right to. */
  readonly needs: Right;
  readonly params: P;
  readonly query: Q;
  readonly answer: GoodAnswer;
  /** The problems of its own, by status; those that any address may have are left out. */
  readonly problems: Readonly<Record<number, string>>;
  handle(context: RouteContext, asked: Asked<z.output<P>, z.output<Q>>): Promise<Answer>;
}

/** The same declaration; what `handle` gets is typed by its schemas, and forgotten afterwards. */
export function route<P extends z.ZodObject, Q extends z.ZodObject>(declaration: RouteDeclaration<P, Q>): RouteDeclaration {
  return declaration as unknown as RouteDeclaration;
}
