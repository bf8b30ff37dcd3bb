/** How deep brackets nest outside of strings. An upper bound for text that is no JSON. */
export function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (quoted) {
      if (c === 0x5c) i++;
      else if (c === 0x22) quoted = false;
    } else if (c === 0x22) quoted = true;
    else if (c === 0x5b || c === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (c === 0x5d || c === 0x7d) depth--;
  }
  return deepest;
}

/** JSON no deeper than `maxDepth`: a deep one costs stack wherever it is walked, so it is not parsed at all. */
export function parseBounded(text: string, maxDepth: number): { value: unknown } | { fault: "too-deep" | "not-json" } {
  if (depthOf(text) > maxDepth) return { fault: "too-deep" };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return { fault: "not-json" };
  }
}
