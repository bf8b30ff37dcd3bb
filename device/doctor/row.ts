/** One line of the doctor's answer. */
export interface Row {
  readonly area: "permissions" | "ports" | "latency" | "clock" | "disk" | "limits" | "software";
  readonly status: "ok" | "warning" | "bad";
  readonly says: string;
  /** A command, or what a person should do; null when there is nothing to mend. */
  readonly mend: string | null;
}

type Area = Row["area"];

export const ok = (area: Area, says: string): Row => ({ area, status: "ok", says, mend: null });
export const warning = (area: Area, says: string, mend: string): Row => ({ area, status: "warning", says, mend });
export const bad = (area: Area, says: string, mend: string): Row => ({ area, status: "bad", says, mend });
