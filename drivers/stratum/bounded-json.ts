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

/** Whether fewer brackets open than may nest: then nothing can be too deep, whatever stands in texts. Most messages open two. */
function opensFew(text: string, maxDepth: number): boolean {
  let opened = 0;
  for (const bracket of ["{", "["])
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) if (++opened > maxDepth) return false;
  return true;
}

/** JSON no deeper than `maxDepth`: a deep one costs stack wherever it is walked, so it is not parsed at all. */
export function parseBounded(text: string, maxDepth: number): { value: unknown } | { fault: "too-deep" | "not-json" } {
  if (!opensFew(text, maxDepth) && depthOf(text) > maxDepth) return { fault: "too-deep" };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return { fault: "not-json" };
  }
}
