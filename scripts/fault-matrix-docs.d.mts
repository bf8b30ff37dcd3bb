/** docs/fault-matrix.md, from docs/fault-matrix.jsonl. */
export function matrixPage(): string;
