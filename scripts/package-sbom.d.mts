import type { PackagedModule } from "./package-modules.mjs";

export interface Bill {
  readonly serialNumber: string;
  readonly components: readonly {
    readonly "bom-ref": string;
    readonly purl: string;
    readonly hashes?: readonly { readonly content: string }[];
  }[];
  readonly dependencies: readonly { readonly dependsOn: readonly string[] }[];
}

/** `node` is the version of a bundled runtime, or null. */
export function sbom(
  program: { readonly name: string; readonly version: string; readonly license: string },
  modules: readonly PackagedModule[],
  node: string | null,
  epochSeconds: number,
): Bill;
