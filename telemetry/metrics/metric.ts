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

type Declare<S> = (name: string, help: string, read: Metric<S>["read"]) => Metric<S>;

/** How metrics of one kind of source are declared. */
export function declaring<S>(): { readonly gauge: Declare<S>; readonly counter: Declare<S> } {
  const declare = (type: Metric<S>["type"]) => (name: string, help: string, read: Metric<S>["read"]) => ({ name, type, help, read });
  return { gauge: declare("gauge"), counter: declare("counter") };
}

export const TEXT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Of which something is measured, with the labels that are on each of its samples. */
export interface Labelled<S> {
  readonly source: S;
  readonly labels: Labels;
}

/** All metrics of some sources, each metric once with the samples of all of them. One without a known sample is left out. */
export function exposition<S>(metrics: readonly Metric<S>[], sources: readonly Labelled<S>[]): string {
  return metrics
    .map((metric) => {
      const lines = sources.flatMap(({ source, labels: common }) =>
        samplesOf(metric.read(source)).flatMap(({ labels, value }) =>
          value === null ? [] : [`${metric.name}${labelText({ ...common, ...labels })} ${numberText(value)}\n`],
        ),
      );
      if (lines.length === 0) return "";
      return `# HELP ${metric.name} ${escaped(metric.help)}\n# TYPE ${metric.name} ${metric.type}\n${lines.join("")}`;
    })
    .join("");
}

function samplesOf(found: ReturnType<Metric<never>["read"]>): readonly Sample[] {
  return typeof found === "number" || found === null ? [{ value: found }] : found;
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
