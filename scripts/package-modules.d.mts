export interface PackagedModule {
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  readonly license: string | null;
  readonly integrity: string | null;
}
export function productionModules(root: string): PackagedModule[];
export function neededToRun(name: string, file: string, arch?: string): boolean;
