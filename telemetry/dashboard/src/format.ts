/** Numbers and times as text. Unknown (null or not finite) is an en dash, never 0. */
export const UNKNOWN = "–";
/** Narrow no-break space: groups digits without letting a number break over two lines. */
const GROUP = "\u202f";
const MINUS = "−";

type Maybe = number | null | undefined;

function known(value: Maybe): value is number {
  return value !== null && value !== undefined && Number.isFinite(value);
}

/** Fixed decimals; thousands grouped from 10 000 on. */
export function formatFixed(value: Maybe, decimals: number): string {
  if (!known(value)) return UNKNOWN;
  const text = Math.abs(value).toFixed(decimals);
  const [whole = "", fraction] = text.split(".");
  const grouped = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, GROUP) : whole;
  const negative = value < 0 && Number(text) !== 0;
  return `${negative ? MINUS : ""}${grouped}${fraction === undefined ? "" : `.${fraction}`}`;
}

export function formatCount(value: Maybe): string {
  return formatFixed(value, 0);
}

/** A fraction of one as a percentage, without the sign: 0.0123 -> "1.23". Small ones keep two digits that matter. */
export function formatPercent(fraction: Maybe): string {
  if (!known(fraction)) return UNKNOWN;
  const percent = fraction * 100;
  if (percent === 0) return "0";
  const magnitude = Math.abs(percent);
  if (magnitude < 0.01) return "< 0.01";
  return formatFixed(percent, magnitude < 10 ? 2 : 1);
}

/** Hash rate with its unit; GH/s for one chip, TH/s from 10 TH/s on. */
export function formatHashRate(ghs: Maybe): { text: string; unit: string } {
  if (known(ghs) && ghs >= 10_000) return { text: formatFixed(ghs / 1000, 2), unit: "TH/s" };
  return { text: formatFixed(ghs, known(ghs) && ghs < 100 ? 1 : 0), unit: "GH/s" };
}

/** A length of time in words of at most two units: "12 s", "3 min 20 s", "2 h 5 min". */
export function formatAge(ms: Maybe): string {
  if (!known(ms)) return UNKNOWN;
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}

/** A moment before now on an axis: "now", "−45 s", "−2.5 min". */
export function formatBefore(seconds: Maybe): string {
  if (!known(seconds)) return UNKNOWN;
  if (Math.round(seconds) <= 0) return "now";
  return seconds <= 90 ? `${MINUS}${Math.round(seconds)} s` : `${MINUS}${+(seconds / 60).toFixed(1)} min`;
}

/** p-values below a thousandth are a bound: more digits would claim more than the test knows. */
export function formatPValue(p: Maybe): string {
  if (!known(p)) return `p ${UNKNOWN}`;
  return p < 0.001 ? "p < 0.001" : `p = ${p.toFixed(3)}`;
}

const two = (n: number): string => String(n).padStart(2, "0");

/** Local time of day, 24 h. */
export function formatClock(wallMs: Maybe): string {
  if (!known(wallMs)) return UNKNOWN;
  const date = new Date(wallMs);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Local date and time, ISO order. */
export function formatDateTime(wallMs: Maybe): string {
  if (!known(wallMs)) return UNKNOWN;
  const date = new Date(wallMs);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${formatClock(wallMs)}`;
}

/** What a browser test compares with the database: the exact number, or the empty string when unknown. */
export function exact(value: Maybe): string {
  return known(value) ? String(value) : "";
}
