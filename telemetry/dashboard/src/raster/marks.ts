/** One mark per nonce. Status is told by shape and colour together, so that neither is needed alone. */

import { STATUS } from "../../../../common/nonce-batch.ts";
import type { Ink } from "../colour/theme.ts";

/** How far a mark reaches from its centre, CSS pixels. */
export const REACH = 6;

export interface MarkStyle {
  ink: Ink;
  /** CSS colours by difficulty shade. */
  shades: readonly string[];
  /** Device pixels per CSS pixel. */
  scale: number;
  /** Side of a valid nonce's dot, device pixels. */
  dot: number;
}

type Context = CanvasRenderingContext2D;

/** Draws the mark of a nonce centred at x, y (device pixels). */
export function drawMark(context: Context, x: number, y: number, status: number, shade: number, style: MarkStyle): void {
  if (status === STATUS.valid) {
    // From 8 times the ticket difficulty a nonce is rare enough to earn a larger dot.
    const side = style.dot + (shade >= 3 ? Math.round(style.scale * (shade >= 6 ? 2 : 1)) : 0);
    // Beneath what is there: at hundreds a second, later dots would bury the few marks that are not valid.
    context.globalCompositeOperation = "destination-over";
    context.fillStyle = style.shades[shade] ?? style.ink.series1;
    context.fillRect(Math.round(x - side / 2), Math.round(y - side / 2), side, side);
    return;
  }
  context.globalCompositeOperation = "source-over";
  context.lineWidth = 1.6 * style.scale;
  context.strokeStyle = status === STATUS.invalid ? style.ink.alarm : style.ink.caution;
  context.beginPath();
  outline(context, x, y, status, style.scale);
  context.stroke();
}

function outline(context: Context, x: number, y: number, status: number, scale: number): void {
  const r = (status === STATUS.invalid ? 4.5 : 3.5) * scale;
  switch (status) {
    case STATUS.invalid:
      context.moveTo(x - r, y - r);
      context.lineTo(x + r, y + r);
      context.moveTo(x - r, y + r);
      context.lineTo(x + r, y - r);
      return;
    case STATUS.stale:
      context.rect(x - r, y - r, 2 * r, 2 * r);
      return;
    case STATUS.duplicate:
      context.arc(x, y, r, 0, 2 * Math.PI);
      return;
    default:
      context.moveTo(x, y - r);
      context.lineTo(x + r, y + r);
      context.lineTo(x - r, y + r);
      context.closePath();
  }
}
