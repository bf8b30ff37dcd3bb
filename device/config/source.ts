/** Where a value of the configuration came from. */
export type Source =
  /** null: the place is not known, such as a key that a migration put in. */
  | { readonly kind: "file"; readonly line: number | null; readonly column: number | null }
  | { readonly kind: "environment"; readonly variable: string }
  | { readonly kind: "credential"; readonly name: string }
  | { readonly kind: "board" }
  | { readonly kind: "default" };

/** For a person: `rig.yaml:3:5`, or the variable's name. */
export function sourceText(source: Source, file: string): string {
  switch (source.kind) {
    case "file":
      return source.line === null ? file : `${file}:${source.line}:${source.column}`;
    case "environment":
      return source.variable;
    case "credential":
      return `systemd credential ${source.name}`;
    case "board":
      return "board's default";
    case "default":
      return "default";
  }
}
