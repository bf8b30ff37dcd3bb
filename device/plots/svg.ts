/** Elements of an SVG as text. */

export type Attributes = Readonly<Record<string, string | number>>;

export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** Tenths of a pixel are enough, and keep files small. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const pairs = Object.entries(attributes).map(([key, value]) => ` ${key}="${typeof value === "number" ? px(value) : escaped(value)}"`);
  return children.length === 0 ? `<${name}${pairs.join("")}/>` : `<${name}${pairs.join("")}>${children.join("")}</${name}>`;
}

export function label(x: number, y: number, text: string, attributes: Attributes = {}): string {
  return element("text", { x, y, ...attributes }, escaped(text));
}

/** All points as one path: a dot each. */
export function dots(points: readonly (readonly [number, number])[], colour: string, diameter: number): string {
  if (points.length === 0) return "";
  const d = points.map(([x, y]) => `M${px(x)} ${px(y)}h0`).join("");
  return element("path", { d, stroke: colour, "stroke-width": diameter, "stroke-linecap": "round", fill: "none" });
}

export function line(points: readonly (readonly [number, number])[], colour: string, attributes: Attributes = {}): string {
  if (points.length === 0) return "";
  const d = `M${points.map(([x, y]) => `${px(x)} ${px(y)}`).join("L")}`;
  return element("path", { d, stroke: colour, "stroke-width": 1.5, fill: "none", ...attributes });
}
