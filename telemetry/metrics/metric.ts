/** What a Prometheus metric of this daemon is, and how metrics are written (text format 0.0.4). */

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels?: Labels;
  /** null is unknown: the sample is left out, for 0 would be a lie. */
  readonly value: number | null;
}

export interface Metric<S> {
  /** With its unit, in base units; a counter ends in _total. */
  readonly name: string;
  readonly type: "gauge" | "counter";
  readonly help: string;
  read(source: S): number | null | readonly Sample[];
}

export const TEXT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** All metrics of a source. `common` labels are on every sample. A metric without a known sample is left out. */
export function exposition<S>(metrics: readonly Metric<S>[], source: S, common: Labels): string {
  return metrics
    .map((metric) => {
      const found = metric.read(source);
      const samples = typeof found === "number" || found === null ? [{ value: found }] : found;
      const lines = samples.flatMap(({ labels, value }: Sample) =>
        value === null ? [] : [`${metric.name}${labelText({ ...common, ...labels })} ${numberText(value)}\n`],
      );
      if (lines.length === 0) return "";
      return `# HELP ${metric.name} ${escaped(metric.help)}\n# TYPE ${metric.name} ${metric.type}\n${lines.join("")}`;
    })
    .join("");
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value).replaceAll('"', '\\"')}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  return String(value);
}
