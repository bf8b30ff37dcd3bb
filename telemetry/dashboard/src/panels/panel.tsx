import type { ComponentChildren } from "preact";
import { origin } from "../model/page.ts";

export interface PanelProps {
  id: string;
  title: string;
  class?: string;
  /** Greyed: the numbers are not current. */
  stale?: boolean;
  /** Short text beside the title. */
  note?: ComponentChildren;
  /** Controls at the right end of the title line. */
  tools?: ComponentChildren;
  children: ComponentChildren;
}

/** A titled part of the page. Each carries the origin of its numbers: a screenshot of one panel must not pass for silicon. */
export function Panel({ id, title, class: extra, stale, note, tools, children }: PanelProps) {
  return (
    <section class={`panel ${extra ?? ""} ${stale ? "stale" : ""}`} id={id} aria-labelledby={`${id}-title`}>
      <header class="panel-head">
        <h2 id={`${id}-title`}>{title}</h2>
        {origin.value !== null && <span class={`origin-tag origin-${origin.value}`}>{origin.value}</span>}
        <span class="note">{note}</span>
        {tools}
      </header>
      {children}
    </section>
  );
}
