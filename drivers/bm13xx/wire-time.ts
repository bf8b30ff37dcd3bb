/** Time `bytes` bytes take on the wire, 8N1, ns. */
export function wireNs(bytes: number, baud: number): number {
  return (bytes * 10 * 1e9) / baud;
}
